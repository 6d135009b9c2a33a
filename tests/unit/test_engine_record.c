/* engine: what it writes down of a deployment, and tells those who are to know. */
#include "rollout/engine.h"

#include "file.h"
#include "support/canary_state.h"
#include "support/engine_world.h"

enum { RECORD_MAX = 1 << 24 };

static char *record_of(const char *state)
{
    size_t size;
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    ck_assert_int_eq(cJSON_GetArraySize(list), 1);
    CLEANUP(freep)
    char *path = xformat("%s/%s/record.jsonl", state, json_text(list->child, "id", ""));
    char *record = file_read(path, RECORD_MAX, &size, &error);
    ck_assert_msg(record != NULL, "%s", error.message);
    return record;
}

/* The lines whose type is among the words of `types`. */
static char *lines_of(const char *record, const char *types)
{
    struct buffer lines = { 0 };
    struct text rest = text_from(record);
    while (rest.size) {
        struct text line = text_cut(&rest, '\n');
        CLEANUP(json_deletep) cJSON *tree = json_parse(line);
        if (strstr(types, json_text(tree, "type", "?")))
            buffer_add_format(&lines, "%.*s\n", TEXT_ARGS(line));
    }
    return buffer_take(&lines, NULL);
}

/* They are, each in a line of its own; ` stands for a quotation mark. */
static void check_lines(const char *state, const char *types, const char *expected)
{
    CLEANUP(freep) char *record = record_of(state);
    CLEANUP(freep) char *lines = lines_of(record, types);
    CLEANUP(freep) char *quoted = xstrdup(expected);
    for (char *quote = quoted; (quote = strchr(quote, '`'));)
        *quote = '"';
    ck_assert_str_eq(lines, quoted);
}

static void check_state(const char *state, const char *status, int exit_code)
{
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    ck_assert_str_eq(json_text(list->child, "status", ""), status);
    ck_assert_int_eq(json_int(list->child, "exitCode", -1), exit_code);
    ck_assert(json_bool(list->child, "isOver", false));
    ck_assert_int_eq(json_int(list->child, "endedAt", 0), fake->now_ms);
}

static const char words_plan[] =
    "{\"function\":\"f\",\"alias\":\"a\",\"checks\":[],\"notify\":[{\"command\":\"tell\"}],"
    "\"hooks\":{\"before\":[{\"command\":\"x\",\"retries\":1}]},\"strategy\":{\"steps\":["
    "{\"weight\":\"10%\",\"for\":\"1m\",\"name\":\"few\"},{\"approve\":true}]}}";

#define PASSED "`reason`:`the step's time is over, and nothing was to be checked`"
#define TOLD "`name`:`tell`,`kind`:`command`,`outcome`:`ok`,`output`:`said`,`durationMs`:7}\n"
#define HOOK "`type`:`hook`,`when`:`before`,`name`:`x`,`kind`:`command`"

/* clang-format off */
static const char words_lines[] =
    "{`t`:1000000,`type`:`notify`,`event`:`started`," TOLD
    "{`t`:1000000," HOOK ",`outcome`:`failed`,`output`:`said`,`durationMs`:7,`isRetried`:true}\n"
    "{`t`:1005000," HOOK ",`outcome`:`ok`,`output`:`said`,`durationMs`:7}\n"
    "{`t`:1005000,`type`:`alias`,`version`:`1`,`routedVersion`:`2`,`weight`:0.1,`revisionId`:`r1`}\n"
    "{`t`:1005000,`type`:`step`,`index`:0,`kind`:`weight`,`weight`:0.1,`durationMs`:60000,"
        "`name`:`few`}\n"
    "{`t`:1045000,`type`:`control`,`verb`:`pause`,`by`:`me`}\n"
    "{`t`:1045000,`type`:`decision`,`action`:`pause`,`reason`:`paused by me`}\n"
    "{`t`:1045000,`type`:`pause`,`reason`:`paused by me`,`hold`:`pause`}\n"
    "{`t`:1045000,`type`:`notify`,`event`:`paused`," TOLD
    "{`t`:1060000,`type`:`control`,`verb`:`resume`,`by`:`me`}\n"
    "{`t`:1060000,`type`:`resume`,`step`:0,`stepName`:`few`,`weight`:0.1,`endsAt`:1080000}\n"
    "{`t`:1080000,`type`:`decision`,`action`:`advance`," PASSED "}\n"
    "{`t`:1080000,`type`:`step`,`index`:1,`kind`:`approve`,`weight`:0.1,`durationMs`:0}\n"
    "{`t`:1080000,`type`:`pause`,`reason`:`waits for approval`,`hold`:`approval`}\n"
    "{`t`:1080000,`type`:`notify`,`event`:`approval`," TOLD
    "{`t`:1200000,`type`:`control`,`verb`:`approve`,`by`:`me`}\n"
    "{`t`:1200000,`type`:`resume`}\n"
    "{`t`:1200000,`type`:`decision`,`action`:`promote`," PASSED "}\n"
    "{`t`:1200000,`type`:`alias`,`version`:`2`,`weight`:1,`revisionId`:`r2`}\n"
    "{`t`:1200000,`type`:`notify`,`event`:`promoted`," TOLD
    "{`t`:1200000,`type`:`end`,`outcome`:`promoted`," PASSED ",`exitCode`:0}\n";
/* clang-format on */

START_TEST(a_deployment_that_is_steered_is_written_down)
{
    share_world();
    char *state = make_state();
    reset(0);
    fake->plan = words_plan;
    fake->bad_hooks = 1;
    fake->pause_ms = 1030000;
    fake->resume_ms = 1060000;
    fake->approve_ms = 1200000;
    ck_assert_int_eq(deploy(state), OUTCOME_PROMOTED);
    check_alias("2", 0);
    check_state(state, "promoted", 0);
    check_lines(state, "hook notify control pause resume alias end decision step", words_lines);
    ck_assert_str_eq(fake->told, "started running 0\nbefore running 0\nbefore running 0\n"
                                 "paused paused 0.1\napproval approval 0.1\npromoted promoted 1\n");
    CLEANUP(json_deletep) cJSON *list = deployment_list(state);
    ck_assert_int_eq(json_int(json_get(list->child, "totals"), "watchedMs", 0), 60000);
    remove_state(state);
}
END_TEST

#define TOO_FEW                                                                                    \
    "`reason`:`the new version got only 0 requests, and 10 are needed to say anything; send more " \
    "traffic, or give it more weight or time`"
#define EXTENDED "`action`:`extend`," TOO_FEW ",`step`:0,`stepName`:`weight`,`weight`:0.1"

/* clang-format off */
static const char extended_lines[] =
    "{`t`:1060000,`type`:`decision`," EXTENDED ",`endsAt`:1120000}\n"
    "{`t`:1120000,`type`:`decision`," EXTENDED ",`endsAt`:1180000}\n"
    "{`t`:1180000,`type`:`decision`," EXTENDED ",`endsAt`:1240000}\n"
    "{`t`:1240000,`type`:`decision`,`action`:`rollback`," TOO_FEW "}\n"
    "{`t`:1240000,`type`:`end`,`outcome`:`inconclusive`," TOO_FEW ",`exitCode`:4}\n";
/* clang-format on */

START_TEST(a_step_that_is_extended_tells_until_when)
{
    share_world();
    char *state = make_state();
    reset(0);
    fake->plan = "{\"function\":\"f\",\"alias\":\"a\",\"onInconclusive\":\"extend\",\"checks\":[{"
                 "\"kind\":\"errors\"}],\"strategy\":{\"steps\":[{\"weight\":\"10%\",\"for\":"
                 "\"1m\"}]}}";
    fake->is_idle = true;
    ck_assert_int_eq(deploy(state), OUTCOME_INCONCLUSIVE);
    check_alias("1", 0);
    check_state(state, "inconclusive", 4);
    check_lines(state, "decision end", extended_lines);
    remove_state(state);
}
END_TEST

#define NOTICE_AT(t, text) "{`t`:" #t ",`type`:`notice`,`text`:`" text "`}\n"
#define NO_GOOD "A request through the alias got no good answer: "
#define AGAIN "It is tried again for a while: busy"
#define SAID_AT(t, verb) "{`t`:" #t ",`type`:`control`,`verb`:`" verb "`,`by`:`me`}\n"
#define BUSY_PLAN(lost_after)                                                                      \
    "{\"function\":\"f\",\"alias\":\"a\",\"lostAfter\":\"" lost_after                              \
    "\",\"checks\":[{\"kind\":\"errors\",\"maxRate\":\"5%\"}],\"strategy\":{\"steps\":[{"          \
    "\"weight\":\"10%\",\"for\":\"1m\"}]}}"

START_TEST(why_a_change_is_waited_for_is_told)
{
    /* clang-format off */
    static const struct {
        const char *plan;
        const char *status;
        int64_t pause_ms;
        int busy;
        int busy_from;
        int errors;
        enum rollout_outcome outcome;
        int exit_code;
        const char *lines;
    } rows[] = {
        /* Forward at first, and then each minute; the wait goes on while nobody says a word. */
        { BUSY_PLAN("60s"), "promoted", 0, 16, 0, 0, OUTCOME_PROMOTED, 0,
          NOTICE_AT(1000000, AGAIN)
          NOTICE_AT(1050000, AGAIN)
          NOTICE_AT(1110000, AGAIN)
          NOTICE_AT(1140000, NO_GOOD) },
        { BUSY_PLAN("1ms"), "failed", 0, 7, 0, 0, OUTCOME_FAILED, 1,
          NOTICE_AT(1000000, AGAIN) },
        { BUSY_PLAN("60s"), "promoted", 1000000, 2, 0, 0, OUTCOME_PROMOTED, 0,
          NOTICE_AT(1000000, AGAIN)
          SAID_AT(1000200, "pause")
          SAID_AT(1001000, "resume")
          "{`t`:1001000,`type`:`resume`}\n"
          NOTICE_AT(1023000, NO_GOOD) },
        /* On the way back each time. */
        { BUSY_PLAN("60s"), "rolled back", 0, 3, 1, 6, OUTCOME_ROLLED_BACK, 3,
          NOTICE_AT(1020000, NO_GOOD)
          NOTICE_AT(1020000, "busy")
          NOTICE_AT(1022000, "busy")
          NOTICE_AT(1024000, "busy") },
    };
    /* clang-format on */
    share_world();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *state = make_state();
        reset(0);
        fake->plan = rows[i].plan;
        fake->busy = rows[i].busy;
        fake->busy_from = rows[i].busy_from;
        fake->errors = rows[i].errors;
        fake->pause_ms = rows[i].pause_ms;
        fake->resume_ms = rows[i].pause_ms ? rows[i].pause_ms + 1000 : 0;
        ck_assert_msg(deploy(state) == rows[i].outcome, "row %zu", i);
        check_state(state, rows[i].status, rows[i].exit_code);
        check_lines(state, "notice control resume", rows[i].lines);
        remove_state(state);
    }
}
END_TEST

SUITE("engine_record", a_deployment_that_is_steered_is_written_down,
      a_step_that_is_extended_tells_until_when, why_a_change_is_waited_for_is_told)
