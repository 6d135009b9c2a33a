/* code: packages that lost their last version go when nobody can be running them any more. */
#include "lambda/code.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lambda/code_upload.h"
#include "lambda/faults.h"
#include "loop/loop.h"
#include "crypto.h"
#include "support/call.h"
#include "support/directory.h"
#include "support/suite.h"
#include "xalloc.h"

enum { HOUR_MS = 3600 * 1000 };

static struct lambda lambda;

/* Two packages, by digest and directory. */
static const char *const digests[] = { "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                                       "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=" };
static const char *const names[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
};

static char *place_of(int package)
{
    return xformat("%s/%s", lambda.code_directory, names[package]);
}

static bool is_here(int package)
{
    CLEANUP(freep) char *place = place_of(package);
    return access(place, F_OK) == 0;
}

static void setup(void)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const char *directory = test_directory();
    lambda.parts.loop = loop_create();
    lambda.removal_delay_ms = 1;
    lambda.parts.store = store_open(directory, false, &error);
    ck_assert_ptr_nonnull(lambda.parts.store);
    lambda.code_directory = xformat("%s/code", directory);
    ck_assert_int_eq(mkdir(lambda.code_directory, 0700), 0);
    for (int package = 0; package < 2; package++) {
        CLEANUP(freep) char *place = place_of(package);
        ck_assert_int_eq(mkdir(place, 0700), 0);
    }
}

static void close_store(void)
{
    store_close(lambda.parts.store);
}

/* Who began to run it just before the second release may run as long again. */
START_TEST(the_last_release_counts)
{
    setup();
    code_release(&lambda, digests[0]);
    lambda.removal_delay_ms = HOUR_MS;
    code_release(&lambda, digests[0]);
    lambda.removal_delay_ms = 1;
    code_release(&lambda, digests[1]);
    while (is_here(1))
        loop_turn(lambda.parts.loop);
    ck_assert(is_here(0));
    close_store();
}
END_TEST

START_TEST(a_damaged_digest_is_not_all_code)
{
    setup();
    code_release(&lambda, "damaged");
    code_release(&lambda, digests[1]);
    while (lambda.garbage)
        loop_turn(lambda.parts.loop);
    ck_assert(is_here(0) && !is_here(1));
    close_store();
}
END_TEST

/* Nobody names what a reset has left of the functions, and no second one may ever come. */
START_TEST(a_reset_while_functions_run_leaves_no_code_behind)
{
    setup();
    code_release(&lambda, digests[0]);
    lambda.uploads = 1;
    lambda_reset(&lambda);
    ck_assert(is_here(0) && is_here(1));
    lambda.uploads = 0;
    while (is_here(0) || is_here(1))
        loop_turn(lambda.parts.loop);
    ck_assert_ptr_null(lambda.garbage);
    close_store();
}
END_TEST

static void run(const char *sql)
{
    store_run(lambda.parts.store, store_query(lambda.parts.store, sql));
}

START_TEST(what_a_damaged_database_cannot_tell_stays)
{
    struct error error = { 0 };
    setup();
    store_begin_call(lambda.parts.store);
    run("DROP INDEX lambda_version_layers");
    run("INSERT INTO lambda_function (account, region, name) VALUES ('1', 'r', 'f')");
    run("INSERT INTO lambda_version (account, region, name, number, configuration, code_sha256, "
        "code_size, code_id, revision_id, modified_ms, generation) "
        "VALUES ('1', 'r', 'f', 0, 'damaged', '', 0, '', '', 0, 0)");
    ck_assert(store_end_call(lambda.parts.store, true, &error));
    code_release(&lambda, digests[0]);
    while (lambda.garbage)
        loop_turn(lambda.parts.loop);
    ck_assert(is_here(0));
    close_store();
}
END_TEST

/* The upload may be about to use the same bytes; if it does not, they must go all the same. */
START_TEST(an_upload_puts_a_removal_off)
{
    setup();
    code_release(&lambda, digests[0]);
    lambda.uploads = 1;
    loop_turn(lambda.parts.loop);
    ck_assert(is_here(0));
    lambda.uploads = 0;
    while (is_here(0))
        loop_turn(lambda.parts.loop);
    ck_assert_ptr_null(lambda.garbage);
    close_store();
}
END_TEST

/* A zip with one file, and where it is unpacked. */
static const char zip[] =
    "UEsDBBQAAAAAAAAAIQCDFtyMAQAAAAEAAAABAAAAZnhQSwECFAMUAAAAAAAAACEAgxbcjAEAAAABAAAA"
    "AQAAAAAAAAAAAAAAgAEAAAAAZlBLBQYAAAAAAQABAC8AAAAgAAAAAAA=";
static const char zip_name[] = "a940f81dedb0ba19ded30887546dc09efa49e54e9026af89052b09e41cfc9436";

static const struct operation reading = { .name = "Test" };

static enum outcome refuse(struct call *call)
{
    struct code_taken taken;
    CLEANUP(freep) char *place = xformat("%s/%s", lambda.code_directory, zip_name);
    ck_assert(code_upload_end(call, &taken));
    ck_assert_int_eq(access(place, F_OK), 0);
    return call_fault(call, &LAMBDA_RESOURCE_CONFLICT, "too late");
}

static void on_refused(struct call *call, enum outcome outcome)
{
    ck_assert_int_eq(outcome, OUTCOME_FAULT);
    call->status = LAMBDA_RESOURCE_CONFLICT.status;
}

/* Two updates overlap, and the second is refused when its code is there already. */
START_TEST(what_a_refused_call_unpacked_goes)
{
    char hex[SHA256_HEX_SIZE];
    crypto_sha256_hex(TEXT(""), hex); /* libcrypto begins here, not in a thread that is not ended */
    setup();
    struct call call = { .operation = &reading,
                         .state = &lambda,
                         .store = lambda.parts.store,
                         .input = cJSON_CreateObject(),
                         .on_finish = on_refused };
    const struct code_source source = { .zip_base64 = zip };
    ck_assert_int_eq(code_upload_start(&call, &source, refuse), OUTCOME_LATER);
    while (!call.status)
        loop_turn(lambda.parts.loop);
    while (lambda.garbage)
        loop_turn(lambda.parts.loop);
    CLEANUP(freep) char *place = xformat("%s/%s", lambda.code_directory, zip_name);
    ck_assert_int_ne(access(place, F_OK), 0);
    call_discard(&call);
    close_store();
}
END_TEST

SUITE("code", the_last_release_counts, an_upload_puts_a_removal_off,
      what_a_refused_call_unpacked_goes, a_damaged_digest_is_not_all_code,
      a_reset_while_functions_run_leaves_no_code_behind, what_a_damaged_database_cannot_tell_stays)
