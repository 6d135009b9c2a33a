/*
 * A C test as a user of libcanary writes it: runs a plan and asserts on its verdict. Compiled and
 * linked by tests/client/test_library.py with what `make install` has installed.
 */
#include <canary.h>
#include <stdio.h>
#include <string.h>

struct seen {
    int events;
    int samples;
    int stop_after; /* samples; 0: never */
};

static void on_event(const char *type, const char *json, void *owner)
{
    struct seen *seen = owner;
    seen->events += json[0] == '{';
    seen->samples += strcmp(type, "sample") == 0;
}

static bool should_stop(void *owner)
{
    const struct seen *seen = owner;
    return seen->stop_after && seen->samples >= seen->stop_after;
}

static int show_problems(struct canary_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        printf("%d %s: %s\n", problems->items[i].line, problems->items[i].path,
               problems->items[i].message);
    canary_problems_clear(problems);
    return 2;
}

/* sample PLAN [stop|unseen]: prints the verdict, requests and errors; the status says if all is
 * whole. */
int main(int count, char **arguments)
{
    struct canary_problems problems = { 0 };
    struct canary_settings settings = { 0 };
    struct canary_outcome outcome;
    int is_unseen = count > 2 && strcmp(arguments[2], "unseen") == 0;
    struct seen seen = { .stop_after = count > 2 };
    struct canary_observer observer = { &seen, on_event, should_stop };
    char *error = NULL;
    if (count < 2)
        return 2;
    struct canary_plan *plan = canary_plan_parse(arguments[1], strlen(arguments[1]), &problems);
    if (!plan)
        return show_problems(&problems);
    settings.is_fast = true;
    bool is_run = canary_run(plan, &settings, is_unseen ? NULL : &observer, &outcome, &error);
    canary_plan_free(plan);
    if (!is_run) {
        printf("not run: %s\n", error);
        canary_free(error);
        return 1;
    }
    printf("%s %llu %llu %d\n%s\n", canary_verdict_name(outcome.verdict),
           (unsigned long long)outcome.requests, (unsigned long long)outcome.errors,
           outcome.exit_status, outcome.reason);
    bool is_whole =
        (seen.events > 0) != is_unseen && outcome.deployment[0] && outcome.report[0] == '{';
    canary_outcome_clear(&outcome);
    return is_whole ? 0 : 1;
}
