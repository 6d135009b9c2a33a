/* deployment, control: locks, and words to a process that may be gone. */
#include "rollout/deployment.h"

#include <signal.h>
#include <sys/stat.h>

#include "rollout/control.h"
#include "rollout/job.h"
#include "support/canary_state.h"
#include "support/limits.h"

static const struct alias_identity identity = { "", "us-east-1", "http://x", "f", "a" };

static bool create(const char *state, struct deployment *deployment, struct error *error)
{
    CLEANUP(json_deletep) cJSON *plan = cJSON_CreateObject();
    if (!deployment_create(state, &identity, plan, false, 1000, deployment, error))
        return false;
    deployment_save(deployment, cJSON_CreateObject());
    return true;
}

START_TEST(an_alias_is_worked_on_by_one_process_at_a_time)
{
    char *state = make_state();
    struct deployment first;
    struct deployment second;
    CLEANUP(error_clear) struct error error = { 0 };
    ck_assert_msg(create(state, &first, &error), "%s", error.message);
    ck_assert(!create(state, &second, &error));
    ck_assert_msg(strstr(error.message, "is under way (process "), "%s", error.message);
    deployment_close(&first);
    error_clear(&error);
    ck_assert_msg(create(state, &second, &error), "%s", error.message);
    deployment_close(&second);
    remove_state(state);
}
END_TEST

/* What makes an alias another one, each with another deployment of its own. */
static const struct alias_identity others[] = {
    { "111111111111", "us-east-1", "http://x", "f", "a" },
    { "222222222222", "us-east-1", "http://x", "f", "a" },
    { "111111111111", "eu-west-1", "http://x", "f", "a" },
    { "111111111111", "us-east-1", "http://y", "f", "a" },
    { "111111111111", "us-east-1", "http://x", "g", "a" },
    { "111111111111", "us-east-1", "http://x", "f", "b" },
};

START_TEST(an_alias_of_another_account_or_region_is_another_one)
{
    char *state = make_state();
    struct deployment deployments[COUNT_OF(others)];
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(json_deletep) cJSON *plan = cJSON_CreateObject();
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        ck_assert_msg(
            deployment_create(state, &others[i], plan, false, 1000, &deployments[i], &error),
            "identity %zu: %s", i, error.message);
        deployment_save(&deployments[i], cJSON_CreateObject());
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        CLEANUP(json_deletep) cJSON *found = deployment_find(state, &others[i], true);
        ck_assert_str_eq(json_text(found, "id", ""), deployments[i].id);
        deployment_close(&deployments[i]);
    }
    remove_state(state);
}
END_TEST

/* Whatever a function or an alias is called, its deployments are within our directory. */
START_TEST(the_name_of_a_directory_has_plain_characters)
{
    static const struct alias_identity odd = { "", "us-east-1", "http://x", "../az:AZ09_-/@[`{",
                                               "." };
    char *state = make_state();
    struct deployment deployment;
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(json_deletep) cJSON *plan = cJSON_CreateObject();
    ck_assert_msg(deployment_create(state, &odd, plan, false, 1000, &deployment, &error), "%s",
                  error.message);
    ck_assert_pstr_eq(strchr(deployment.id, '-'), "----az-AZ09_--------");
    deployment_close(&deployment);
    remove_state(state);
}
END_TEST

/* Whatever keeps a lock from being written: it is no other process, and that is not said. */
START_TEST(a_lock_that_cannot_be_written_is_told_as_that)
{
    char *state = make_state();
    struct deployment deployment;
    CLEANUP(error_clear) struct error error = { 0 };
    ck_assert_msg(create(state, &deployment, &error), "%s", error.message);
    CLEANUP(freep) char *id = xstrdup(deployment.id);
    CLEANUP(freep) char *lock = xformat("%s/%s/lock", state, id);
    deployment_close(&deployment);
    ck_assert_int_eq(remove(lock), 0);
    ck_assert_int_eq(mkdir(lock, 0700), 0);
    ck_assert(!deployment_take_over(state, id, &deployment, &error));
    ck_assert_msg(strstr(error.message, "cannot write") && strstr(error.message, "lock"), "%s",
                  error.message);
    error_clear(&error);
    CLEANUP(freep)
    char *command = xformat("cd %s/aliases && for f in *; do rm $f && mkdir $f; done", state);
    ck_assert_int_eq(system(command), 0);
    ck_assert(!create(state, &deployment, &error));
    ck_assert_msg(strstr(error.message, "cannot write"), "%s", error.message);
    error_clear(&error);
    CLEANUP(freep) char *file = xformat("%s/file", state);
    fclose(fopen(file, "w"));
    int clock_lock;
    ck_assert(!deployment_lock_clock(file, "http://x", &clock_lock, &error));
    ck_assert_msg(strstr(error.message, "cannot make"), "%s", error.message);
    remove_state(state);
}
END_TEST

/* The one who has the lock has not come to write its number yet. */
START_TEST(who_has_just_taken_a_lock_is_no_fault_of_the_disk)
{
    char *state = make_state();
    struct deployment first;
    struct deployment second;
    CLEANUP(error_clear) struct error error = { 0 };
    ck_assert_msg(create(state, &first, &error), "%s", error.message);
    ck_assert_int_eq(ftruncate(first.alias_lock, 0), 0);
    ck_assert(!create(state, &second, &error));
    ck_assert_ptr_nonnull(error.message);
    ck_assert_msg(strstr(error.message, "is under way"), "%s", error.message);
    error_clear(&error);
    close(first.alias_lock);
    first.alias_lock = -1;
    ck_assert_int_eq(ftruncate(first.lock, 0), 0);
    ck_assert(!deployment_take_over(state, first.id, &second, &error));
    ck_assert_ptr_nonnull(error.message);
    ck_assert_msg(strstr(error.message, "is worked on by"), "%s", error.message);
    deployment_close(&first);
    remove_state(state);
}
END_TEST

/* A disk that is full for a while takes the first half of a line, and the lines after it. */
START_TEST(a_line_that_is_half_written_spoils_none_after_it)
{
    char *state = make_state();
    struct deployment deployment;
    CLEANUP(error_clear) struct error error = { 0 };
    ck_assert_msg(create(state, &deployment, &error), "%s", error.message);
    deployment_record(&deployment, record_line("notice", 1));
    off_t size = lseek(deployment.record, 0, SEEK_END);
    signal(SIGXFSZ, SIG_IGN);
    limit_set(RLIMIT_FSIZE, (rlim_t)size + 7);
    deployment_record(&deployment, record_line("notice", 2));
    limit_set(RLIMIT_FSIZE, RLIM_INFINITY);
    ck_assert_ptr_nonnull(deployment.failure);
    deployment_record(&deployment, record_line("end", 3));
    CLEANUP(json_deletep) cJSON *whole = cJSON_CreateObject();
    json_set_double(whole, "recordSize", 0);
    CLEANUP(json_deletep) cJSON *lines = deployment_lines_since(&deployment, whole);
    ck_assert_int_eq(cJSON_GetArraySize(lines), 2);
    ck_assert_str_eq(json_text(cJSON_GetArrayItem(lines, 1), "type", ""), "end");
    deployment_close(&deployment);
    remove_state(state);
}
END_TEST

START_TEST(a_word_to_a_dead_process_is_taken_back)
{
    char *state = make_state();
    struct deployment deployment;
    struct control_request request;
    CLEANUP(error_clear) struct error error = { 0 };
    ck_assert_msg(create(state, &deployment, &error), "%s", error.message);
    CLEANUP(freep) char *id = xstrdup(deployment.id);
    deployment_close(&deployment);
    ck_assert(!control_ask(state, id, "abort", NULL, &error));
    ck_assert_msg(strstr(error.message, "has just ended"), "%s", error.message);
    error_clear(&error);
    ck_assert_msg(deployment_take_over(state, id, &deployment, &error), "%s", error.message);
    ck_assert(!control_take(&deployment, &request));
    deployment_close(&deployment);
    remove_state(state);
}
END_TEST

/* Its engine came to the end between our looking for it and the locks' being free. */
START_TEST(what_has_ended_meanwhile_is_not_taken_up)
{
    char *state = make_state();
    struct deployment deployment;
    struct canary_outcome outcome = { 0 };
    struct error error = { 0 };
    ck_assert_msg(create(state, &deployment, &error), "%s", error.message);
    CLEANUP(freep) char *id = xstrdup(deployment.id);
    cJSON *saved = cJSON_CreateObject();
    json_set_bool(saved, "isOver", true);
    json_set_text(saved, "status", "promoted");
    deployment_save(&deployment, saved);
    deployment_close(&deployment);
    struct job job = { .state = xstrdup(state) };
    ck_assert(!job_take_up(&job, id, "abort", true, &outcome));
    ck_assert_msg(strstr(job.error.message, "has just ended"), "%s", job.error.message);
    job_close(&job);
    ck_assert_msg(deployment_take_over(state, id, &deployment, &error), "%s", error.message);
    deployment_close(&deployment);
    remove_state(state);
}
END_TEST

START_TEST(who_takes_a_deployment_over_writes_what_was_said_at_its_beginning)
{
    static const char *const names[] = { "baseVersion", "newVersion", "codeSha256",
                                         "countedBefore" };
    char *state = make_state();
    struct deployment deployment;
    CLEANUP(error_clear) struct error error = { 0 };
    ck_assert_msg(create(state, &deployment, &error), "%s", error.message);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        json_set_text(deployment.facts, names[i], names[i]);
    CLEANUP(json_deletep) cJSON *facts = cJSON_Duplicate(deployment.facts, true);
    CLEANUP(freep) char *id = xstrdup(deployment.id);
    deployment_save(&deployment, cJSON_CreateObject());
    deployment_close(&deployment);
    ck_assert_msg(deployment_take_over(state, id, &deployment, &error), "%s", error.message);
    ck_assert(cJSON_Compare(deployment.facts, facts, true));
    deployment_close(&deployment);
    remove_state(state);
}
END_TEST

/* The caller frees the id. */
static char *leave(const char *state, bool is_over)
{
    struct deployment deployment;
    CLEANUP(error_clear) struct error error = { 0 };
    cJSON *saved = cJSON_CreateObject();
    ck_assert_msg(create(state, &deployment, &error), "%s", error.message);
    char *id = xstrdup(deployment.id);
    json_set_bool(saved, "isOver", is_over);
    deployment_save(&deployment, saved);
    deployment_close(&deployment);
    return id;
}

static bool is_there(const char *state, const char *id)
{
    CLEANUP(freep) char *path = xformat("%s/%s", state, id);
    return access(path, F_OK) == 0;
}

START_TEST(the_oldest_make_way_unless_they_are_to_be_taken_up)
{
    enum { KEPT = 200 };
    char *state = make_state();
    CLEANUP(freep) char *unfinished = leave(state, false);
    CLEANUP(freep) char *oldest = leave(state, true);
    for (int i = 2; i < KEPT; i++)
        free(leave(state, true));
    deployment_prune(state);
    ck_assert(is_there(state, oldest));
    CLEANUP(freep) char *newest = leave(state, true);
    deployment_prune(state);
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    ck_assert_int_eq(cJSON_GetArraySize(list), KEPT);
    ck_assert(is_there(state, unfinished) && is_there(state, newest));
    remove_state(state);
}
END_TEST

/* Its client may have been stopped for longer than that, before it wrote deployment.json. */
START_TEST(a_directory_whose_client_lives_is_no_remnant)
{
    char *state = make_state();
    struct deployment deployment;
    CLEANUP(error_clear) struct error error = { 0 };
    ck_assert_msg(create(state, &deployment, &error), "%s", error.message);
    CLEANUP(freep) char *id = xstrdup(deployment.id);
    CLEANUP(freep)
    char *age = xformat("rm %s/deployment.json && touch -d '2 hours ago' %s", deployment.directory,
                        deployment.directory);
    ck_assert_int_eq(system(age), 0);
    deployment_prune(state);
    ck_assert(is_there(state, id));
    deployment_close(&deployment);
    deployment_prune(state);
    ck_assert(!is_there(state, id));
    remove_state(state);
}
END_TEST

SUITE("deployment", an_alias_is_worked_on_by_one_process_at_a_time,
      an_alias_of_another_account_or_region_is_another_one,
      the_name_of_a_directory_has_plain_characters, a_lock_that_cannot_be_written_is_told_as_that,
      who_has_just_taken_a_lock_is_no_fault_of_the_disk,
      a_line_that_is_half_written_spoils_none_after_it, a_word_to_a_dead_process_is_taken_back,
      what_has_ended_meanwhile_is_not_taken_up,
      who_takes_a_deployment_over_writes_what_was_said_at_its_beginning,
      the_oldest_make_way_unless_they_are_to_be_taken_up,
      a_directory_whose_client_lives_is_no_remnant)
