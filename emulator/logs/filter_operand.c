#include "logs/filter_operand.h"

#include <ctype.h>
#include <string.h>

#include "buffer.h"

enum { REGEXES_MAX = 2 };

void filter_skip_space(struct filter_cursor *cursor)
{
    while (cursor->rest.size && isspace((unsigned char)cursor->rest.data[0])) {
        cursor->rest.data++;
        cursor->rest.size--;
    }
}

static void advance(struct filter_cursor *cursor, size_t size)
{
    cursor->rest.data += size;
    cursor->rest.size -= size;
}

bool filter_take(struct filter_cursor *cursor, const char *word)
{
    filter_skip_space(cursor);
    if (!text_starts_with(cursor->rest, word))
        return false;
    advance(cursor, strlen(word));
    return true;
}

bool filter_read_operator(struct filter_cursor *cursor, enum filter_operator *operator_out)
{
    static const struct {
        const char *text;
        enum filter_operator relation;
    } rows[] = {
        { "!=", FILTER_NOT_EQUAL }, { "<=", FILTER_AT_MOST }, { ">=", FILTER_AT_LEAST },
        { "<", FILTER_LESS },       { ">", FILTER_GREATER },  { "=", FILTER_EQUAL },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (filter_take(cursor, rows[i].text)) {
            *operator_out = rows[i].relation;
            return true;
        }
    }
    return false;
}

bool filter_read_quoted(struct filter_cursor *cursor, const char **text_out)
{
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    if (cursor->rest.size == 0 || cursor->rest.data[0] != '"')
        return false;
    advance(cursor, 1);
    while (cursor->rest.size && cursor->rest.data[0] != '"') {
        if (cursor->rest.data[0] == '\\' && cursor->rest.size > 1)
            advance(cursor, 1);
        buffer_add_char(&text, cursor->rest.data[0]);
        advance(cursor, 1);
    }
    if (cursor->rest.size == 0)
        return false;
    advance(cursor, 1);
    *text_out = arena_copy(cursor->arena, buffer_text(&text));
    return true;
}

/* What AWS's page on filter patterns lists, and the space: no parentheses, nothing but ASCII. */
static bool has_only_good_characters(struct text source)
{
    static const char symbols[] = "_#=@/;,-: ^$?[]{}|\\*+.";
    for (size_t i = 0; i < source.size; i++) {
        unsigned char character = (unsigned char)source.data[i];
        bool is_escaped = i > 0 && source.data[i - 1] == '\\';
        if (character == '\0' || character >= 0x80 ||
            (!is_escaped && !isalnum(character) && !strchr(symbols, character)))
            return false;
    }
    return true;
}

bool filter_read_regex(struct filter_cursor *cursor, struct regex **regex_out)
{
    if (cursor->rest.size == 0 || cursor->rest.data[0] != '%' ||
        regexes_count(*cursor->regexes) == REGEXES_MAX)
        return false;
    advance(cursor, 1);
    const char *end = cursor->rest.size ? memchr(cursor->rest.data, '%', cursor->rest.size) : NULL;
    if (!end || end == cursor->rest.data)
        return false;
    struct text source = { cursor->rest.data, (size_t)(end - cursor->rest.data) };
    if (!has_only_good_characters(source))
        return false;
    *regex_out = regex_compile(cursor->regexes, source, 0, NULL);
    if (!*regex_out)
        return false;
    advance(cursor, source.size + 1);
    return true;
}

bool filter_read_operand(struct filter_cursor *cursor, const char *stops,
                         struct filter_operand *operand_out)
{
    *operand_out = (struct filter_operand){ 0 };
    filter_skip_space(cursor);
    if (cursor->rest.size == 0)
        return false;
    if (cursor->rest.data[0] == '"')
        return filter_read_quoted(cursor, &operand_out->text);
    if (cursor->rest.data[0] == '%')
        return filter_read_regex(cursor, &operand_out->regex);
    size_t size = 0;
    while (size < cursor->rest.size && !isspace((unsigned char)cursor->rest.data[size]) &&
           !strchr(stops, cursor->rest.data[size]))
        size++;
    if (size == 0)
        return false;
    struct text word = { cursor->rest.data, size };
    operand_out->text = arena_copy(cursor->arena, word);
    operand_out->is_number = text_to_double(word, &operand_out->number);
    advance(cursor, size);
    return true;
}

/* `*` stands for any run of characters. */
static bool matches_wildcards(struct text value, const char *pattern)
{
    size_t at = 0;
    size_t star_at = 0;
    const char *star = NULL;
    while (at < value.size) {
        if (*pattern == '*') {
            star = ++pattern;
            star_at = at;
        } else if (*pattern && *pattern == value.data[at]) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool is_equal(struct text value, bool is_number, const struct filter_operand *operand)
{
    double number;
    if (operand->regex)
        return regex_match(operand->regex, value, NULL, 0);
    if (operand->is_number && is_number && text_to_double(value, &number))
        return number == operand->number;
    return matches_wildcards(value, operand->text);
}

bool filter_compare(struct text value, bool is_number, enum filter_operator relation,
                    const struct filter_operand *operand)
{
    double number;
    if (relation == FILTER_EQUAL)
        return is_equal(value, is_number, operand);
    if (relation == FILTER_NOT_EQUAL)
        return !is_equal(value, is_number, operand);
    if (!operand->is_number || !is_number || !text_to_double(value, &number))
        return false;
    switch (relation) {
    case FILTER_LESS:
        return number < operand->number;
    case FILTER_GREATER:
        return number > operand->number;
    case FILTER_AT_MOST:
        return number <= operand->number;
    default:
        return number >= operand->number;
    }
}
