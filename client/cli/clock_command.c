/*
 * canary clock: Coalmine's service time, shown and turned.
 */
#include <stdlib.h>

#include "aws/coalmine_api.h"
#include "cli/command.h"
#include "cli/output.h"
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

/* What the operands ask for; NULL if they ask for nothing that there is. */
static cJSON *read_wish(const struct session *session)
{
    const char *verb = session->operands[0];
    const char *value = session->operand_count > 1 ? session->operands[1] : NULL;
    double scale;
    cJSON *wish = cJSON_CreateObject();
    if (strcmp(verb, "advance") == 0 && value) {
        json_set_text(wish, "advance", value);
    } else if (strcmp(verb, "set") == 0 && value) {
        json_set_text(wish, "time", value);
    } else if (strcmp(verb, "freeze") == 0) {
        json_set_text(wish, "mode", "frozen");
        json_set_text(wish, "time", value);
    } else if (strcmp(verb, "scale") == 0 && value && text_to_double(text_from(value), &scale)) {
        json_set_text(wish, "mode", "scaled");
        json_set_double(wish, "scale", scale);
    } else if (strcmp(verb, "real") == 0 && !value) {
        json_set_text(wish, "mode", "real");
    } else {
        cJSON_Delete(wish);
        return NULL;
    }
    return wish;
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
    if (session->operand_count && !wish) {
        complain("'%s' is not something to do with the clock, or lacks its value (see --help)",
                 session->operands[0]);
        return EXIT_USAGE;
    }
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
