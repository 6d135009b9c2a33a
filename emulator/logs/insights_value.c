#include "logs/insights_value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "timestamp.h"
#include "xalloc.h"

enum { DECIMALS = 4 };

struct insights_value insights_text(const char *text)
{
    return (struct insights_value){ .kind = text ? INSIGHTS_TEXT : INSIGHTS_MISSING, .text = text };
}

struct insights_value insights_number(double number)
{
    return (struct insights_value){ .kind = isfinite(number) ? INSIGHTS_NUMBER : INSIGHTS_MISSING,
                                    .number = number };
}

struct insights_value insights_time(double ms)
{
    static const double FIRST_MS = -62167219200000;
    static const double LAST_MS = 253402300799999;
    bool is_there = ms >= FIRST_MS && ms <= LAST_MS;
    return (struct insights_value){ .kind = is_there ? INSIGHTS_TIME : INSIGHTS_MISSING,
                                    .number = ms };
}

struct insights_value insights_boolean(bool truth)
{
    return insights_number(truth);
}

static const cJSON *find_item(const cJSON *list, const char *path)
{
    struct text rest = text_from(path);
    int64_t index;
    if (!text_to_int64(text_cut(&rest, '.'), &index) || index < 0 || index > INT32_MAX)
        return NULL;
    const cJSON *item = cJSON_GetArrayItem(list, (int)index);
    return rest.data ? insights_find_member(item, rest.data) : item;
}

const cJSON *insights_find_member(const cJSON *tree, const char *path)
{
    const cJSON *member;
    if (cJSON_IsArray(tree))
        return find_item(tree, path);
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(tree, path);
    if (found)
        return found;
    cJSON_ArrayForEach(member, tree)
    {
        size_t size = strlen(member->string);
        if (strncmp(path, member->string, size) == 0 && path[size] == '.' &&
            (found = insights_find_member(member, path + size + 1)))
            return found;
    }
    return NULL;
}

struct insights_value insights_member(const cJSON *member, struct arena *arena)
{
    if (cJSON_IsString(member))
        return insights_text(arena_copy(arena, text_from(member->valuestring)));
    if (cJSON_IsBool(member))
        return insights_boolean(cJSON_IsTrue(member));
    if (cJSON_IsObject(member) || cJSON_IsArray(member))
        return (struct insights_value){ .kind = INSIGHTS_STRUCTURE, .tree = member };
    if (!cJSON_IsNumber(member) || !isfinite(member->valuedouble))
        return (struct insights_value){ 0 };
    CLEANUP(freep) char *text = json_print(member);
    return insights_text(arena_copy(arena, text_from(text)));
}

/* The tree, all of it in the arena. */
static cJSON *copy_tree(const cJSON *tree, struct arena *arena)
{
    cJSON *copy = arena_alloc(arena, sizeof(*copy));
    const cJSON *member;
    copy->type = tree->type;
    copy->valueint = tree->valueint;
    copy->valuedouble = tree->valuedouble;
    if (tree->string)
        copy->string = arena_copy(arena, text_from(tree->string));
    if (tree->valuestring)
        copy->valuestring = arena_copy(arena, text_from(tree->valuestring));
    cJSON_ArrayForEach(member, tree)
    {
        cJSON *item = copy_tree(member, arena);
        if (copy->child) { /* the first one's prev is the last, as cJSON has it */
            item->prev = copy->child->prev;
            item->prev->next = item;
        } else {
            copy->child = item;
        }
        copy->child->prev = item;
    }
    return copy;
}

struct insights_value insights_structure_of(const cJSON *tree, struct arena *arena)
{
    return insights_member(copy_tree(tree, arena), arena);
}

struct insights_value insights_structure(const char *text, struct arena *arena)
{
    const char *first = text + strspn(text, " \t\r\n");
    CLEANUP(json_deletep)
    cJSON *tree = *first == '{' || *first == '[' ? json_parse_mended(text_from(text)) : NULL;
    return tree ? insights_structure_of(tree, arena) : (struct insights_value){ 0 };
}

struct insights_value insights_scalar(struct insights_value value)
{
    static const struct insights_value none;
    return value.kind == INSIGHTS_STRUCTURE ? none : value;
}

/* What is missing, and what is so to all that wants one value. */
static bool is_nothing(const struct insights_value *value)
{
    return value->kind != INSIGHTS_TEXT && value->kind != INSIGHTS_NUMBER &&
           value->kind != INSIGHTS_TIME;
}

bool insights_to_number(const struct insights_value *value, double *number_out)
{
    if (value->kind == INSIGHTS_TEXT)
        return text_to_double(text_from(value->text), number_out) && isfinite(*number_out);
    *number_out = value->number;
    return value->kind == INSIGHTS_NUMBER || value->kind == INSIGHTS_TIME;
}

bool insights_is_true(const struct insights_value *value)
{
    if (value->kind == INSIGHTS_TEXT)
        return *value->text && strcmp(value->text, "0") != 0 && strcmp(value->text, "false") != 0;
    return !is_nothing(value) && value->number != 0;
}

static const char *print_structure(const cJSON *tree, struct arena *arena)
{
    CLEANUP(freep) char *text = json_print(tree);
    return arena_copy(arena, text_from(text));
}

/* At most four decimals, without zeros at the end. */
static const char *print_number(double number, struct arena *arena)
{
    char *text = arena_format(arena, "%.*f", DECIMALS, number);
    char *end = text + strlen(text) - 1;
    while (*end == '0')
        *end-- = '\0';
    if (*end == '.')
        *end = '\0';
    return strcmp(text, "-0") == 0 ? "0" : text;
}

/* 2025-10-20 10:05:07.250 */
static const char *print_time(double ms, struct arena *arena)
{
    char text[TIMESTAMP_SIZE];
    timestamp_print((int64_t)ms, TIMESTAMP_ISO_MS, text);
    return arena_format(arena, "%.10s %.12s", text, text + 11);
}

const char *insights_print(const struct insights_value *value, struct arena *arena)
{
    switch (value->kind) {
    case INSIGHTS_TEXT:
        return value->text;
    case INSIGHTS_NUMBER:
        return print_number(value->number, arena);
    case INSIGHTS_TIME:
        return print_time(value->number, arena);
    case INSIGHTS_STRUCTURE:
        return print_structure(value->tree, arena);
    default:
        return "";
    }
}

/* Runs of digits by their length, then as they are; all else by its bytes. */
static int compare_naturally(const char *a, const char *b)
{
    static const char digits[] = "0123456789";
    while (*a && *b) {
        size_t count = strspn(a, digits);
        size_t other_count = strspn(b, digits);
        if (count && other_count) {
            int order = memcmp(a, b, count < other_count ? count : other_count);
            if (count != other_count || order)
                return count != other_count ? (count > other_count) - (count < other_count) : order;
            a += count;
            b += count;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return (*a != '\0') - (*b != '\0');
}

int insights_compare(const struct insights_value *a, const struct insights_value *b)
{
    double first;
    double second;
    bool is_missing = is_nothing(a);
    bool is_other_missing = is_nothing(b);
    if (is_missing || is_other_missing)
        return is_other_missing - is_missing;
    bool is_number = insights_to_number(a, &first);
    bool is_other_number = insights_to_number(b, &second);
    if (is_number && is_other_number)
        return (first > second) - (first < second);
    if (is_number || is_other_number)
        return is_number ? 1 : -1;
    return compare_naturally(a->text, b->text);
}
