#include "edge/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Below this a whole number has no digit to lose, and "%g" would not write an exponent. */
static const double WHOLE_MAX = 1e15;

/* Most numbers are whole, and a datapoint has several: this is worth a path of its own. */
static void print_whole(struct buffer *buffer, double value)
{
    char text[24];
    char *at = text + sizeof(text);
    uint64_t rest = (uint64_t)fabs(value);
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    buffer_add(buffer, at, (size_t)(text + sizeof(text) - at));
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
    bool is_whole =
        value == floor(value) && fabs(value) < WHOLE_MAX && (value != 0 || !signbit(value));
    if (!is_whole) {
        print_shortest(buffer, value, is_real);
        return;
    }
    print_whole(buffer, value);
    if (is_real)
        buffer_add_string(buffer, ".0");
}
