#include "number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Below this a whole number has no digit to lose, and "%g" would not write an exponent. */
static const double WHOLE_MAX = 1e15;
static const double LEAST = 1e-4; /* "%g" writes an exponent below it */

/* The digits of `value`, at least `digits_min` of them, in front of `end`. */
static char *digits_before(char *end, uint64_t value, int digits_min)
{
    for (; value || digits_min > 0; digits_min--, value /= 10)
        *--end = (char)('0' + value % 10);
    return end;
}

/* Most numbers are whole or have a few decimals, and a datapoint has several: they are worth a path
 * of their own. What whole / 10^n gives is the double nearest to that decimal text, so a text of
 * at most six decimals that divides to the value reads back as the value. */
static bool print_decimal(struct buffer *buffer, double value)
{
    static const double scales[] = { 1, 10, 100, 1e3, 1e4, 1e5, 1e6 };
    enum { SCALES = sizeof(scales) / sizeof(scales[0]) };
    char text[32];
    char *end = text + sizeof(text);
    for (int decimals = 0; decimals < SCALES; decimals++) {
        double scaled = rint(fabs(value) * scales[decimals]);
        if (scaled >= WHOLE_MAX)
            return false;
        if (scaled / scales[decimals] != fabs(value))
            continue;
        uint64_t whole = (uint64_t)scaled;
        uint64_t scale = (uint64_t)scales[decimals];
        char *at = decimals ? digits_before(end, whole % scale, decimals) : end;
        if (decimals)
            *--at = '.';
        at = digits_before(at, whole / scale, 1);
        if (value < 0)
            *--at = '-';
        return buffer_add(buffer, at, (size_t)(end - at));
    }
    return false;
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
    bool is_small = fabs(value) < LEAST && (value != 0 || signbit(value));
    if (is_small || !print_decimal(buffer, value))
        print_shortest(buffer, value, is_real);
    else if (is_real && value == floor(value))
        buffer_add_string(buffer, ".0");
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
