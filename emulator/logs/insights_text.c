#include "logs/insights_functions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "pattern.h"
#include "text.h"
#include "xalloc.h"

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

static struct insights_value do_concat(const struct insights_value *arguments, int count,
                                       struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer text;
    buffer_init(&text, INSIGHTS_TEXT_MAX);
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
    double start = insights_number_of(&arguments[1]);
    double length = count > 2 ? insights_number_of(&arguments[2]) : INFINITY;
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
    buffer_init(&result, INSIGHTS_TEXT_MAX);
    for (const char *found; *wanted && (found = strstr(text, wanted));
         text = found + strlen(wanted)) {
        buffer_add(&result, text, (size_t)(found - text));
        buffer_add_string(&result, other);
    }
    buffer_add_string(&result, text);
    return insights_text(arena_copy(arena, buffer_text(&result)));
}

/* regexReplace(text, pattern, other). Whether the other text may draw on groups, and how, is not
 * documented: it is taken as it stands. */
static struct insights_value do_regexreplace(const struct insights_value *arguments,
                                             int count UNUSED, struct arena *arena)
{
    size_t size;
    if (arguments->kind == INSIGHTS_MISSING)
        return *arguments;
    CLEANUP(freep)
    char *replaced =
        regex_replace(arguments[1].regex, text_from(insights_print(arguments, arena)),
                      text_from(insights_print(&arguments[2], arena)), INSIGHTS_TEXT_MAX, &size);
    return replaced ? insights_text(arena_copy(arena, (struct text){ replaced, size }))
                    : (struct insights_value){ 0 };
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

/* strcontains(text, part[, caseInsensitive]) */
static struct insights_value do_strcontains(const struct insights_value *arguments, int count,
                                            struct arena *arena)
{
    const char *text = insights_print(&arguments[0], arena);
    const char *part = insights_print(&arguments[1], arena);
    bool is_caseless = count > 2 && insights_is_true(&arguments[2]);
    return insights_boolean((is_caseless ? strcasestr(text, part) : strstr(text, part)) != NULL);
}

/* split(text, delimiter): a list. Without a delimiter it is the whole text. */
static struct insights_value do_split(const struct insights_value *arguments, int count UNUSED,
                                      struct arena *arena)
{
    const char *text = insights_print(arguments, arena);
    const char *delimiter = insights_print(&arguments[1], arena);
    CLEANUP(json_deletep) cJSON *list = cJSON_CreateArray();
    if (arguments->kind == INSIGHTS_MISSING)
        return *arguments;
    for (const char *end; *delimiter && (end = strstr(text, delimiter));
         text = end + strlen(delimiter)) {
        const char *part = arena_copy(arena, (struct text){ text, (size_t)(end - text) });
        cJSON_AddItemToArray(list, cJSON_CreateString(part));
    }
    cJSON_AddItemToArray(list, cJSON_CreateString(text));
    return insights_structure_of(list, arena);
}

const struct insights_function insights_text_functions[] = {
    { .name = "concat", .least = 1, .most = INSIGHTS_ARGUMENTS_MAX, .call = do_concat },
    { .name = "endswith", .least = 2, .most = 2, .call = do_endswith },
    { .name = "isblank", .least = 1, .most = 1, .call = do_isblank },
    { .name = "isempty", .least = 1, .most = 1, .call = do_isempty },
    { .name = "ltrim", .least = 1, .most = 2, .call = do_ltrim },
    { .name = "messagesize", .least = 1, .most = 1, .call = do_messagesize },
    { .name = "regexreplace",
      .least = 3,
      .most = 3,
      .call = do_regexreplace,
      .flags = INSIGHTS_TAKES_REGEX },
    { .name = "replace", .least = 3, .most = 3, .call = do_replace },
    { .name = "rtrim", .least = 1, .most = 2, .call = do_rtrim },
    { .name = "split", .least = 2, .most = 2, .call = do_split },
    { .name = "startswith", .least = 2, .most = 2, .call = do_startswith },
    { .name = "strcontains",
      .least = 2,
      .most = 3,
      .call = do_strcontains,
      .flags = INSIGHTS_TAKES_TRUTH },
    { .name = "strlen", .least = 1, .most = 1, .call = do_strlen },
    { .name = "substr", .least = 2, .most = 3, .call = do_substr },
    { .name = "tolower", .least = 1, .most = 1, .call = do_tolower },
    { .name = "toupper", .least = 1, .most = 1, .call = do_toupper },
    { .name = "trim", .least = 1, .most = 2, .call = do_trim },
    { 0 },
};
