/* replay: a record written as the engine writes it (docs/record.md) is judged again. */
#include "judge/replay.h"

#include "buffer.h"
#include "random.h"
#include "support/judging.h"

/* Writes what an engine would: a small one, judging twice a second. */
struct engine {
    struct buffer record;
    cJSON *checks;
    struct check list[8];
    struct check_memory memories[8];
    struct check_verdict verdicts[8];
    size_t count;
    struct evidence evidence;
    struct version_evidence pending_base;
    struct version_evidence pending_canary;
    int64_t now_ms;
};

/* Takes `line`. */
static void put(struct engine *engine, const char *type, cJSON *line)
{
    json_set_double(line, "t", (double)engine->now_ms);
    json_set_text(line, "type", type);
    CLEANUP(freep) char *text = json_print(line);
    buffer_add_format(&engine->record, "%s\n", text);
    cJSON_Delete(line);
}

static void engine_start(struct engine *engine, const char *checks)
{
    *engine = (struct engine){ .now_ms = 1764100000000, .checks = json_of(checks) };
    cJSON *line = cJSON_CreateObject();
    cJSON *plan = json_set_object(line, "plan");
    json_set(plan, "checks", cJSON_Duplicate(engine->checks, true));
    json_set_text(line, "function", "f");
    json_set_text(line, "alias", "live");
    json_set_text(line, "baseVersion", "1");
    json_set_text(line, "newVersion", "2");
    put(engine, "plan", line);
    const cJSON *item;
    struct member_faults faults = { 0 };
    cJSON_ArrayForEach(item, engine->checks)
        ck_assert(check_read(item, &engine->list[engine->count++], "", &faults));
}

static void engine_clear(struct engine *engine)
{
    for (size_t i = 0; i < engine->count; i++)
        check_clear(&engine->list[i]);
    version_evidence_clear(&engine->pending_base);
    version_evidence_clear(&engine->pending_canary);
    evidence_clear(&engine->evidence);
    cJSON_Delete(engine->checks);
    buffer_clear(&engine->record);
}

static void engine_step(struct engine *engine, int index, double weight)
{
    evidence_clear(&engine->evidence);
    engine->evidence =
        (struct evidence){ .step = index, .weight = weight, .started_ms = engine->now_ms };
    memset(engine->memories, 0, sizeof(engine->memories));
    memset(engine->verdicts, 0, sizeof(engine->verdicts));
    cJSON *line = cJSON_CreateObject();
    json_set_double(line, "index", index);
    json_set_double(line, "weight", weight);
    json_set_double(line, "durationMs", 60000);
    put(engine, "step", line);
}

static void engine_sample(struct engine *engine)
{
    cJSON *line = cJSON_CreateObject();
    json_set_double(line, "step", engine->evidence.step);
    cJSON *versions = json_set_object(line, "versions");
    json_set(versions, "1", version_evidence_json(&engine->pending_base));
    json_set(versions, "2", version_evidence_json(&engine->pending_canary));
    version_evidence_clear(&engine->pending_base);
    version_evidence_clear(&engine->pending_canary);
    put(engine, "sample", line);
}

static void engine_verdict(struct engine *engine, size_t i, bool is_final)
{
    cJSON *line = cJSON_CreateObject();
    const struct check_verdict *verdict = &engine->verdicts[i];
    json_set_double(line, "check", (double)i);
    json_set_text(line, "name", engine->list[i].name);
    json_set_text(line, "verdict", check_result_name(verdict->result));
    json_set_bool(line, "isFinal", is_final);
    json_set_text(line, "sentence", verdict->sentence);
    cJSON *numbers = json_set_object(line, "numbers");
    for (size_t n = 0; n < verdict->number_count; n++)
        json_set_double(numbers, verdict->numbers[n].name, verdict->numbers[n].value);
    put(engine, "verdict", line);
}

/* A look; a sample now and then, and before whatever is said. */
static enum check_result engine_look(struct engine *engine, bool wants_sample, bool is_final)
{
    struct check_verdict before[8];
    memcpy(before, engine->verdicts, sizeof(before));
    engine->evidence.now_ms = engine->now_ms;
    engine->evidence.is_final = is_final;
    enum check_result result = judge_step(engine->list, engine->count, &engine->evidence,
                                          engine->memories, engine->verdicts, NULL);
    bool is_decided = is_final || result == CHECK_FAIL;
    for (size_t i = 0; i < engine->count; i++)
        wants_sample |= is_decided || engine->verdicts[i].result != before[i].result;
    if (wants_sample)
        engine_sample(engine);
    for (size_t i = 0; i < engine->count; i++) {
        if (is_decided || engine->verdicts[i].result != before[i].result)
            engine_verdict(engine, i, is_final);
    }
    return result;
}

static void answer(struct engine *engine, struct random_stream *stream, double error_rate)
{
    bool is_canary = random_unit(stream) < engine->evidence.weight;
    struct version_evidence one = { .requests = 1 };
    one.errors = random_unit(stream) < (is_canary ? error_rate : 0.01);
    histogram_add(&one.latency, (int64_t)(20000 + 60000 * random_unit(stream)));
    version_evidence_merge(is_canary ? &engine->evidence.canary : &engine->evidence.base, &one);
    version_evidence_merge(is_canary ? &engine->pending_canary : &engine->pending_base, &one);
    version_evidence_clear(&one);
}

/* Runs a step of some looks of 20 requests each; returns how it ended. */
static enum check_result engine_run(struct engine *engine, struct random_stream *stream, int looks,
                                    double error_rate)
{
    enum check_result result = CHECK_CONTINUE;
    for (int look = 0; look < looks && result != CHECK_FAIL; look++) {
        engine->now_ms += 500;
        for (int i = 0; i < 20; i++)
            answer(engine, stream, error_rate);
        result = engine_look(engine, look % 4 == 3, false);
    }
    engine->now_ms += 7;
    return result == CHECK_FAIL ? result : engine_look(engine, true, true);
}

static void engine_end(struct engine *engine)
{
    put(engine, "end", cJSON_CreateObject());
}

static const char all_kinds[] =
    "[{'kind': 'errors', 'badRate': '4%'}, {'kind': 'errors-compared', 'detect': '5%'},"
    " {'kind': 'split', 'detect': '2%'}, {'kind': 'latency', 'max': '100ms'},"
    " {'kind': 'errors', 'maxRate': '0.5%', 'dryRun': true, 'name': 'keen'},"
    " {'kind': 'threshold', 'metric': 'Errors', 'max': 50},"
    " {'kind': 'alarm', 'alarm': 'A'}]";

static void observe(struct engine *engine)
{
    cJSON *line = cJSON_CreateObject();
    json_set_text(line, "name", "Errors");
    json_set_text(line, "side", "canary");
    json_set_double(line, "time", (double)(engine->now_ms / 60000 * 60000));
    json_set_double(line, "value", 3);
    evidence_set_metric(&engine->evidence, "Errors", false, engine->now_ms / 60000 * 60000, 3);
    put(engine, "metric", line);
    line = cJSON_CreateObject();
    json_set_text(line, "name", "A");
    json_set_text(line, "state", "OK");
    evidence_set_alarm(&engine->evidence, "A", "OK", NULL);
    put(engine, "alarm", line);
}

START_TEST(recorded_verdicts_come_out_again_to_the_letter)
{
    static const double rates[] = { 0.01, 0.03, 0.08, 1 };
    for (unsigned seed = 1; seed <= 12; seed++) {
        CLEANUP(engine_clear) struct engine engine;
        CLEANUP(error_clear) struct error error = { 0 };
        CLEANUP(replay_clear) struct replay replay;
        random_set_seed(seed);
        struct random_stream stream = random_stream_for("replay");
        engine_start(&engine, all_kinds);
        for (int step = 0; step < 3; step++) {
            engine_step(&engine, step, step == 2 ? 1 : 0.1 + 0.2 * step);
            observe(&engine);
            if (engine_run(&engine, &stream, 60, rates[seed % COUNT_OF(rates)]) == CHECK_FAIL)
                break;
        }
        engine_end(&engine);
        ck_assert_msg(replay_run(buffer_text(&engine.record), NULL, &replay, &error), "%s",
                      error.message);
        ck_assert_uint_ge(replay.count, engine.count);
        ck_assert_str_eq(replay.function, "f");
        for (size_t i = 0; i < replay.count; i++) {
            const struct replay_finding *finding = &replay.findings[i];
            CLEANUP(freep)
            char *now = xformat("%s: %s", check_result_name(finding->verdict.result),
                                finding->verdict.sentence);
            ck_assert_msg(finding->is_same, "seed %u, %s: %s, recorded %s", seed, finding->name,
                          now, finding->recorded);
            ck_assert_str_eq(now, finding->recorded);
        }
        ck_assert_uint_eq(replay.different, 0);
    }
}
END_TEST

static struct engine bad_deployment(void)
{
    struct engine engine;
    random_set_seed(4);
    struct random_stream stream = random_stream_for("replay");
    engine_start(&engine, "[{'kind': 'split'}]");
    engine_step(&engine, 0, 0.1);
    (void)engine_run(&engine, &stream, 60, 0.3);
    engine_end(&engine);
    return engine;
}

START_TEST(other_checks_say_what_they_would_have_said)
{
    CLEANUP(engine_clear) struct engine engine = bad_deployment();
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(replay_clear) struct replay replay;
    CLEANUP(json_deletep)
    cJSON *checks = json_parse(TEXT("[{\"kind\":\"errors\"},{\"kind\":\"split\"}]"));
    ck_assert(replay_run(buffer_text(&engine.record), checks, &replay, &error));
    ck_assert_uint_eq(replay.count, 3); /* errors while running, and both at the end */
    ck_assert_str_eq(replay.findings[0].name, "errors");
    ck_assert_int_eq(replay.findings[0].verdict.result, CHECK_FAIL);
    ck_assert(!replay.findings[0].is_final && replay.findings[1].is_final);
    ck_assert(replay.findings[0].time_ms < replay.findings[1].time_ms);
    ck_assert_int_eq(replay.findings[2].verdict.result, CHECK_PASS);
}
END_TEST

START_TEST(a_verdict_that_was_changed_is_noticed)
{
    CLEANUP(engine_clear) struct engine engine = bad_deployment();
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(replay_clear) struct replay replay;
    char *verdict = strstr(engine.record.data, "\"pass\"");
    ck_assert_ptr_nonnull(verdict);
    memcpy(verdict, "\"fail\"", 6);
    ck_assert(replay_run(buffer_text(&engine.record), NULL, &replay, &error));
    ck_assert_uint_eq(replay.different, 1);
}
END_TEST

START_TEST(a_torn_last_line_counts_for_nothing)
{
    CLEANUP(engine_clear) struct engine engine = bad_deployment();
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(replay_clear) struct replay replay;
    buffer_add_string(&engine.record, "{\"t\":1,\"type\":\"samp");
    ck_assert(replay_run(buffer_text(&engine.record), NULL, &replay, &error));
    ck_assert_uint_eq(replay.different, 0);
}
END_TEST

START_TEST(damage_is_told_with_its_line)
{
    static const struct {
        const char *record;
        const char *fault;
    } rows[] = {
        { "", "there is no plan" },
        { "{\"type\":\"notice\"}\n{\"type\":\"end\"}\n", "there is no plan in it" },
        { "{\"type\":\"sample\"}\n", "line 1: sample: there is no plan before it" },
        { "{\"type\":\"plan\",\"plan\":{}}\nnonsense\n", "line 2 is not a JSON object" },
        { "{\"type\":\"plan\",\"plan\":{\"checks\":[{\"kind\":\"x\"}]}}\n{\"type\":\"step\"}\n",
          "line 2: checks[0].kind" },
        { "{\"type\":\"plan\",\"plan\":{},\"baseVersion\":\"1\"}\n"
          "{\"type\":\"sample\",\"versions\":{\"1\":{\"requests\":-1}}}\n",
          "line 2: the counts of version 1" },
        { "{\"type\":\"plan\",\"plan\":{\"checks\":[]}}\n{\"type\":\"step\"}\n"
          "{\"type\":\"verdict\",\"check\":0}\n",
          "line 3: the plan has no check 0" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(error_clear) struct error error = { 0 };
        CLEANUP(replay_clear) struct replay replay;
        ck_assert(!replay_run(text_from(rows[i].record), NULL, &replay, &error));
        ck_assert_msg(strstr(error.message, rows[i].fault) != NULL, "row %zu: %s", i,
                      error.message);
    }
}
END_TEST

START_TEST(a_step_may_have_checks_of_its_own)
{
    static const char record[] =
        "{\"type\":\"plan\",\"t\":1,\"baseVersion\":\"1\",\"newVersion\":\"2\",\"plan\":{"
        "\"checks\":[{\"kind\":\"split\"}],\"strategy\":{\"steps\":[{\"weight\":0.1},"
        "{\"analysis\":{\"checks\":[{\"kind\":\"errors\",\"name\":\"own\"}]}}]}}}\n"
        "{\"type\":\"step\",\"t\":2,\"index\":1,\"weight\":0.1,\"durationMs\":5}\n"
        "{\"type\":\"sample\",\"t\":3,\"versions\":{\"2\":{\"requests\":20,\"errors\":20}}}\n"
        "{\"type\":\"verdict\",\"t\":3,\"check\":0,\"verdict\":\"fail\",\"isFinal\":false}\n";
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(replay_clear) struct replay replay;
    ck_assert_msg(replay_run(TEXT(record), NULL, &replay, &error), "%s", error.message);
    ck_assert_uint_eq(replay.count, 1);
    ck_assert_str_eq(replay.findings[0].name, "own");
    ck_assert_int_eq(replay.findings[0].verdict.result, CHECK_FAIL);
}
END_TEST

SUITE("replay", recorded_verdicts_come_out_again_to_the_letter,
      other_checks_say_what_they_would_have_said, a_verdict_that_was_changed_is_noticed,
      a_torn_last_line_counts_for_nothing, damage_is_told_with_its_line,
      a_step_may_have_checks_of_its_own)
