/* profile and ini: what is found where, in the AWS CLI's order. */
#include "aws/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/container.h"
#include "crypto.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

static const char *directory;

static void write_file(const char *name, const char *variable, const char *text)
{
    char *path = xformat("%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    setenv(variable, path, 1);
    free(path);
}

static void clean_environment(void)
{
    static const char *const names[] = {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_LAMBDA",
        "AWS_ENDPOINT_URL_CLOUDWATCH",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unsetenv(names[i]);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    directory = test_directory();
    write_file("config", "AWS_CONFIG_FILE",
               "[default]\nregion = eu-west-1\n\n[profile local]\nregion=us-west-2\n"
               "services = here\nendpoint_url = http://localhost:1/\n"
               "[services here]\nlambda =\n  endpoint_url = http://127.0.0.1:2\n"
               "[profile process]\nregion = us-west-2\n"
               "credential_process = echo '{\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"Q\"}'\n");
    write_file("credentials", "AWS_SHARED_CREDENTIALS_FILE",
               "# a comment\n[default]\naws_access_key_id = K\naws_secret_access_key = S\n"
               "[local]\naws_access_key_id=LK\naws_secret_access_key=LS\n"
               "aws_session_token=LT\n");
}

static struct profile load(const struct profile_choice *choice)
{
    struct profile profile;
    struct error error = { 0 };
    ck_assert_msg(profile_load(choice, &profile, &error), "%s", error.message ? error.message : "");
    return profile;
}

static void check_refusal(const char *name, const char *words)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct profile profile;
    ck_assert(!profile_load(&(struct profile_choice){ .name = name, .region = "eu-west-1" },
                            &profile, &error));
    ck_assert_msg(strstr(error.message, words) != NULL, "%s", error.message);
}

START_TEST(files_give_what_nothing_else_gives)
{
    clean_environment();
    struct profile profile = load(&(struct profile_choice){ 0 });
    ck_assert_str_eq(profile.region, "eu-west-1");
    ck_assert_str_eq(profile.access_key_id, "K");
    ck_assert_str_eq(profile.lambda_endpoint, "https://lambda.eu-west-1.amazonaws.com");
    ck_assert_str_eq(profile.cloudwatch_endpoint, "https://monitoring.eu-west-1.amazonaws.com");
    ck_assert(!profile.is_local);
    profile_clear(&profile);
}
END_TEST

/* As botocore's rules give them. */
START_TEST(endpoints_may_be_of_fips_and_of_two_stacks)
{
    static const struct {
        const char *region;
        const char *fips;
        const char *dual;
        const char *lambda;
        const char *cloudwatch;
    } rows[] = {
        { "eu-west-1", "false", "false", "https://lambda.eu-west-1.amazonaws.com",
          "https://monitoring.eu-west-1.amazonaws.com" },
        { "us-east-1", "true", "false", "https://lambda-fips.us-east-1.amazonaws.com",
          "https://monitoring-fips.us-east-1.amazonaws.com" },
        { "us-gov-west-1", "true", "false", "https://lambda-fips.us-gov-west-1.amazonaws.com",
          "https://monitoring.us-gov-west-1.amazonaws.com" },
        { "eu-west-1", "false", "true", "https://lambda.eu-west-1.api.aws",
          "https://monitoring.eu-west-1.api.aws" },
        { "us-east-1", "True", "true", "https://lambda-fips.us-east-1.api.aws",
          "https://monitoring-fips.us-east-1.api.aws" },
        { "eusc-de-east-1", "false", "false", "https://lambda.eusc-de-east-1.amazonaws.eu",
          "https://monitoring.eusc-de-east-1.amazonaws.eu" },
        { "eusc-de-east-1", "false", "true",
          "https://lambda.eusc-de-east-1.api.amazonwebservices.eu",
          "https://monitoring.eusc-de-east-1.api.amazonwebservices.eu" },
        { "us-iso-east-1", "false", "false", "https://lambda.us-iso-east-1.c2s.ic.gov",
          "https://monitoring.us-iso-east-1.c2s.ic.gov" },
        { "cn-north-1", "false", "false", "https://lambda.cn-north-1.amazonaws.com.cn",
          "https://monitoring.cn-north-1.amazonaws.com.cn" },
        { "cn-north-1", "false", "true", "https://lambda.cn-north-1.api.amazonwebservices.com.cn",
          "https://monitoring.cn-north-1.api.amazonwebservices.com.cn" },
    };
    clean_environment();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setenv("AWS_USE_FIPS_ENDPOINT", rows[i].fips, 1);
        setenv("AWS_USE_DUALSTACK_ENDPOINT", rows[i].dual, 1);
        struct profile profile = load(&(struct profile_choice){ .region = rows[i].region });
        ck_assert_str_eq(profile.lambda_endpoint, rows[i].lambda);
        ck_assert_str_eq(profile.cloudwatch_endpoint, rows[i].cloudwatch);
        profile_clear(&profile);
    }
}
END_TEST

START_TEST(a_named_profile_brings_its_services_section)
{
    clean_environment();
    setenv("AWS_ACCESS_KEY_ID", "E", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "F", 1);
    struct profile profile = load(&(struct profile_choice){ .name = "local" });
    ck_assert_str_eq(profile.access_key_id, "LK"); /* --profile beats the environment's keys */
    ck_assert_str_eq(profile.session_token, "LT");
    ck_assert_str_eq(profile.lambda_endpoint, "http://127.0.0.1:2");
    ck_assert_str_eq(profile.cloudwatch_endpoint, "http://localhost:1");
    ck_assert(profile.is_local);
    profile_clear(&profile);
}
END_TEST

START_TEST(environment_beats_files_and_options_beat_all)
{
    clean_environment();
    setenv("AWS_REGION", "ap-southeast-1", 1);
    setenv("AWS_ACCESS_KEY_ID", "E", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "F", 1);
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:3", 1);
    setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:4", 1);
    struct profile profile = load(&(struct profile_choice){ 0 });
    ck_assert_str_eq(profile.region, "ap-southeast-1");
    ck_assert_str_eq(profile.access_key_id, "E");
    ck_assert_str_eq(profile.lambda_endpoint, "http://127.0.0.1:4");
    ck_assert_str_eq(profile.cloudwatch_endpoint, "http://127.0.0.1:3");
    profile_clear(&profile);
    profile =
        load(&(struct profile_choice){ .region = "us-east-2", .endpoint_url = "http://[::1]:5" });
    ck_assert_str_eq(profile.region, "us-east-2");
    ck_assert_str_eq(profile.lambda_endpoint, "http://[::1]:5");
    ck_assert(profile.is_local);
    profile_clear(&profile);
}
END_TEST

/* As people and programs write it there; where both files say something, it wins. */
START_TEST(the_credentials_file_may_hold_more_than_keys)
{
    clean_environment();
    write_file("config", "AWS_CONFIG_FILE",
               "[profile both]\nregion = eu-west-1\nuse_fips_endpoint = true\n");
    write_file("credentials", "AWS_SHARED_CREDENTIALS_FILE",
               "[default]\nregion = eu-north-1\naws_access_key_id = K\naws_secret_access_key = S\n"
               "[both]\nregion = us-east-2\ncredential_process = "
               "echo '{\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"Q\"}'\n"
               "[role]\nregion = us-east-2\nrole_arn = arn:aws:iam::123456789012:role/deploy\n"
               "credential_source = Ec2InstanceMetadata\n");
    struct profile profile = load(&(struct profile_choice){ 0 });
    ck_assert_str_eq(profile.region, "eu-north-1");
    profile_clear(&profile);
    profile = load(&(struct profile_choice){ .name = "both" });
    ck_assert_str_eq(profile.lambda_endpoint, "https://lambda-fips.us-east-2.amazonaws.com");
    ck_assert_str_eq(profile.access_key_id, "P");
    profile_clear(&profile);
    check_refusal("role", "profile 'role' takes a role with the keys of a machine (EC2), which "
                          "gives none: AWS_EC2_METADATA_DISABLED");
}
END_TEST

START_TEST(files_are_read_as_the_cli_reads_them)
{
    clean_environment();
    write_file("credentials", "AWS_SHARED_CREDENTIALS_FILE",
               "[default]\nAWS_ACCESS_KEY_ID=K\nAws_Secret_Access_Key: S=:\n"
               "region : eu-north-1\n");
    setenv("HOME", directory, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "~/credentials", 1);
    unsetenv("AWS_CONFIG_FILE");
    struct profile profile = load(&(struct profile_choice){ 0 });
    ck_assert_str_eq(profile.access_key_id, "K");
    ck_assert_str_eq(profile.secret_access_key, "S=:");
    ck_assert_str_eq(profile.region, "eu-north-1");
    profile_clear(&profile);
}
END_TEST

START_TEST(configured_endpoints_are_ignored_where_a_profile_wants_that)
{
    clean_environment();
    write_file("config", "AWS_CONFIG_FILE",
               "[default]\nregion = eu-west-1\nignore_configured_endpoint_urls = true\n"
               "endpoint_url = http://127.0.0.1:2\n");
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:3", 1);
    struct profile profile = load(&(struct profile_choice){ 0 });
    ck_assert_str_eq(profile.lambda_endpoint, "https://lambda.eu-west-1.amazonaws.com");
    profile_clear(&profile);
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", 1);
    profile = load(&(struct profile_choice){ 0 });
    ck_assert_str_eq(profile.lambda_endpoint, "http://127.0.0.1:3");
    profile_clear(&profile);
}
END_TEST

/* botocore's: SSO, keys of the credentials file, the program, keys of the config file. */
START_TEST(credentials_of_a_profile_have_an_order)
{
    static const char program[] = "credential_process = "
                                  "echo '{\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"Q\"}'\n";
    static const char keys[] = "aws_access_key_id = C\naws_secret_access_key = S\n";
    clean_environment();
    CLEANUP(freep)
    char *config = xformat("[default]\nregion = eu-west-1\n%s%s"
                           "[profile shared]\nregion = eu-west-1\nsso_session = mine\n%s"
                           "[profile sso]\nregion = eu-west-1\nsso_session = mine\n"
                           "sso_account_id = 123456789012\nsso_role_name = Deployer\n%s"
                           "[sso-session mine]\nsso_region = eu-west-1\n"
                           "sso_start_url = https://x.awsapps.com/start\n",
                           program, keys, program, program);
    write_file("config", "AWS_CONFIG_FILE", config);
    write_file("credentials", "AWS_SHARED_CREDENTIALS_FILE",
               "[shared]\naws_access_key_id = K\naws_secret_access_key = S\n"
               "[sso]\naws_access_key_id = K\naws_secret_access_key = S\n");
    setenv("HOME", directory, 1); /* nobody is logged in there */
    struct profile profile = load(&(struct profile_choice){ 0 });
    ck_assert_str_eq(profile.access_key_id, "P");
    profile_clear(&profile);
    profile = load(&(struct profile_choice){ .name = "shared" });
    ck_assert_str_eq(profile.access_key_id, "K");
    profile_clear(&profile);
    check_refusal("sso", "nobody is logged in with SSO");
}
END_TEST

START_TEST(a_credential_process_is_asked)
{
    clean_environment();
    struct profile profile = load(&(struct profile_choice){ .name = "process" });
    ck_assert_str_eq(profile.access_key_id, "P");
    ck_assert_str_eq(profile.secret_access_key, "Q");
    profile_clear(&profile);
}
END_TEST

START_TEST(a_program_says_when_its_credentials_expire)
{
    clean_environment();
    write_file("config", "AWS_CONFIG_FILE",
               "[profile p]\nregion = us-west-2\ncredential_process = "
               "echo '{\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"Q\","
               "\"Expiration\":\"2030-01-01T00:00:00Z\"}'\n"
               "[profile bad]\nregion = us-west-2\ncredential_process = "
               "echo '{\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"Q\","
               "\"Expiration\":\"soon\"}'\n"
               "[profile none]\ncredential_process = exit 3\n");
    struct profile profile = load(&(struct profile_choice){ .name = "p" });
    ck_assert_int_eq(profile.expires_ms, 1893456000000);
    struct error error = { 0 };
    profile.expires_ms = 1;
    ck_assert_msg(profile_refresh(&profile, NULL, &error), "%s", error.message);
    ck_assert_int_eq(profile.expires_ms, 1893456000000);
    ck_assert_str_eq(profile.secret_access_key, "Q");
    ck_assert_str_eq(profile.region, "us-west-2");
    profile_clear(&profile);
    check_refusal("bad", "an Expiration that is no time: soon");
    check_refusal("none", "gave no credentials (exit status 3)");
}
END_TEST

/* As a script or CI has it that says `AWS_PROFILE=$PROFILE` without one. */
START_TEST(a_variable_that_is_empty_is_as_good_as_none)
{
    static const char *const names[] = { "AWS_ACCESS_KEY_ID",  "AWS_SECRET_ACCESS_KEY",
                                         "AWS_SESSION_TOKEN",  "AWS_REGION",
                                         "AWS_DEFAULT_REGION", "AWS_PROFILE",
                                         "AWS_ENDPOINT_URL",   "AWS_ENDPOINT_URL_LAMBDA" };
    clean_environment();
    for (size_t i = 0; i < COUNT_OF(names); i++)
        setenv(names[i], "", 1);
    struct profile profile = load(&(struct profile_choice){ 0 });
    ck_assert_str_eq(profile.region, "eu-west-1");
    ck_assert_str_eq(profile.access_key_id, "K");
    ck_assert_str_eq(profile.lambda_endpoint, "https://lambda.eu-west-1.amazonaws.com");
    profile_clear(&profile);
}
END_TEST

START_TEST(a_code_that_changes_is_left_to_the_cli)
{
    clean_environment();
    write_file("config", "AWS_CONFIG_FILE",
               "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/deploy\n"
               "source_profile = role\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n");
    write_file("credentials", "AWS_SHARED_CREDENTIALS_FILE",
               "[role]\naws_access_key_id = K\naws_secret_access_key = S\n");
    /* With the keys alone it would be somebody else who deploys. */
    check_refusal("role", "profile 'role' takes a role with a code that changes (mfa_serial), "
                          "which canary leaves to");
    check_refusal("default", "no credentials in profile 'default'");
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566", 1); /* Coalmine knows no codes */
    struct profile profile = load(&(struct profile_choice){ .name = "role" });
    ck_assert_str_eq(profile.access_key_id, "K");
    profile_clear(&profile);
}
END_TEST

/* Else a slip of the keyboard deploys as somebody else, elsewhere. */
START_TEST(a_profile_that_is_named_must_be_there)
{
    clean_environment();
    write_file("credentials", "AWS_SHARED_CREDENTIALS_FILE",
               "[keys]\naws_access_key_id = K\naws_secret_access_key = S\n");
    write_file("config", "AWS_CONFIG_FILE",
               "[services keyless]\n[profile  'two words']\naws_access_key_id = T\n"
               "aws_secret_access_key = U\n[profile \"quoted\"]\naws_access_key_id = Q\n"
               "aws_secret_access_key = U\n");
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566", 1);
    check_refusal("typo", "there is no profile 'typo' in ");
    check_refusal("keyless", "there is no profile 'keyless' in ");
    static const char *const names[][2] = {
        { "keys", "K" }, { "two words", "T" }, { "quoted", "Q" }, { "default", "coalmine" }
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct profile profile = load(&(struct profile_choice){ .name = names[i][0] });
        ck_assert_str_eq(profile.access_key_id, names[i][1]);
        profile_clear(&profile);
    }
    setenv("AWS_ACCESS_KEY_ID", "E", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "F", 1);
    setenv("AWS_PROFILE", "typo", 1); /* the AWS CLI refuses it beside keys, too */
    check_refusal(NULL, "there is no profile 'typo' in ");
}
END_TEST

/* As the AWS CLI reads it; else its keys would be those of the profile above it. */
START_TEST(what_stands_behind_a_sections_name_is_a_comment)
{
    clean_environment();
    write_file("config", "AWS_CONFIG_FILE", "");
    write_file("credentials", "AWS_SHARED_CREDENTIALS_FILE",
               "[default]\naws_access_key_id = D\naws_secret_access_key = S\n"
               "[production] # not [default]\naws_access_key_id = P\naws_secret_access_key = S\n"
               "[staging];\naws_access_key_id = G\naws_secret_access_key = S\n"
               "[cut off\naws_access_key_id = C\n");
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566", 1);
    static const char *const names[][2] = { { "default", "D" },
                                            { "production", "P" },
                                            { "staging", "G" } };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct profile profile = load(&(struct profile_choice){ .name = names[i][0] });
        ck_assert_str_eq(profile.access_key_id, names[i][1]);
        profile_clear(&profile);
    }
}
END_TEST

static void check_container(const char *path, const char *url, const char *asked)
{
    CLEANUP(error_clear) struct error error = { 0 };
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path, 1);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
    CLEANUP(freep) char *found = container_url(&error);
    if (asked)
        ck_assert_str_eq(found ? found : error.message, asked);
    else
        ck_assert_msg(!found && error.message, "%s", found);
}

/* What the agent says would be read by everybody on the way, and could be anybody's. */
START_TEST(credentials_of_a_container_come_from_nearby_or_encrypted)
{
    static const char *const good[] = { "http://127.0.0.1:80/x",     "http://localhost/x",
                                        "http://[::1]:1/x",          "http://169.254.170.2/x",
                                        "http://169.254.170.23/v1/", "http://[fd00:ec2::23]/v1/x",
                                        "https://example.com/x?y=z" };
    static const char *const bad[] = { "http://example.com/x",
                                       "http://169.254.170.3/x",
                                       "http://169.254.170.2.example.com/",
                                       "http://169.254.169.254/x",
                                       "http://localhost@example.com/",
                                       "http://[fd00:ec2::24]/",
                                       "ftp://localhost/x",
                                       "file:///etc/passwd",
                                       "https://",
                                       "/x" };
    for (size_t i = 0; i < COUNT_OF(good); i++)
        check_container("", good[i], good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        check_container("", bad[i], NULL);
    check_container("/v2/credentials/1", bad[0], "http://169.254.170.2/v2/credentials/1");
    check_container("@example.com", good[0], NULL);
    ck_assert(container_is_set());
}
END_TEST

START_TEST(the_name_of_an_sso_cache_is_a_digest)
{
    char hex[SHA1_HEX_SIZE];
    crypto_sha1_hex(TEXT("abc"), hex); /* FIPS 180-2's example */
    ck_assert_str_eq(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
}
END_TEST

START_TEST(only_loopback_is_local)
{
    static const struct {
        const char *url;
        bool is_local;
    } rows[] = {
        { "http://127.0.0.1:4566", true },
        { "http://127.8.9.10", true },
        { "https://LOCALHOST:1/x", true },
        { "http://a.lambda-url.us-east-1.localhost:4566", true },
        { "http://[::1]:4566", true },
        { "https://lambda.us-east-1.amazonaws.com", false },
        { "http://127.0.0.1.example.com", false },
        { "http://localhost.example.com:4566", false },
        { "http://10.0.0.1", false },
        { "http://evil.com/127.0.0.1", false },
        { "http://user@localhost", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_msg(endpoint_is_local(rows[i].url) == rows[i].is_local, "%s", rows[i].url);
}
END_TEST

SUITE("profile", files_give_what_nothing_else_gives, endpoints_may_be_of_fips_and_of_two_stacks,
      a_named_profile_brings_its_services_section, environment_beats_files_and_options_beat_all,
      the_credentials_file_may_hold_more_than_keys, files_are_read_as_the_cli_reads_them,
      configured_endpoints_are_ignored_where_a_profile_wants_that,
      credentials_of_a_profile_have_an_order, a_credential_process_is_asked,
      a_program_says_when_its_credentials_expire, a_variable_that_is_empty_is_as_good_as_none,
      credentials_of_a_container_come_from_nearby_or_encrypted,
      the_name_of_an_sso_cache_is_a_digest, a_code_that_changes_is_left_to_the_cli,
      a_profile_that_is_named_must_be_there, what_stands_behind_a_sections_name_is_a_comment,
      only_loopback_is_local)
