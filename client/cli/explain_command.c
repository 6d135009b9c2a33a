/*
 * canary explain: Coalmine's answer to "why".
 */
#include "aws/coalmine_api.h"
#include "cli/command.h"
#include "cli/output.h"
#include "url.h"
#include "xalloc.h"

enum { OPERANDS_MAX = 33 };

static const char usage[] =
    "canary explain alarm NAME [OPTION]...\n"
    "       canary explain metric NAMESPACE NAME [DIMENSION=VALUE]... [OPTION]...";

static void add_parameter(struct buffer *query, const char *name, const char *value)
{
    buffer_add_format(query, "%s%s=", query->size ? "&" : "", name);
    url_encode(query, text_from(value), false);
}

/* A comma inside a value is written twice. */
static void add_dimensions(struct buffer *query, int count, char **dimensions)
{
    struct buffer list = { 0 };
    for (int i = 0; i < count; i++) {
        buffer_add_string(&list, i ? "," : "");
        for (const char *c = dimensions[i]; *c; c++)
            buffer_add_string(&list, *c == ',' ? ",," : (const char[]){ *c, '\0' });
    }
    if (list.size)
        add_parameter(query, "dimensions", list.data);
    buffer_clear(&list);
}

/* What the operands ask for; false if they are none of the two forms. */
static bool read_question(const struct session *session, struct buffer *query)
{
    char **operands = session->operands;
    int count = session->operand_count;
    if (count == 2 && strcmp(operands[0], "alarm") == 0) {
        add_parameter(query, "alarm", operands[1]);
        return true;
    }
    if (count < 3 || strcmp(operands[0], "metric") != 0)
        return false;
    add_parameter(query, "namespace", operands[1]);
    add_parameter(query, "metric", operands[2]);
    add_dimensions(query, count - 3, operands + 3);
    return true;
}

static int explain(struct session *session)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct buffer query = { 0 };
    if (!read_question(session, &query)) {
        complain("say alarm NAME, or metric NAMESPACE NAME [DIMENSION=VALUE]... (see --help)");
        buffer_clear(&query);
        return EXIT_USAGE;
    }
    cJSON *answer = coalmine_call(&session->api, "explain", query.data, NULL, &error);
    buffer_clear(&query);
    if (!answer) {
        complain("%s", error.message);
        return EXIT_FAILED;
    }
    say("%s", json_text(answer, "sentence", ""));
    json_set(facts(), "explanation", answer);
    return EXIT_DONE;
}

const struct option_row explain_rows[] = { COMMON_ROWS };

int explain_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = usage,
        .rows = explain_rows,
        .operands_max = OPERANDS_MAX,
    };
    return session_run(&form, explain, count, arguments);
}
