/*
 * canary clock: Coalmine's service time, shown and turned.
 */
#include <stdlib.h>

#include "aws/coalmine_api.h"
#include "cli/command.h"
#include "cli/output.h"
#include "options.h"
#include "timestamp.h"
#include "xalloc.h"

enum { OPERANDS_MAX = 2 };

static const char usage[] =
    "canary clock [OPTION]...                 show it\n"
    "       canary clock advance DURATION [OPTION]... pass 90s, 5m, 2h; all that falls due is "
    "done\n"
    "       canary clock set TIME [OPTION]...         jump to 2026-01-01T00:00:00Z\n"
    "       canary clock freeze [TIME] [OPTION]...    stop it, now or then\n"
    "       canary clock scale N [OPTION]...          let it run N times as fast\n"
    "       canary clock real [OPTION]...             back to the machine's time";

static bool is_duration(const char *value)
{
    int64_t unused;
    return option_parse_duration(value, &unused);
}

static bool is_moment(const char *value)
{
    int64_t unused;
    return timestamp_parse(text_from(value), &unused);
}

static bool is_scale(const char *value)
{
    double scale;
    return text_to_double(text_from(value), &scale) && scale > 0;
}

#define MOMENT "a time such as 2026-01-01T00:00:00Z"

static const struct wish {
    const char *verb;
    const char *mode;   /* which it brings about; NULL: none */
    const char *member; /* that its value becomes; NULL: it has none */
    bool (*is_value)(const char *value);
    const char *values; /* what they are */
    bool is_optional;
} wishes[] = {
    { "advance", NULL, "advance", is_duration, "a duration such as 90s, 5m or 2h", false },
    { "set", NULL, "time", is_moment, MOMENT, false },
    { "freeze", "frozen", "time", is_moment, MOMENT, true },
    { "scale", "scaled", "scale", is_scale, "a number above 0", false },
    { "real", "real", NULL, NULL, NULL, true },
};

static const struct wish *find_wish(const char *verb)
{
    for (size_t i = 0; i < COUNT_OF(wishes); i++) {
        if (strcmp(wishes[i].verb, verb) == 0)
            return &wishes[i];
    }
    complain("'%s' is not something to do with the clock (see --help)", verb);
    return NULL;
}

static bool takes_value(const struct wish *wish, const char *value)
{
    if (!value && !wish->is_optional)
        complain("clock %s needs %s (see --help)", wish->verb, wish->values);
    else if (value && !wish->member)
        complain("clock %s needs no '%s' (see --help)", wish->verb, value);
    else if (value && !wish->is_value(value))
        complain("clock %s: '%s' is not %s (see --help)", wish->verb, value, wish->values);
    else
        return true;
    return false;
}

/* What the operands ask for; NULL, and that is told, if they ask for nothing that there is. */
static cJSON *read_wish(const struct session *session)
{
    const struct wish *wish = find_wish(session->operands[0]);
    const char *value = session->operand_count > 1 ? session->operands[1] : NULL;
    double scale;
    if (!wish || !takes_value(wish, value))
        return NULL;
    cJSON *json = cJSON_CreateObject();
    json_set_text(json, "mode", wish->mode);
    if (wish->is_value == is_scale && text_to_double(text_from(value), &scale))
        json_set_double(json, wish->member, scale);
    else if (value)
        json_set_text(json, wish->member, value);
    return json;
}

static void report(const cJSON *clock)
{
    const char *mode = json_text(clock, "mode", "");
    if (strcmp(mode, "scaled") == 0)
        say("%s, running %g times as fast.", json_text(clock, "time", ""),
            json_double(clock, "scale", 1));
    else
        say("%s, %s.", json_text(clock, "time", ""),
            strcmp(mode, "frozen") == 0 ? "standing still" : "running");
}

static int turn(struct session *session)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(json_deletep) cJSON *wish = session->operand_count ? read_wish(session) : NULL;
    if (session->operand_count && !wish)
        return EXIT_USAGE;
    cJSON *clock = coalmine_call(&session->api, "clock", NULL, wish, &error);
    if (!clock) {
        complain("%s", error.message);
        return EXIT_FAILED;
    }
    report(clock);
    json_set(facts(), "clock", clock);
    return EXIT_DONE;
}

const struct option_row clock_rows[] = { COMMON_ROWS };

int clock_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = usage,
        .rows = clock_rows,
        .operands_max = OPERANDS_MAX,
    };
    return session_run(&form, turn, count, arguments);
}
