/* replay: a record written as the engine writes it (docs/record.md) is judged again. */
#include "judge/replay.h"

#include "buffer.h"
#include "random.h"
#include "support/judging.h"

/* Writes what an engine would: a small one, judging twice a second. */
struct recorder {
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
static void put(struct recorder *recorder, const char *type, cJSON *line)
{
    json_set_double(line, "t", (double)recorder->now_ms);
    json_set_text(line, "type", type);
    CLEANUP(freep) char *text = json_print(line);
    buffer_add_format(&recorder->record, "%s\n", text);
    cJSON_Delete(line);
}

static void recorder_start(struct recorder *recorder, const char *checks)
{
    *recorder = (struct recorder){ .now_ms = 1764100000000, .checks = json_of(checks) };
    cJSON *line = cJSON_CreateObject();
    cJSON *plan = json_set_object(line, "plan");
    json_set(plan, "checks", cJSON_Duplicate(recorder->checks, true));
    json_set_text(line, "function", "f");
    json_set_text(line, "alias", "live");
    json_set_text(line, "baseVersion", "1");
    json_set_text(line, "newVersion", "2");
    put(recorder, "plan", line);
    const cJSON *item;
    struct member_faults faults = { 0 };
    cJSON_ArrayForEach(item, recorder->checks)
        ck_assert(check_read(item, &recorder->list[recorder->count++], "", &faults));
}

static void recorder_clear(struct recorder *recorder)
{
    for (size_t i = 0; i < recorder->count; i++)
        check_clear(&recorder->list[i]);
    version_evidence_clear(&recorder->pending_base);
    version_evidence_clear(&recorder->pending_canary);
    evidence_clear(&recorder->evidence);
    cJSON_Delete(recorder->checks);
    buffer_clear(&recorder->record);
}

static void recorder_step(struct recorder *recorder, int index, double weight)
{
    evidence_clear(&recorder->evidence);
    recorder->evidence =
        (struct evidence){ .step = index, .weight = weight, .started_ms = recorder->now_ms };
    memset(recorder->memories, 0, sizeof(recorder->memories));
    memset(recorder->verdicts, 0, sizeof(recorder->verdicts));
    cJSON *line = cJSON_CreateObject();
    json_set_double(line, "index", index);
    json_set_double(line, "weight", weight);
    json_set_double(line, "durationMs", 60000);
    put(recorder, "step", line);
}

static void recorder_sample(struct recorder *recorder)
{
    cJSON *line = cJSON_CreateObject();
    json_set_double(line, "step", recorder->evidence.step);
    cJSON *versions = json_set_object(line, "versions");
    json_set(versions, "1", version_evidence_json(&recorder->pending_base));
    json_set(versions, "2", version_evidence_json(&recorder->pending_canary));
    version_evidence_clear(&recorder->pending_base);
    version_evidence_clear(&recorder->pending_canary);
    put(recorder, "sample", line);
}

static void recorder_verdict(struct recorder *recorder, size_t i, bool is_final)
{
    cJSON *line = cJSON_CreateObject();
    const struct check_verdict *verdict = &recorder->verdicts[i];
    json_set_double(line, "check", (double)i);
    json_set_text(line, "name", recorder->list[i].name);
    json_set_text(line, "verdict", check_result_name(verdict->result));
    json_set_bool(line, "isFinal", is_final);
    json_set_text(line, "sentence", verdict->sentence);
    cJSON *numbers = json_set_object(line, "numbers");
    for (size_t n = 0; n < verdict->number_count; n++)
        json_set_double(numbers, verdict->numbers[n].name, verdict->numbers[n].value);
    put(recorder, "verdict", line);
}

/* A look; a sample now and then, and before whatever is said. */
static enum check_result recorder_look(struct recorder *recorder, bool wants_sample, bool is_final)
{
    struct check_verdict before[8];
    memcpy(before, recorder->verdicts, sizeof(before));
    recorder->evidence.now_ms = recorder->now_ms;
    recorder->evidence.is_final = is_final;
    enum check_result result = judge_step(recorder->list, recorder->count, &recorder->evidence,
                                          recorder->memories, recorder->verdicts, NULL);
    bool is_decided = is_final || result == CHECK_FAIL;
    for (size_t i = 0; i < recorder->count; i++)
        wants_sample |= is_decided || recorder->verdicts[i].result != before[i].result;
    if (wants_sample)
        recorder_sample(recorder);
    for (size_t i = 0; i < recorder->count; i++) {
        if (is_decided || recorder->verdicts[i].result != before[i].result)
            recorder_verdict(recorder, i, is_final);
    }
    return result;
}

static void answer(struct recorder *recorder, struct random_stream *stream, double error_rate)
{
    bool is_canary = random_unit(stream) < recorder->evidence.weight;
    struct version_evidence one = { .requests = 1 };
    one.errors = random_unit(stream) < (is_canary ? error_rate : 0.01);
    histogram_add(&one.latency, (int64_t)(20000 + 60000 * random_unit(stream)));
    version_evidence_merge(is_canary ? &recorder->evidence.canary : &recorder->evidence.base, &one);
    version_evidence_merge(is_canary ? &recorder->pending_canary : &recorder->pending_base, &one);
    version_evidence_clear(&one);
}

/* Runs a step of some looks of 20 requests each; returns how it ended. */
static enum check_result recorder_run(struct recorder *recorder, struct random_stream *stream,
                                      int looks, double error_rate)
{
    enum check_result result = CHECK_CONTINUE;
    for (int look = 0; look < looks && result != CHECK_FAIL; look++) {
        recorder->now_ms += 500;
        for (int i = 0; i < 20; i++)
            answer(recorder, stream, error_rate);
        result = recorder_look(recorder, look % 4 == 3, false);
    }
    recorder->now_ms += 7;
    return result == CHECK_FAIL ? result : recorder_look(recorder, true, true);
}

static void recorder_end(struct recorder *recorder)
{
    put(recorder, "end", cJSON_CreateObject());
}

static const char all_kinds[] =
    "[{'kind': 'errors', 'badRate': '4%'}, {'kind': 'errors-compared', 'detect': '5%'},"
    " {'kind': 'split', 'detect': '2%'}, {'kind': 'latency', 'max': '100ms'},"
    " {'kind': 'errors', 'maxRate': '0.5%', 'dryRun': true, 'name': 'keen'},"
    " {'kind': 'threshold', 'metric': 'Errors', 'max': 50},"
    " {'kind': 'alarm', 'alarm': 'A'}]";

static void observe(struct recorder *recorder)
{
    cJSON *line = cJSON_CreateObject();
    json_set_text(line, "name", "Errors");
    json_set_text(line, "side", "canary");
    json_set_double(line, "time", (double)(recorder->now_ms / 60000 * 60000));
    json_set_double(line, "value", 3);
    evidence_set_metric(&recorder->evidence, "Errors", false, recorder->now_ms / 60000 * 60000, 3);
    put(recorder, "metric", line);
    line = cJSON_CreateObject();
    json_set_text(line, "name", "A");
    json_set_text(line, "state", "OK");
    evidence_set_alarm(&recorder->evidence, "A", "OK", NULL);
    put(recorder, "alarm", line);
}

START_TEST(recorded_verdicts_come_out_again_to_the_letter)
{
    static const double rates[] = { 0.01, 0.03, 0.08, 1 };
    for (unsigned seed = 1; seed <= 12; seed++) {
        CLEANUP(recorder_clear) struct recorder recorder;
        CLEANUP(error_clear) struct error error = { 0 };
        CLEANUP(replay_clear) struct replay replay;
        random_set_seed(seed);
        struct random_stream stream = random_stream_for("replay");
        recorder_start(&recorder, all_kinds);
        for (int step = 0; step < 3; step++) {
            recorder_step(&recorder, step, step == 2 ? 1 : 0.1 + 0.2 * step);
            observe(&recorder);
            if (recorder_run(&recorder, &stream, 60, rates[seed % COUNT_OF(rates)]) == CHECK_FAIL)
                break;
        }
        recorder_end(&recorder);
        ck_assert_msg(replay_run(buffer_text(&recorder.record), NULL, &replay, &error), "%s",
                      error.message);
        ck_assert_uint_ge(replay.count, recorder.count);
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

static struct recorder bad_deployment(void)
{
    struct recorder recorder;
    random_set_seed(4);
    struct random_stream stream = random_stream_for("replay");
    recorder_start(&recorder, "[{'kind': 'split'}]");
    recorder_step(&recorder, 0, 0.1);
    (void)recorder_run(&recorder, &stream, 60, 0.3);
    recorder_end(&recorder);
    return recorder;
}

START_TEST(other_checks_say_what_they_would_have_said)
{
    CLEANUP(recorder_clear) struct recorder recorder = bad_deployment();
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(replay_clear) struct replay replay;
    CLEANUP(json_deletep)
    cJSON *checks = json_parse(TEXT("[{\"kind\":\"errors\"},{\"kind\":\"split\"}]"));
    ck_assert(replay_run(buffer_text(&recorder.record), checks, &replay, &error));
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
    CLEANUP(recorder_clear) struct recorder recorder = bad_deployment();
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(replay_clear) struct replay replay;
    char *verdict = strstr(recorder.record.data, "\"pass\"");
    ck_assert_ptr_nonnull(verdict);
    memcpy(verdict, "\"fail\"", 6);
    ck_assert(replay_run(buffer_text(&recorder.record), NULL, &replay, &error));
    ck_assert_uint_eq(replay.different, 1);
}
END_TEST

START_TEST(a_torn_last_line_counts_for_nothing)
{
    CLEANUP(recorder_clear) struct recorder recorder = bad_deployment();
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(replay_clear) struct replay replay;
    buffer_add_string(&recorder.record, "{\"t\":1,\"type\":\"samp");
    ck_assert(replay_run(buffer_text(&recorder.record), NULL, &replay, &error));
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
