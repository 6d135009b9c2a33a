/*
 * canary init, validate and schema: plan files, without AWS.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/output.h"
#include "plan/plan.h"
#include "xalloc.h"

static const char *file_of(const struct session *session)
{
    return session->operand_count ? session->operands[0] : "canary.json";
}

static bool write_new(const char *path, const char *text, bool overwrites)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (overwrites ? O_TRUNC : O_EXCL), 0666);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file) {
        if (errno == EEXIST)
            complain("%s exists already; --force overwrites it", path);
        else
            complain("cannot write %s: %s", path, strerror(errno));
        return false;
    }
    bool is_good = fputs(text, file) >= 0;
    is_good &= fclose(file) == 0;
    if (!is_good)
        complain("cannot write %s: %s", path, strerror(errno));
    return is_good;
}

static int init(struct session *session)
{
    const struct options *options = &session->options;
    CLEANUP(freep)
    char *text = plan_starter(options->function ? options->function : "myfunction",
                              options->alias ? options->alias : "live");
    if (!write_new(file_of(session), text, options->overwrites))
        return EXIT_FAILED;
    say("Wrote %s. Next: canary validate, canary plan, canary deploy.", file_of(session));
    return EXIT_DONE;
}

const struct option_row init_rows[] = {
    FUNCTION_ROW,
    ALIAS_ROW,
    { OPTION_ROW("force", OPTION_FLAG, overwrites), .help = "overwrite the file" },
    COMMON_ROWS,
};

int init_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary init [FILE] [--function NAME] [--alias NAME]",
        .rows = init_rows,
        .operands_max = 1,
        .is_offline = true,
    };
    return session_run(&form, init, count, arguments);
}

static int validate(struct session *session)
{
    const char *file = file_of(session);
    session->options.flags.plan = file;
    struct canary_plan *plan = plan_of_flags(session);
    bool is_good = plan != NULL;
    canary_plan_free(plan);
    json_set_bool(facts(), "isValid", is_good);
    if (is_good)
        say("%s is a good plan.", file);
    return is_good ? EXIT_DONE : EXIT_FAILED;
}

const struct option_row common_rows[] = { COMMON_ROWS };

int validate_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary validate [FILE]",
        .rows = common_rows,
        .operands_max = 1,
        .is_offline = true,
    };
    return session_run(&form, validate, count, arguments);
}

static int schema(struct session *session UNUSED)
{
    char *text = canary_plan_schema();
    say_plain(text);
    canary_free(text);
    return EXIT_DONE;
}

int schema_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary schema",
        .rows = common_rows,
        .is_offline = true,
        .prints_json = true,
    };
    return session_run(&form, schema, count, arguments);
}
