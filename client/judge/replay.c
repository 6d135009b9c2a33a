#include "judge/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* A list of checks, with what they remember of the present step. */
struct jury {
    struct check *checks;
    struct check_memory *memories;
    struct check_verdict *verdicts;
    bool *has_failed; /* other checks: told already */
    size_t count;
};

struct player {
    struct replay *replay;
    const cJSON *given; /* other checks; NULL: the plan's */
    cJSON *plan;        /* owned */
    struct jury jury;
    struct evidence evidence;
    bool is_open;  /* a step is being watched */
    bool is_timed; /* and has an end of its own */
    /* Verdict lines of one look come together; it is judged once. */
    bool has_look;
    int64_t look_ms;
    bool look_is_final;
    struct error *error;
};

static void jury_clear(struct jury *jury)
{
    for (size_t i = 0; i < jury->count; i++)
        check_clear(&jury->checks[i]);
    free(jury->checks);
    free(jury->memories);
    free(jury->verdicts);
    free(jury->has_failed);
    *jury = (struct jury){ 0 };
}

static void player_clear(struct player *player)
{
    jury_clear(&player->jury);
    evidence_clear(&player->evidence);
    cJSON_Delete(player->plan);
}

void replay_clear(struct replay *replay)
{
    for (size_t i = 0; i < replay->count; i++) {
        free(replay->findings[i].name);
        free(replay->findings[i].recorded);
    }
    free(replay->findings);
    free(replay->function);
    free(replay->alias);
    *replay = (struct replay){ 0 };
}

static bool fill_jury(struct jury *jury, const cJSON *list, struct error *error)
{
    bool is_good = true;
    const cJSON *item;
    size_t size = (size_t)cJSON_GetArraySize(list);
    CLEANUP(member_faults_clear) struct member_faults faults = { 0 };
    jury_clear(jury);
    jury->checks = xcalloc(size + 1, sizeof(*jury->checks));
    jury->memories = xcalloc(size + 1, sizeof(*jury->memories));
    jury->verdicts = xcalloc(size + 1, sizeof(*jury->verdicts));
    jury->has_failed = xcalloc(size + 1, sizeof(*jury->has_failed));
    cJSON_ArrayForEach(item, list)
    {
        CLEANUP(freep) char *path = xformat("checks[%zu]", jury->count);
        is_good = check_read(item, &jury->checks[jury->count++], path, &faults) && is_good;
    }
    return is_good ||
           error_set(error, NULL, "%s: %s", faults.items[0].path, faults.items[0].message);
}

/* The plan's checks, or the step's own. */
static const cJSON *checks_of(const struct player *player, int step)
{
    const cJSON *steps = json_get(json_get(player->plan, "strategy"), "steps");
    const cJSON *item = cJSON_IsArray(steps) ? cJSON_GetArrayItem(steps, step) : NULL;
    const cJSON *own = json_get(json_get(item, "analysis"), "checks");
    if (player->given)
        return player->given;
    return own ? own : json_get(player->plan, "checks");
}

static struct replay_finding *add_finding(struct player *player, size_t index, bool is_final)
{
    struct replay *replay = player->replay;
    const struct check *check = &player->jury.checks[index];
    replay->findings = xrealloc(replay->findings, (replay->count + 1) * sizeof(*replay->findings));
    struct replay_finding *finding = &replay->findings[replay->count++];
    *finding = (struct replay_finding){ .time_ms = player->evidence.now_ms,
                                        .step = player->evidence.step,
                                        .check = index,
                                        .name = xstrdup(check->name),
                                        .kind = check->kind->name,
                                        .is_final = is_final,
                                        .verdict = player->jury.verdicts[index] };
    return finding;
}

static void judge(struct player *player, int64_t now_ms, bool is_final)
{
    struct jury *jury = &player->jury;
    player->evidence.now_ms = now_ms;
    player->evidence.is_final = is_final;
    judge_step(jury->checks, jury->count, &player->evidence, jury->memories, jury->verdicts, NULL);
    for (size_t i = 0; player->given && i < jury->count; i++) {
        bool fails = jury->verdicts[i].result == CHECK_FAIL;
        if (is_final || (fails && !jury->has_failed[i]))
            add_finding(player, i, is_final);
        jury->has_failed[i] |= fails;
    }
}

/* Other checks are asked for their last word where the step's data end. */
static void close_step(struct player *player)
{
    if (player->is_open && player->is_timed && player->given)
        judge(player, player->evidence.now_ms, true);
    player->is_open = false;
}

static bool play_plan(struct player *player, const cJSON *line)
{
    struct replay *replay = player->replay;
    if (!player->plan)
        replay->begun_ms = json_int(line, "t", 0);
    cJSON_Delete(player->plan);
    player->plan = cJSON_Duplicate(json_get(line, "plan"), true);
    free(replay->function);
    free(replay->alias);
    replay->function = xstrdup(json_text(line, "function", "?"));
    replay->alias = xstrdup(json_text(line, "alias", "?"));
    snprintf(player->evidence.base.version, VERSION_SIZE, "%s", json_text(line, "baseVersion", ""));
    snprintf(player->evidence.canary.version, VERSION_SIZE, "%s",
             json_text(line, "newVersion", ""));
    return true;
}

/* Evidence begins anew; alarms are carried on, as they are only written down when they change. */
static bool play_step(struct player *player, const cJSON *line)
{
    const cJSON *traffic = json_get(player->plan, "traffic");
    struct evidence fresh = { .step = (int)json_int(line, "index", 0),
                              .weight = json_double(line, "weight", 0),
                              .started_ms = json_int(line, "t", 0),
                              .is_live = json_get(traffic, "live") != NULL,
                              .now_ms = json_int(line, "t", 0) };
    close_step(player);
    fresh.alarms = player->evidence.alarms;
    fresh.alarm_count = player->evidence.alarm_count;
    player->evidence.alarms = NULL;
    player->evidence.alarm_count = 0;
    memcpy(fresh.base.version, player->evidence.base.version, VERSION_SIZE);
    memcpy(fresh.canary.version, player->evidence.canary.version, VERSION_SIZE);
    evidence_clear(&player->evidence);
    player->evidence = fresh;
    player->is_timed = json_int(line, "durationMs", 0) > 0;
    player->is_open = player->is_timed || strcmp(json_text(line, "kind", ""), "approve") == 0;
    return fill_jury(&player->jury, checks_of(player, fresh.step), player->error);
}

/* The new version may have been unknown when the plan was written down. */
static struct version_evidence *side_of(struct player *player, const char *version)
{
    struct evidence *evidence = &player->evidence;
    if (strcmp(version, evidence->base.version) == 0)
        return &evidence->base;
    if (!*evidence->canary.version)
        snprintf(evidence->canary.version, VERSION_SIZE, "%s", version);
    return strcmp(version, evidence->canary.version) == 0 ? &evidence->canary : NULL;
}

static bool play_sample(struct player *player, const cJSON *line)
{
    const cJSON *item;
    player->replay->samples++;
    player->evidence.invocation_errors += (uint64_t)json_int(line, "invocationErrors", 0);
    cJSON_ArrayForEach(item, json_get(line, "versions"))
    {
        struct version_evidence *side = side_of(player, item->string);
        if (side && !version_evidence_add_json(side, item))
            return error_set(player->error, NULL, "the counts of version %s are damaged",
                             item->string);
    }
    const cJSON *others = json_get(line, "others");
    if (others && !version_evidence_add_json(&player->evidence.others, others))
        return error_set(player->error, NULL, "the counts of others' requests are damaged");
    if (player->is_open)
        judge(player, json_int(line, "t", 0), false);
    return true;
}

static bool play_metric(struct player *player, const cJSON *line)
{
    evidence_set_metric(&player->evidence, json_text(line, "name", ""),
                        strcmp(json_text(line, "side", ""), "baseline") == 0,
                        json_int(line, "time", 0), json_double(line, "value", 0));
    return true;
}

static bool play_alarm(struct player *player, const cJSON *line)
{
    evidence_set_alarm(&player->evidence, json_text(line, "name", ""), json_text(line, "state", ""),
                       json_text(line, "reason", NULL));
    return true;
}

static bool has_same_numbers(const struct check_verdict *verdict, const cJSON *numbers)
{
    static const double TOLERANCE = 1e-9;
    if ((size_t)cJSON_GetArraySize(numbers) != verdict->number_count)
        return false;
    for (size_t i = 0; i < verdict->number_count; i++) {
        double now = verdict->numbers[i].value;
        double before = json_double(numbers, verdict->numbers[i].name, NAN);
        if (!(fabs(now - before) <= TOLERANCE * fmax(fabs(now), fabs(before))))
            return false;
    }
    return true;
}

static bool play_verdict(struct player *player, const cJSON *line)
{
    int64_t time_ms = json_int(line, "t", 0);
    bool is_final = json_bool(line, "isFinal", false);
    int64_t index = json_int(line, "check", -1);
    if (player->given)
        return true;
    if (!player->has_look || player->look_ms != time_ms || player->look_is_final != is_final)
        judge(player, time_ms, is_final);
    player->has_look = true;
    player->look_ms = time_ms;
    player->look_is_final = is_final;
    if (index < 0 || (size_t)index >= player->jury.count)
        return error_set(player->error, NULL, "the plan has no check %lld", (long long)index);
    struct replay_finding *finding = add_finding(player, (size_t)index, is_final);
    const char *result = json_text(line, "verdict", "?");
    finding->is_recorded = true;
    finding->recorded = xformat("%s: %s", result, json_text(line, "sentence", ""));
    finding->is_same = strcmp(result, check_result_name(finding->verdict.result)) == 0 &&
                       has_same_numbers(&finding->verdict, json_get(line, "numbers"));
    player->replay->different += !finding->is_same;
    return true;
}

static bool play_end(struct player *player, const cJSON *line)
{
    (void)line;
    close_step(player);
    return true;
}

static const struct {
    const char *type;
    bool needs_plan;
    bool (*play)(struct player *player, const cJSON *line);
} players[] = {
    { "plan", false, play_plan },    { "step", true, play_step },
    { "sample", true, play_sample }, { "metric", true, play_metric },
    { "alarm", true, play_alarm },   { "verdict", true, play_verdict },
    { "end", false, play_end },
};

static bool play_line(struct player *player, const cJSON *line)
{
    const char *type = json_text(line, "type", "");
    if (strcmp(type, "verdict") != 0)
        player->has_look = false;
    for (size_t i = 0; i < COUNT_OF(players); i++) {
        if (strcmp(type, players[i].type) != 0)
            continue;
        if (players[i].needs_plan && !player->plan)
            return error_set(player->error, NULL, "%s: there is no plan before it", type);
        return players[i].play(player, line);
    }
    return true; /* what a later version writes, or what judges nothing */
}

static bool play_text(struct player *player, struct text line, size_t number)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(json_deletep) cJSON *json = json_parse(line);
    if (!cJSON_IsObject(json))
        return error_set(player->error, NULL, "line %zu is not a JSON object", number);
    struct error *outer = player->error;
    player->error = &error;
    bool is_good = play_line(player, json);
    player->error = outer;
    return is_good || error_set(outer, NULL, "line %zu: %s", number, error.message);
}

bool replay_run(struct text record, const cJSON *checks, struct replay *replay_out,
                struct error *error)
{
    *replay_out = (struct replay){ 0 };
    CLEANUP(player_clear)
    struct player player = { .replay = replay_out, .given = checks, .error = error };
    size_t number = 0;
    while (record.size > 0) {
        const char *end = memchr(record.data, '\n', record.size);
        if (!end)
            break; /* torn by a crash */
        struct text line = { record.data, (size_t)(end - record.data) };
        record.data += line.size + 1;
        record.size -= line.size + 1;
        number++;
        if (line.size > 0 && !play_text(&player, line, number))
            return false;
    }
    replay_out->is_unplanned = !player.plan;
    if (!player.plan)
        return error_set(error, NULL, "there is no plan in it: is it a record.jsonl?");
    close_step(&player);
    return true;
}
