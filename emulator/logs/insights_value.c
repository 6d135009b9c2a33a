#include "logs/insights_value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "timestamp.h"

enum { DECIMALS = 4 };

struct insights_value insights_text(const char *text)
{
    return (struct insights_value){ text ? INSIGHTS_TEXT : INSIGHTS_MISSING, text, 0 };
}

struct insights_value insights_number(double number)
{
    return (struct insights_value){ isfinite(number) ? INSIGHTS_NUMBER : INSIGHTS_MISSING, NULL,
                                    number };
}

struct insights_value insights_time(double ms)
{
    return (struct insights_value){ INSIGHTS_TIME, NULL, ms };
}

struct insights_value insights_boolean(bool truth)
{
    return insights_number(truth);
}

bool insights_to_number(const struct insights_value *value, double *number_out)
{
    if (value->kind == INSIGHTS_MISSING)
        return false;
    if (value->kind == INSIGHTS_TEXT)
        return text_to_double(text_from(value->text), number_out) && isfinite(*number_out);
    *number_out = value->number;
    return true;
}

bool insights_is_true(const struct insights_value *value)
{
    if (value->kind == INSIGHTS_TEXT)
        return *value->text && strcmp(value->text, "0") != 0 && strcmp(value->text, "false") != 0;
    return value->kind != INSIGHTS_MISSING && value->number != 0;
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
    bool is_missing = a->kind == INSIGHTS_MISSING;
    if (is_missing || b->kind == INSIGHTS_MISSING)
        return (b->kind == INSIGHTS_MISSING) - is_missing;
    bool is_number = insights_to_number(a, &first);
    bool is_other_number = insights_to_number(b, &second);
    if (is_number && is_other_number)
        return (first > second) - (first < second);
    if (is_number || is_other_number)
        return is_number ? 1 : -1;
    return compare_naturally(a->text, b->text);
}
