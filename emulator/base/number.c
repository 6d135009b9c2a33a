#include "number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Below this a whole number has no digit to lose, and "%g" would not write an exponent. */
static const double WHOLE_MAX = 1e15;
static const double LEAST = 1e-4; /* "%g" writes an exponent below it */

/* The digits of `value`, at least `digits_min` of them, in front of `end`; two at a time, because
 * dividing is what costs. */
static char *digits_before(char *end, uint64_t value, int digits_min)
{
    char *most = end - digits_min;
    while (value >= 100) {
        uint64_t two = value % 100;
        value /= 100;
        *--end = (char)('0' + two % 10);
        *--end = (char)('0' + two / 10);
    }
    for (; value || end > most; value /= 10)
        *--end = (char)('0' + value % 10);
    return end;
}

/* Most numbers are whole or have a few decimals, and a datapoint has several: they are worth a path
 * of their own. What whole / 10^n gives is the double nearest to that decimal text, so a text of
 * at most six decimals that divides to the value reads back as the value. Answers where the text
 * begins that ends in front of `end`, NULL if the value is none of these. */
static char *decimal_before(char *end, double value)
{
    static const double scales[] = { 1, 10, 100, 1e3, 1e4, 1e5, 1e6 };
    enum { SCALES = sizeof(scales) / sizeof(scales[0]) };
    for (int decimals = 0; decimals < SCALES; decimals++) {
        double scaled = fabs(value) * scales[decimals];
        if (scaled >= WHOLE_MAX)
            return NULL;
        uint64_t digits = (uint64_t)(scaled + 0.5);
        if ((double)digits / scales[decimals] != fabs(value))
            continue;
        uint64_t scale = (uint64_t)scales[decimals];
        char *at = decimals ? digits_before(end, digits % scale, decimals) : end;
        if (decimals)
            *--at = '.';
        at = digits_before(at, decimals ? digits / scale : digits, 1);
        if (value < 0)
            *--at = '-';
        return at;
    }
    return NULL;
}

static void print_shortest(struct buffer *buffer, double value, bool is_real)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        double again;
        if (text_to_double(text_from(text), &again) && again == value)
            break;
    }
    buffer_add_string(buffer, text);
    if (is_real && !strpbrk(text, ".e"))
        buffer_add_string(buffer, ".0");
}

void number_print(struct buffer *buffer, double value, bool is_real)
{
    char text[40];
    char *end = text + sizeof(text) - 2;
    bool is_small = fabs(value) < LEAST && (value != 0 || signbit(value));
    char *at = is_small ? NULL : decimal_before(end, value);
    if (!at) {
        print_shortest(buffer, value, is_real);
        return;
    }
    if (is_real && value == floor(value)) {
        *end++ = '.';
        *end++ = '0';
    }
    buffer_add(buffer, at, (size_t)(end - at));
}

enum { DIGITS_MAX = 17, DIGITS_SIZE = 32 };

/* The shortest digits that read back as the value: "2.15e+01". */
static void find_digits(double value, char text_out[DIGITS_SIZE])
{
    for (int digits = 0; digits < DIGITS_MAX; digits++) {
        snprintf(text_out, DIGITS_SIZE, "%.*e", digits, value);
        if (strtod(text_out, NULL) == value)
            return;
    }
}

const char *number_java(double value, char text_out[NUMBER_JAVA_SIZE])
{
    char shortest[DIGITS_SIZE];
    if (!isfinite(value)) {
        snprintf(text_out, NUMBER_JAVA_SIZE, "%s", number_word(value));
        return text_out;
    }
    find_digits(value, shortest);
    char *mark = strchr(shortest, 'e');
    int exponent = (int)strtol(mark + 1, NULL, 10);
    const char *dot = strchr(shortest, '.');
    int decimals = dot ? (int)(mark - dot) - 1 : 0;
    if (value == 0 || (fabs(value) >= 1e-3 && fabs(value) < 1e7)) {
        int places = decimals - exponent;
        snprintf(text_out, NUMBER_JAVA_SIZE, "%.*f", places < 1 ? 1 : places, value);
    } else {
        *mark = '\0';
        snprintf(text_out, NUMBER_JAVA_SIZE, "%s%sE%d", shortest, dot ? "" : ".0", exponent);
    }
    return text_out;
}

/* Where the double product might round to another side than the decimals, printf() decides. */
void number_print_hundredths(struct buffer *buffer, double value)
{
    static const double exact_max = 1e9;
    static const double doubt = 1e-3;
    double scaled = value * 100;
    double whole = rint(scaled);
    if (!(value >= 0 && scaled < exact_max) || fabs(fabs(scaled - whole) - 0.5) < doubt) {
        buffer_add_format(buffer, "%.2f", value);
        return;
    }
    char text[16];
    char *end = text + sizeof(text);
    char *at = digits_before(end, (uint64_t)whole % 100, 2);
    *--at = '.';
    at = digits_before(at, (uint64_t)whole / 100, 1);
    buffer_add(buffer, at, (size_t)(end - at));
}

const char *number_word(double value)
{
    return isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
