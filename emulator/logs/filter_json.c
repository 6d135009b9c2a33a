#include "logs/filter_json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

enum { DEPTH_MAX = 64, STEPS_MAX = 32, WILDCARDS_MAX = 3 /* of a pattern */ };

enum node_kind { NODE_AND, NODE_OR, NODE_COMPARE, NODE_IS, NODE_NOT_EXISTS };

/* $.name[3].other, or with one wildcard: $.name[*].other, $.*.other */
struct selector {
    const char *text;
    int count;
    bool has_wildcard;
    struct step {
        enum { STEP_NAME, STEP_INDEX, STEP_ANY_MEMBER, STEP_ANY_ITEM } kind;
        const char *name;
        int index;
    } steps[STEPS_MAX];
};

struct filter_json {
    enum node_kind kind;
    struct filter_json *left; /* NODE_AND, NODE_OR */
    struct filter_json *right;
    struct selector selector;
    enum filter_operator relation; /* NODE_COMPARE */
    struct filter_operand operand;
    int type; /* NODE_IS: cJSON_NULL, cJSON_True or cJSON_False */
};

static struct filter_json *parse_or(struct filter_cursor *cursor);

static struct filter_json *make(struct filter_cursor *cursor, enum node_kind kind)
{
    struct filter_json *node = arena_alloc(cursor->arena, sizeof(*node));
    node->kind = kind;
    return node;
}

static bool is_name_character(char character)
{
    return isalnum((unsigned char)character) || strchr("_-", character);
}

static bool add_step(struct selector *selector, struct step step)
{
    bool is_wildcard = step.kind == STEP_ANY_MEMBER || step.kind == STEP_ANY_ITEM;
    if (selector->count == STEPS_MAX || (is_wildcard && selector->has_wildcard))
        return false;
    selector->has_wildcard |= is_wildcard;
    selector->steps[selector->count++] = step;
    return true;
}

static bool add_name(struct filter_cursor *cursor, struct selector *selector, struct text name)
{
    return add_step(selector, (struct step){ .name = arena_copy(cursor->arena, name) });
}

static bool read_name(struct filter_cursor *cursor, struct selector *selector)
{
    size_t size = 0;
    if (cursor->rest.size && cursor->rest.data[0] == '*') {
        cursor->rest.data++;
        cursor->rest.size--;
        return add_step(selector, (struct step){ .kind = STEP_ANY_MEMBER });
    }
    while (size < cursor->rest.size && is_name_character(cursor->rest.data[size]))
        size++;
    if (size == 0)
        return false;
    struct text name = { cursor->rest.data, size };
    cursor->rest.data += size;
    cursor->rest.size -= size;
    return add_name(cursor, selector, name);
}

/* Behind '[': an index, a star, or a name in single quotes. */
static bool read_bracket(struct filter_cursor *cursor, struct selector *selector)
{
    const char *end = cursor->rest.size ? memchr(cursor->rest.data, ']', cursor->rest.size) : NULL;
    int64_t index;
    if (!end)
        return false;
    struct text inside = { cursor->rest.data, (size_t)(end - cursor->rest.data) };
    cursor->rest.size -= inside.size + 1;
    cursor->rest.data = end + 1;
    if (inside.size > 2 && inside.data[0] == '\'' && inside.data[inside.size - 1] == '\'') {
        struct text name = { inside.data + 1, inside.size - 2 };
        return add_name(cursor, selector, name);
    }
    if (text_equal(inside, "*"))
        return add_step(selector, (struct step){ .kind = STEP_ANY_ITEM });
    return text_to_int64(inside, &index) && index >= 0 && index <= INT32_MAX &&
           add_step(selector, (struct step){ .kind = STEP_INDEX, .index = (int)index });
}

static bool read_selector(struct filter_cursor *cursor, struct selector *selector_out)
{
    *selector_out = (struct selector){ 0 };
    filter_skip_space(cursor);
    const char *start = cursor->rest.data;
    if (!filter_take(cursor, "$"))
        return false;
    for (;;) {
        char next = cursor->rest.size ? cursor->rest.data[0] : '\0';
        if (next != '.' && next != '[')
            break;
        cursor->rest.data++;
        cursor->rest.size--;
        if (next == '.' && cursor->rest.size && cursor->rest.data[0] == '[')
            continue; /* $.['name'] */
        if (!(next == '.' ? read_name(cursor, selector_out) : read_bracket(cursor, selector_out)))
            return false;
    }
    struct text text = { start, (size_t)(cursor->rest.data - start) };
    selector_out->text = arena_copy(cursor->arena, text);
    return selector_out->count > 0;
}

static struct filter_json *parse_is(struct filter_cursor *cursor, struct filter_json *node)
{
    static const struct {
        const char *word;
        int type;
    } rows[] = { { "NULL", cJSON_NULL }, { "TRUE", cJSON_True }, { "FALSE", cJSON_False } };
    node->kind = NODE_IS;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        node->type = rows[i].type;
        if (filter_take(cursor, rows[i].word))
            return node;
    }
    return NULL;
}

static struct filter_json *parse_comparison(struct filter_cursor *cursor)
{
    struct filter_json *node = make(cursor, NODE_COMPARE);
    if (!read_selector(cursor, &node->selector))
        return NULL;
    if (filter_read_operator(cursor, &node->relation))
        return filter_read_operand(cursor, ")}&|", &node->operand) ? node : NULL;
    if (filter_take(cursor, "NOT") && filter_take(cursor, "EXISTS")) {
        node->kind = NODE_NOT_EXISTS;
        return node;
    }
    return filter_take(cursor, "IS") ? parse_is(cursor, node) : NULL;
}

static struct filter_json *parse_factor(struct filter_cursor *cursor)
{
    if (!filter_take(cursor, "("))
        return parse_comparison(cursor);
    if (++cursor->depth > DEPTH_MAX)
        return NULL;
    struct filter_json *node = parse_or(cursor);
    cursor->depth--;
    return node && filter_take(cursor, ")") ? node : NULL;
}

static struct filter_json *join(struct filter_cursor *cursor, enum node_kind kind,
                                struct filter_json *left, struct filter_json *right)
{
    struct filter_json *node = make(cursor, kind);
    node->left = left;
    node->right = right;
    return right ? node : NULL;
}

static struct filter_json *parse_and(struct filter_cursor *cursor)
{
    struct filter_json *node = parse_factor(cursor);
    while (node && filter_take(cursor, "&&"))
        node = join(cursor, NODE_AND, node, parse_factor(cursor));
    return node;
}

static struct filter_json *parse_or(struct filter_cursor *cursor)
{
    struct filter_json *node = parse_and(cursor);
    while (node && filter_take(cursor, "||"))
        node = join(cursor, NODE_OR, node, parse_and(cursor));
    return node;
}

static int count_wildcards(const struct filter_json *node)
{
    return node->left ? count_wildcards(node->left) + count_wildcards(node->right)
                      : node->selector.has_wildcard;
}

struct filter_json *filter_json_parse(struct filter_cursor *cursor)
{
    struct filter_json *node = filter_take(cursor, "{") ? parse_or(cursor) : NULL;
    if (!node || !filter_take(cursor, "}") || count_wildcards(node) > WILDCARDS_MAX)
        return NULL;
    filter_skip_space(cursor);
    return cursor->rest.size == 0 ? node : NULL;
}

/* Without wildcards. */
static const cJSON *take_step(const struct step *step, const cJSON *value)
{
    if (step->kind == STEP_NAME)
        return cJSON_IsObject(value) ? cJSON_GetObjectItemCaseSensitive(value, step->name) : NULL;
    return cJSON_IsArray(value) ? cJSON_GetArrayItem(value, step->index) : NULL;
}

static const cJSON *find(const struct selector *selector, const cJSON *value)
{
    for (int i = 0; i < selector->count && value; i++)
        value = take_step(&selector->steps[i], value);
    return value;
}

/* What is compared: objects, arrays and null have none. Owned by the caller. */
static char *scalar_text(const cJSON *value)
{
    if (cJSON_IsString(value))
        return xstrdup(value->valuestring);
    return cJSON_IsNumber(value) || cJSON_IsBool(value) ? json_print(value) : NULL;
}

static bool compare(const struct filter_json *node, const cJSON *value)
{
    CLEANUP(freep) char *text = scalar_text(value);
    return text &&
           filter_compare(text_from(text), cJSON_IsNumber(value), node->relation, &node->operand);
}

static bool holds(const struct filter_json *node, const cJSON *value)
{
    if (node->kind == NODE_NOT_EXISTS)
        return !value;
    if (!value)
        return false;
    return node->kind == NODE_IS ? (value->type & 0xff) == node->type : compare(node, value);
}

/* Whether it holds for one of those that the wildcard stands for; that nothing exists, for all. */
static bool holds_behind(const struct filter_json *node, int at, const cJSON *value)
{
    const struct selector *selector = &node->selector;
    bool is_of_all = node->kind == NODE_NOT_EXISTS;
    for (; at < selector->count && value; at++) {
        const struct step *step = &selector->steps[at];
        if (step->kind == STEP_NAME || step->kind == STEP_INDEX) {
            value = take_step(step, value);
            continue;
        }
        bool is_wanted = step->kind == STEP_ANY_ITEM ? cJSON_IsArray(value) : cJSON_IsObject(value);
        for (value = is_wanted ? value->child : NULL; value; value = value->next) {
            if (holds_behind(node, at + 1, value) != is_of_all)
                return !is_of_all;
        }
        return is_of_all;
    }
    return holds(node, value);
}

bool filter_json_matches(const struct filter_json *pattern, const cJSON *message)
{
    switch (pattern->kind) {
    case NODE_AND:
        return filter_json_matches(pattern->left, message) &&
               filter_json_matches(pattern->right, message);
    case NODE_OR:
        return filter_json_matches(pattern->left, message) ||
               filter_json_matches(pattern->right, message);
    default:
        return holds_behind(pattern, 0, message);
    }
}

void filter_json_extract(const struct filter_json *pattern, const cJSON *message, cJSON *values)
{
    if (pattern->kind == NODE_AND || pattern->kind == NODE_OR) {
        filter_json_extract(pattern->left, message, values);
        filter_json_extract(pattern->right, message, values);
        return;
    }
    if (pattern->selector.has_wildcard)
        return; /* what AWS shows of those is not known */
    CLEANUP(freep) char *text = scalar_text(find(&pattern->selector, message));
    if (text && !json_get(values, pattern->selector.text))
        json_set_text(values, pattern->selector.text, text);
}

/* The whole text as a selector of one value, whose names live in the arena. */
static bool parse_selector(const char *text, struct arena *arena, struct selector *selector_out)
{
    struct regex *regexes = NULL;
    struct filter_cursor cursor = { text_from(text), arena, &regexes, 0 };
    return read_selector(&cursor, selector_out) && cursor.rest.size == 0 &&
           !selector_out->has_wildcard;
}

bool filter_json_is_selector(const char *text)
{
    struct arena arena = { 0 };
    struct selector selector;
    bool is_selector = parse_selector(text, &arena, &selector);
    arena_clear(&arena);
    return is_selector;
}

char *filter_json_value(const cJSON *message, const char *selector_text)
{
    struct arena arena = { 0 };
    struct selector selector;
    char *value = NULL;
    if (parse_selector(selector_text, &arena, &selector))
        value = scalar_text(find(&selector, message));
    arena_clear(&arena);
    return value;
}
