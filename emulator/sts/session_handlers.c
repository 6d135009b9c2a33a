/*
 * Temporary credentials. Nothing is enforced here: whoever may call may assume every role, as a
 * function may have every role.
 */
#include "clock.h"
#include "pattern.h"
#include "sts/role_session.h"
#include "sts/sts.h"

enum {
    MS_PER_SECOND = 1000,
    ROLE_DEFAULT_S = 3600, /* and the most when a role assumes a role */
    TOKEN_DEFAULT_S = 43200,
};

static bool find_role(struct call *call, struct assumed_role *role_out)
{
    const char *arn = json_text(call->input, "RoleArn", "");
    bool is_arn = pattern_matches("arn:aws[a-z-]*:iam::\\d{12}:role/([!-.0-~]+/)*[\\w+=,.@-]{1,64}",
                                  text_from(arn));
    if (is_arn && assumed_role_read(call->store, arn, &call->arena, role_out))
        return true;
    error_set(&call->error, &STS_VALIDATION, "Request ARN is invalid");
    return false;
}

static bool check_duration(struct call *call, const struct assumed_role *role, int64_t duration_s)
{
    bool is_chained = call->caller.session && call->caller.session->is_role;
    if (is_chained && duration_s > ROLE_DEFAULT_S)
        return error_set(&call->error, &STS_VALIDATION,
                         "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                         "assumed by role chaining");
    return !role->max_session_s || duration_s <= role->max_session_s ||
           error_set(&call->error, &STS_VALIDATION,
                     "The requested DurationSeconds exceeds the MaxSessionDuration set for this "
                     "role.");
}

/* Begins a session of what is filled in already, and writes its credentials. */
static void begin(struct call *call, struct session *session, int64_t duration_s)
{
    const struct caller *caller = &call->caller;
    struct sigv4_credentials credentials;
    session->vouching_id = caller->session         ? caller->session->vouching_id
                           : caller->access_key_id ? caller->access_key_id
                                                   : SESSION_UNVOUCHED;
    session->expires_ms = clock_true_ms() + duration_s * MS_PER_SECOND;
    session_issue(session, caller->secret ? caller->secret : "", &call->arena, &credentials);
    cJSON *output = json_set_object(call_output(call), "Credentials");
    json_set_text(output, "AccessKeyId", credentials.access_key_id);
    json_set_text(output, "SecretAccessKey", credentials.secret_access_key);
    json_set_text(output, "SessionToken", credentials.session_token);
    json_set_double(output, "Expiration", (double)(session->expires_ms / MS_PER_SECOND));
}

static enum outcome assume_role(struct call *call)
{
    struct assumed_role role;
    int64_t duration_s = json_int(call->input, "DurationSeconds", ROLE_DEFAULT_S);
    const char *name = json_text(call->input, "RoleSessionName", "");
    const char *source = json_text(call->input, "SourceIdentity", NULL);
    if (!find_role(call, &role) || !check_duration(call, &role, duration_s))
        return OUTCOME_FAULT;
    struct session session = role_session(&role, name, &call->arena);
    begin(call, &session, duration_s);
    cJSON *user = json_set_object(call_output(call), "AssumedRoleUser");
    json_set_text(user, "AssumedRoleId", session.user_id);
    json_set_text(user, "Arn", session.arn);
    if (source)
        json_set_text(call_output(call), "SourceIdentity", source);
    return OUTCOME_OK;
}

static enum outcome get_session_token(struct call *call)
{
    if (call->caller.session)
        return call_fault(call, &STS_ACCESS_DENIED,
                          "Cannot call GetSessionToken with session credentials");
    struct session session = { .account = call->account,
                               .arn = call_caller_arn(call, call->region),
                               .user_id = call_caller_id(call) };
    begin(call, &session, json_int(call->input, "DurationSeconds", TOKEN_DEFAULT_S));
    return OUTCOME_OK;
}

#define MFA_FIELDS                                                                                 \
    { .name = "SerialNumber",                                                                      \
      .type = FIELD_STRING,                                                                        \
      .length = BETWEEN(9, 256),                                                                   \
      .pattern = "[\\w+=/:,.@-]*" },                                                               \
    {                                                                                              \
        .name = "TokenCode", .type = FIELD_STRING, .length = BETWEEN(6, 6), .pattern = "[\\d]*"    \
    }

static const struct field policy_members[] = {
    { .name = "arn", .type = FIELD_STRING, .length = BETWEEN(20, 2048) },
    { 0 },
};
static const struct field policy_item = { .type = FIELD_STRUCTURE, .members = policy_members };

static const struct field tag_members[] = {
    { .name = "Key", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 128) },
    { .name = "Value", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(0, 256) },
    { 0 },
};
static const struct field tag_item = { .type = FIELD_STRUCTURE, .members = tag_members };
static const struct field tag_key = { .type = FIELD_STRING, .length = BETWEEN(1, 128) };

static const struct field assume_role_fields[] = {
    { .name = "RoleArn", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(20, 2048) },
    { .name = "RoleSessionName",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(2, 64),
      .pattern = "[\\w+=,.@-]*" },
    { .name = "PolicyArns", .type = FIELD_LIST, .item = &policy_item },
    { .name = "Policy", .type = FIELD_STRING, .length = AT_LEAST(1) },
    { .name = "DurationSeconds", .type = FIELD_INTEGER, .range = BETWEEN(900, 43200) },
    { .name = "Tags", .type = FIELD_LIST, .item = &tag_item, .length = BETWEEN(0, 50) },
    { .name = "TransitiveTagKeys", .type = FIELD_LIST, .item = &tag_key, .length = BETWEEN(0, 50) },
    { .name = "ExternalId",
      .type = FIELD_STRING,
      .length = BETWEEN(2, 1224),
      .pattern = "[\\w+=,.@:\\/-]*" },
    MFA_FIELDS,
    { .name = "SourceIdentity",
      .type = FIELD_STRING,
      .length = BETWEEN(2, 64),
      .pattern = "[\\w+=,.@-]*" },
    { 0 },
};

static const struct field get_session_token_fields[] = {
    { .name = "DurationSeconds", .type = FIELD_INTEGER, .range = BETWEEN(900, 129600) },
    MFA_FIELDS,
    { 0 },
};

static const struct field credentials_members[] = {
    { .name = "AccessKeyId", .type = FIELD_STRING },
    { .name = "SecretAccessKey", .type = FIELD_STRING },
    { .name = "SessionToken", .type = FIELD_STRING },
    { .name = "Expiration", .type = FIELD_TIMESTAMP },
    { 0 },
};

static const struct field assumed_members[] = {
    { .name = "AssumedRoleId", .type = FIELD_STRING },
    { .name = "Arn", .type = FIELD_STRING },
    { 0 },
};

static const struct field assume_role_output[] = {
    { .name = "AssumedRoleUser", .type = FIELD_STRUCTURE, .members = assumed_members },
    { .name = "Credentials", .type = FIELD_STRUCTURE, .members = credentials_members },
    { .name = "SourceIdentity", .type = FIELD_STRING },
    { 0 },
};

static const struct field get_session_token_output[] = {
    { .name = "Credentials", .type = FIELD_STRUCTURE, .members = credentials_members },
    { 0 },
};

const struct operation sts_session_operations[] = {
    { .name = "AssumeRole",
      .input = assume_role_fields,
      .output = assume_role_output,
      .handle = assume_role,
      .note = "Every role can be assumed, and need not exist; trust policies, session policies, "
              "tags and MFA are not looked at. Credentials run out by the machine's clock, and "
              "with the key of --credentials that asked for them; without --credentials they go "
              "on." },
    { .name = "GetSessionToken",
      .input = get_session_token_fields,
      .output = get_session_token_output,
      .handle = get_session_token,
      .note = "As AssumeRole." },
    { 0 },
};
