#include "logs/filter_fields.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum { FIELDS_MAX = 128, WORDS_MAX = 1024 };

/* One comparison; those of a field are a sum of products: && binds closer than ||. */
struct condition {
    struct condition *next;
    bool begins_alternative; /* || stands before it */
    enum filter_operator relation;
    struct filter_operand operand;
};

struct field_pattern {
    const char *name; /* "$ip"; "": it has only its place; NULL: `...` */
    struct condition *conditions;
};

struct filter_fields {
    size_t count;
    size_t gap; /* where `...` stands; FIELDS_MAX without one */
    struct field_pattern fields[FIELDS_MAX];
};

struct words {
    size_t count;
    struct text list[WORDS_MAX];
};

static bool read_name(struct filter_cursor *cursor, struct text *name_out)
{
    filter_skip_space(cursor);
    size_t size = 0;
    while (size < cursor->rest.size && (isalnum((unsigned char)cursor->rest.data[size]) ||
                                        strchr("_-$", cursor->rest.data[size])))
        size++;
    *name_out = (struct text){ cursor->rest.data, size };
    cursor->rest.data += size;
    cursor->rest.size -= size;
    return size > 0;
}

static bool read_condition(struct filter_cursor *cursor, struct field_pattern *field,
                           bool is_alternative)
{
    struct condition *condition = arena_alloc(cursor->arena, sizeof(*condition));
    struct condition **last = &field->conditions;
    condition->begins_alternative = is_alternative;
    if (!filter_read_operator(cursor, &condition->relation) ||
        !filter_read_operand(cursor, ",]&|", &condition->operand))
        return false;
    while (*last)
        last = &(*last)->next;
    *last = condition;
    return true;
}

static bool is_at(struct filter_cursor *cursor, const char *stops)
{
    filter_skip_space(cursor);
    return cursor->rest.size && strchr(stops, cursor->rest.data[0]);
}

/* The name, then conditions that say it again: status = 404 || status = 410. Or nothing. */
static bool read_field(struct filter_cursor *cursor, struct field_pattern *field)
{
    struct text name;
    if (filter_take(cursor, "..."))
        return true;
    field->name = "";
    if (is_at(cursor, ",]"))
        return true;
    if (!read_name(cursor, &name))
        return false;
    field->name = arena_format(cursor->arena, "$%.*s", TEXT_ARGS(name));
    if (is_at(cursor, ",]"))
        return true;
    if (!read_condition(cursor, field, false))
        return false;
    while (!is_at(cursor, ",]")) {
        struct text again;
        bool is_alternative = filter_take(cursor, "||");
        if ((!is_alternative && !filter_take(cursor, "&&")) || !read_name(cursor, &again) ||
            !text_equal(again, field->name + 1) || !read_condition(cursor, field, is_alternative))
            return false;
    }
    return true;
}

struct filter_fields *filter_fields_parse(struct filter_cursor *cursor)
{
    struct filter_fields *pattern = arena_alloc(cursor->arena, sizeof(*pattern));
    pattern->gap = FIELDS_MAX;
    if (!filter_take(cursor, "["))
        return NULL;
    do {
        struct field_pattern *field = &pattern->fields[pattern->count];
        if (pattern->count == FIELDS_MAX || !read_field(cursor, field))
            return NULL;
        if (!field->name && pattern->gap != FIELDS_MAX)
            return NULL; /* one gap at most: two could be filled in many ways */
        if (!field->name)
            pattern->gap = pattern->count;
        pattern->count++;
    } while (filter_take(cursor, ","));
    bool is_empty = pattern->count == 1 && pattern->gap && !*pattern->fields[0].name;
    if (is_empty) { /* [] is [...] */
        pattern->fields[0].name = NULL;
        pattern->gap = 0;
    }
    if (!filter_take(cursor, "]"))
        return NULL;
    filter_skip_space(cursor);
    return cursor->rest.size == 0 ? pattern : NULL;
}

/* Up to the closing bracket or quote, else up to the next space or tab (Lambda's lines have tabs).
 */
static struct text cut_word(struct text *rest)
{
    char opening = rest->data[0];
    char closing = opening == '[' ? ']' : opening == '"' ? '"' : '\0';
    const char *end = closing ? memchr(rest->data + 1, closing, rest->size - 1) : NULL;
    struct text word = { rest->data + 1, end ? (size_t)(end - rest->data - 1) : 0 };
    size_t taken = word.size + 2;
    if (!end) {
        word = (struct text){ rest->data, 0 };
        while (word.size < rest->size && rest->data[word.size] != ' ' &&
               rest->data[word.size] != '\t')
            word.size++;
        taken = word.size;
    }
    rest->data += taken;
    rest->size -= taken;
    return word;
}

static void skip_space(struct text *rest)
{
    while (rest->size && isspace((unsigned char)rest->data[0])) {
        rest->data++;
        rest->size--;
    }
}

/* At most so many words, the last of which is all that is left: [w1=ERROR, w2] is AWS's pattern for
 * lines of any length. False if there are more than any pattern could name. */
static bool split(struct text message, size_t most, struct words *words_out)
{
    words_out->count = 0;
    skip_space(&message);
    while (message.size) {
        if (words_out->count == WORDS_MAX)
            return false;
        struct text left = message;
        struct text word = cut_word(&message);
        skip_space(&message);
        if (message.size && words_out->count + 1 == most) {
            word = left;
            message.size = 0;
        }
        while (word.size && strchr("\r\n", word.data[word.size - 1]))
            word.size--;
        words_out->list[words_out->count++] = word;
    }
    return true;
}

/* With a gap all words count. */
static size_t most_words(const struct filter_fields *pattern)
{
    return pattern->gap == FIELDS_MAX ? pattern->count : WORDS_MAX + 1;
}

/* The field of a word; NULL for one in the gap. The count of words must be right. */
static const struct field_pattern *field_of(const struct filter_fields *pattern,
                                            const struct words *words, size_t word)
{
    if (pattern->gap == FIELDS_MAX || word < pattern->gap)
        return &pattern->fields[word];
    size_t after_gap = pattern->count - pattern->gap - 1;
    if (word < words->count - after_gap)
        return NULL;
    return &pattern->fields[pattern->count - (words->count - word)];
}

static bool has_the_right_count(const struct filter_fields *pattern, const struct words *words)
{
    if (pattern->gap == FIELDS_MAX)
        return words->count == pattern->count;
    return words->count + 1 >= pattern->count;
}

static bool satisfies(const struct condition *condition, struct text word)
{
    double number;
    bool holds = true;
    bool is_number = text_to_double(word, &number);
    for (; condition; condition = condition->next) {
        if (condition->begins_alternative) {
            if (holds)
                return true;
            holds = true;
        }
        holds = holds && filter_compare(word, is_number, condition->relation, &condition->operand);
    }
    return holds;
}

bool filter_fields_match(const struct filter_fields *pattern, struct text message)
{
    struct words words;
    if (!split(message, most_words(pattern), &words) || !has_the_right_count(pattern, &words))
        return false;
    for (size_t i = 0; i < words.count; i++) {
        const struct field_pattern *field = field_of(pattern, &words, i);
        if (field && !satisfies(field->conditions, words.list[i]))
            return false;
    }
    return true;
}

void filter_fields_extract(const struct filter_fields *pattern, struct text message, cJSON *values)
{
    struct words words;
    if (!split(message, most_words(pattern), &words) || !has_the_right_count(pattern, &words))
        return;
    for (size_t i = 0; i < words.count; i++) {
        const struct field_pattern *field = field_of(pattern, &words, i);
        char place[32];
        CLEANUP(buffer_clear) struct buffer text = { 0 };
        snprintf(place, sizeof(place), "$%zu", i + 1);
        buffer_add_text(&text, words.list[i]);
        json_set_text(values, field && *field->name ? field->name : place,
                      text.data ? text.data : "");
    }
}
