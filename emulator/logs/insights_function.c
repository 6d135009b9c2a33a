#include "logs/insights_function.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "clock.h"
#include "text.h"
#include "xalloc.h"

enum { TEXT_MAX = 1 << 20 };

/* NaN, which becomes a missing value, if it is no number. */
static double number_of(const struct insights_value *value)
{
    double number;
    return insights_to_number(value, &number) ? number : NAN;
}

static struct insights_value do_abs(const struct insights_value *arguments, int count UNUSED,
                                    struct arena *arena UNUSED)
{
    return insights_number(fabs(number_of(arguments)));
}

static struct insights_value do_ceil(const struct insights_value *arguments, int count UNUSED,
                                     struct arena *arena UNUSED)
{
    return insights_number(ceil(number_of(arguments)));
}

static struct insights_value do_floor(const struct insights_value *arguments, int count UNUSED,
                                      struct arena *arena UNUSED)
{
    return insights_number(floor(number_of(arguments)));
}

/* Not on AWS's page, but in use there, as round is. */
static struct insights_value do_if(const struct insights_value *arguments, int count UNUSED,
                                   struct arena *arena UNUSED)
{
    return insights_is_true(&arguments[0]) ? arguments[1] : arguments[2];
}

/* case(condition, value, condition, value, ..., otherwise) */
static struct insights_value do_case(const struct insights_value *arguments, int count,
                                     struct arena *arena UNUSED)
{
    int at = 0;
    for (; at + 1 < count; at += 2) {
        if (insights_is_true(&arguments[at]))
            return arguments[at + 1];
    }
    return at < count ? arguments[at] : (struct insights_value){ 0 };
}

static struct insights_value do_tonumber(const struct insights_value *arguments, int count UNUSED,
                                         struct arena *arena UNUSED)
{
    return insights_number(number_of(arguments));
}

/* toInt and toLong */
static struct insights_value do_tolong(const struct insights_value *arguments, int count UNUSED,
                                       struct arena *arena UNUSED)
{
    return insights_number(trunc(number_of(arguments)));
}

static struct insights_value do_isnumeric(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena UNUSED)
{
    return insights_boolean(!isnan(number_of(arguments)));
}

/* The time of the query's start, in seconds: it is asked while the query is read. */
static struct insights_value do_now(const struct insights_value *arguments UNUSED, int count UNUSED,
                                    struct arena *arena UNUSED)
{
    enum { MS_PER_SECOND = 1000 };
    return insights_number((double)(clock_now_ms() / MS_PER_SECOND));
}

/* round(number[, decimals]) */
static struct insights_value do_round(const struct insights_value *arguments, int count,
                                      struct arena *arena UNUSED)
{
    double scale = count > 1 ? pow(10, trunc(number_of(&arguments[1]))) : 1;
    return insights_number(round(number_of(arguments) * scale) / scale);
}

static struct insights_value do_log(const struct insights_value *arguments, int count UNUSED,
                                    struct arena *arena UNUSED)
{
    return insights_number(log(number_of(arguments)));
}

static struct insights_value do_sqrt(const struct insights_value *arguments, int count UNUSED,
                                     struct arena *arena UNUSED)
{
    return insights_number(sqrt(number_of(arguments)));
}

static struct insights_value do_greatest(const struct insights_value *arguments, int count,
                                         struct arena *arena UNUSED)
{
    double most = number_of(arguments);
    for (int i = 1; i < count; i++)
        most = fmax(most, number_of(&arguments[i]));
    return insights_number(most);
}

static struct insights_value do_least(const struct insights_value *arguments, int count,
                                      struct arena *arena UNUSED)
{
    double least = number_of(arguments);
    for (int i = 1; i < count; i++)
        least = fmin(least, number_of(&arguments[i]));
    return insights_number(least);
}

static struct insights_value do_ispresent(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena UNUSED)
{
    return insights_boolean(arguments->kind != INSIGHTS_MISSING);
}

static struct insights_value do_isempty(const struct insights_value *arguments, int count UNUSED,
                                        struct arena *arena)
{
    return insights_boolean(!*insights_print(arguments, arena));
}

static struct insights_value do_isblank(const struct insights_value *arguments, int count UNUSED,
                                        struct arena *arena)
{
    const char *text = insights_print(arguments, arena);
    return insights_boolean(text[strspn(text, " \t\r\n")] == '\0');
}

static struct insights_value do_coalesce(const struct insights_value *arguments, int count,
                                         struct arena *arena UNUSED)
{
    for (int i = 0; i < count; i++) {
        if (arguments[i].kind != INSIGHTS_MISSING)
            return arguments[i];
    }
    return (struct insights_value){ 0 };
}

static struct insights_value do_concat(const struct insights_value *arguments, int count,
                                       struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer text;
    buffer_init(&text, TEXT_MAX);
    for (int i = 0; i < count; i++)
        buffer_add_string(&text, insights_print(&arguments[i], arena));
    return insights_text(arena_copy(arena, buffer_text(&text)));
}

/* Cuts `set` characters off one or both ends. */
static struct insights_value trim(const struct insights_value *arguments, int count,
                                  struct arena *arena, bool at_start, bool at_end)
{
    const char *set = count > 1 ? insights_print(&arguments[1], arena) : " \t\r\n";
    const char *text = insights_print(arguments, arena);
    if (at_start)
        text += strspn(text, set);
    size_t size = strlen(text);
    while (at_end && size && strchr(set, text[size - 1]))
        size--;
    return insights_text(arena_copy(arena, (struct text){ text, size }));
}

static struct insights_value do_trim(const struct insights_value *arguments, int count,
                                     struct arena *arena)
{
    return trim(arguments, count, arena, true, true);
}

static struct insights_value do_ltrim(const struct insights_value *arguments, int count,
                                      struct arena *arena)
{
    return trim(arguments, count, arena, true, false);
}

static struct insights_value do_rtrim(const struct insights_value *arguments, int count,
                                      struct arena *arena)
{
    return trim(arguments, count, arena, false, true);
}

static struct insights_value do_strlen(const struct insights_value *arguments, int count UNUSED,
                                       struct arena *arena)
{
    struct text text = text_from(insights_print(arguments, arena));
    return insights_number((double)text_count_characters(text));
}

static struct insights_value do_messagesize(const struct insights_value *arguments,
                                            int count UNUSED, struct arena *arena)
{
    return arguments->kind == INSIGHTS_MISSING
               ? *arguments
               : insights_number((double)strlen(insights_print(arguments, arena)));
}

static struct insights_value map_text(const struct insights_value *value, struct arena *arena,
                                      int (*function)(int))
{
    char *text = arena_copy(arena, text_from(insights_print(value, arena)));
    for (char *at = text; *at; at++)
        *at = (unsigned char)*at < 0x80 ? (char)function((unsigned char)*at) : *at;
    return insights_text(text);
}

static struct insights_value do_toupper(const struct insights_value *arguments, int count UNUSED,
                                        struct arena *arena)
{
    return map_text(arguments, arena, toupper);
}

static struct insights_value do_tolower(const struct insights_value *arguments, int count UNUSED,
                                        struct arena *arena)
{
    return map_text(arguments, arena, tolower);
}

/* substr(text, start[, length]), from 0, in characters. */
static struct insights_value do_substr(const struct insights_value *arguments, int count,
                                       struct arena *arena)
{
    const char *text = insights_print(arguments, arena);
    double start = number_of(&arguments[1]);
    double length = count > 2 ? number_of(&arguments[2]) : INFINITY;
    if (isnan(start) || isnan(length) || start < 0 || length < 0)
        return (struct insights_value){ 0 };
    double at = -1;
    const char *from = NULL;
    for (; *text; text++) {
        at += text_begins_character(*text);
        if (!from && at >= start)
            from = text;
        if (from && at >= start + length)
            break;
    }
    struct text part = { from ? from : "", from ? (size_t)(text - from) : 0 };
    return insights_text(arena_copy(arena, part));
}

static struct insights_value do_replace(const struct insights_value *arguments, int count UNUSED,
                                        struct arena *arena)
{
    const char *text = insights_print(arguments, arena);
    const char *wanted = insights_print(&arguments[1], arena);
    const char *other = insights_print(&arguments[2], arena);
    CLEANUP(buffer_clear) struct buffer result;
    buffer_init(&result, TEXT_MAX);
    for (const char *found; *wanted && (found = strstr(text, wanted));
         text = found + strlen(wanted)) {
        buffer_add(&result, text, (size_t)(found - text));
        buffer_add_string(&result, other);
    }
    buffer_add_string(&result, text);
    return insights_text(arena_copy(arena, buffer_text(&result)));
}

static struct insights_value do_startswith(const struct insights_value *arguments, int count UNUSED,
                                           struct arena *arena)
{
    const char *start = insights_print(&arguments[1], arena);
    return insights_boolean(
        text_starts_with(text_from(insights_print(&arguments[0], arena)), start));
}

static struct insights_value do_endswith(const struct insights_value *arguments, int count UNUSED,
                                         struct arena *arena)
{
    const char *text = insights_print(&arguments[0], arena);
    const char *end = insights_print(&arguments[1], arena);
    size_t size = strlen(text);
    size_t end_size = strlen(end);
    return insights_boolean(size >= end_size && strcmp(text + size - end_size, end) == 0);
}

static struct insights_value do_strcontains(const struct insights_value *arguments,
                                            int count UNUSED, struct arena *arena)
{
    return insights_boolean(
        strstr(insights_print(arguments, arena), insights_print(&arguments[1], arena)) != NULL);
}

static struct insights_value round_time(const struct insights_value *arguments,
                                        double (*function)(double))
{
    double period = number_of(&arguments[1]);
    double ms = number_of(arguments);
    return isnan(ms) || !(period > 0) ? (struct insights_value){ 0 }
                                      : insights_time(function(ms / period) * period);
}

static struct insights_value do_datefloor(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena UNUSED)
{
    return round_time(arguments, floor);
}

static struct insights_value do_dateceil(const struct insights_value *arguments, int count UNUSED,
                                         struct arena *arena UNUSED)
{
    return round_time(arguments, ceil);
}

static struct insights_value do_frommillis(const struct insights_value *arguments, int count UNUSED,
                                           struct arena *arena UNUSED)
{
    double ms = number_of(arguments);
    return isnan(ms) ? (struct insights_value){ 0 } : insights_time(ms);
}

static struct insights_value do_tomillis(const struct insights_value *arguments, int count UNUSED,
                                         struct arena *arena UNUSED)
{
    return insights_number(number_of(arguments));
}

static struct insights_value do_jsonparse(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena)
{
    return insights_structure(insights_print(arguments, arena), arena);
}

static struct insights_value do_jsonstringify(const struct insights_value *arguments,
                                              int count UNUSED, struct arena *arena)
{
    return arguments->kind == INSIGHTS_STRUCTURE ? insights_text(insights_print(arguments, arena))
                                                 : (struct insights_value){ 0 };
}

/* The list that a field is, or that its text spells; NULL: it is none. */
static const cJSON *list_of(const struct insights_value *value, struct arena *arena)
{
    struct insights_value structure = value->kind == INSIGHTS_STRUCTURE
                                          ? *value
                                          : insights_structure(insights_print(value, arena), arena);
    bool is_list = structure.kind == INSIGHTS_STRUCTURE && cJSON_IsArray(structure.tree);
    return is_list ? structure.tree : NULL;
}

static struct insights_value do_jsonarraysize(const struct insights_value *arguments,
                                              int count UNUSED, struct arena *arena)
{
    const cJSON *list = list_of(arguments, arena);
    return list ? insights_number(cJSON_GetArraySize(list)) : (struct insights_value){ 0 };
}

static struct insights_value do_jsonarraycontains(const struct insights_value *arguments,
                                                  int count UNUSED, struct arena *arena)
{
    const char *wanted = insights_print(&arguments[1], arena);
    const cJSON *item;
    cJSON_ArrayForEach(item, list_of(arguments, arena))
    {
        struct insights_value value = insights_member(item, arena);
        if (strcmp(insights_print(&value, arena), wanted) == 0)
            return insights_boolean(true);
    }
    return insights_boolean(false);
}

static const struct insights_function functions[] = {
    { "abs", 1, 1, do_abs, false },
    { "ceil", 1, 1, do_ceil, false },
    { "case", 2, INSIGHTS_ARGUMENTS_MAX, do_case, true },
    { "coalesce", 1, INSIGHTS_ARGUMENTS_MAX, do_coalesce, true },
    { "concat", 1, INSIGHTS_ARGUMENTS_MAX, do_concat, false },
    { "dateceil", 2, 2, do_dateceil, false },
    { "datefloor", 2, 2, do_datefloor, false },
    { "endswith", 2, 2, do_endswith, false },
    { "floor", 1, 1, do_floor, false },
    { "frommillis", 1, 1, do_frommillis, false },
    { "greatest", 1, INSIGHTS_ARGUMENTS_MAX, do_greatest, false },
    { "if", 3, 3, do_if, true },
    { "isblank", 1, 1, do_isblank, false },
    { "isempty", 1, 1, do_isempty, false },
    { "isnumeric", 1, 1, do_isnumeric, false },
    { "ispresent", 1, 1, do_ispresent, true },
    { "jsonarraycontains", 2, 2, do_jsonarraycontains, true },
    { "jsonarraysize", 1, 1, do_jsonarraysize, true },
    { "jsonparse", 1, 1, do_jsonparse, false },
    { "jsonstringify", 1, 1, do_jsonstringify, true },
    { "least", 1, INSIGHTS_ARGUMENTS_MAX, do_least, false },
    { "log", 1, 1, do_log, false },
    { "ltrim", 1, 2, do_ltrim, false },
    { "messagesize", 1, 1, do_messagesize, false },
    { "now", 0, 0, do_now, false },
    { "replace", 3, 3, do_replace, false },
    { "round", 1, 2, do_round, false },
    { "rtrim", 1, 2, do_rtrim, false },
    { "sqrt", 1, 1, do_sqrt, false },
    { "startswith", 2, 2, do_startswith, false },
    { "strcontains", 2, 2, do_strcontains, false },
    { "strlen", 1, 1, do_strlen, false },
    { "substr", 2, 3, do_substr, false },
    { "todouble", 1, 1, do_tonumber, false },
    { "toint", 1, 1, do_tolong, false },
    { "tolong", 1, 1, do_tolong, false },
    { "tolower", 1, 1, do_tolower, false },
    { "tomillis", 1, 1, do_tomillis, false },
    { "tonumber", 1, 1, do_tonumber, false },
    { "toupper", 1, 1, do_toupper, false },
    { "trim", 1, 2, do_trim, false },
};

const struct insights_function *insights_function_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (strcasecmp(functions[i].name, name) == 0)
            return &functions[i];
    }
    return NULL;
}
