#include "scale.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "number.h"

enum { STEPS_MAX = 1000, DECIMALS_MAX = 6, MINUTE_MS = 60000 };

/* Values nearer to one another are drawn as equal: steps between them would be lost in rounding. */
static const double CLOSE = 1e-8;
static const int64_t DAY_MS = 86400000;

/* The smallest round number that is not below `rough`, which is above 0. */
static double round_step(double rough)
{
    static const double factors[] = { 1, 2, 2.5, 5, 10 };
    double power = pow(10, floor(log10(rough)));
    for (size_t i = 0; i < COUNT_OF(factors); i++) {
        if (factors[i] * power >= rough * (1 - 1e-9))
            return factors[i] * power;
    }
    return 10 * power;
}

static bool is_drawable(double low, double high)
{
    return isfinite(low) && isfinite(high) && low <= high && fabs(low) < 1e300 &&
           fabs(high) < 1e300;
}

struct scale scale_make(double low, double high, int wanted)
{
    if (!is_drawable(low, high))
        return scale_make(0, 1, wanted);
    double size = fmax(fabs(low), fabs(high));
    if (high - low <= size * CLOSE || high - low < 1e-300) {
        high += size > 1e-290 ? size / 10 : 1;
        low -= low == 0 ? 0 : size / 10;
    }
    double step = round_step((high - low) / (wanted > 0 ? wanted : 1));
    struct scale scale = { .min = floor(low / step + 1e-9) * step,
                           .max = ceil(high / step - 1e-9) * step,
                           .step = step };
    scale.count = (int)fmin(fmax(round((scale.max - scale.min) / step), 1), STEPS_MAX);
    return scale;
}

struct scale scale_fix(double min, double max, int wanted)
{
    if (!is_drawable(min, max) || !(min < max))
        return scale_make(min, max, wanted);
    struct scale scale = { .min = min, .max = max };
    scale.step = round_step((max - min) / (wanted > 0 ? wanted : 1));
    double first = ceil(min / scale.step - 1e-9);
    double last = floor(max / scale.step + 1e-9);
    scale.count = (int)fmin(fmax(last - first, 0), STEPS_MAX);
    return scale;
}

double scale_tick(const struct scale *scale, int at)
{
    return (ceil(scale->min / scale->step - 1e-9) + at) * scale->step;
}

static const struct {
    double size;
    const char *suffix;
} magnitudes[] = { { 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" }, { 1, "" } };

/* Cuts zeros behind the point, and the point. */
static void trim(char *text)
{
    if (!strchr(text, '.'))
        return;
    size_t size = strlen(text);
    while (text[size - 1] == '0')
        size--;
    text[text[size - 1] == '.' ? size - 1 : size] = '\0';
}

/* Decimals that a multiple of `step` needs. */
static int decimals_of(double step)
{
    int decimals = 0;
    while (decimals < DECIMALS_MAX && fabs(step - round(step)) > 1e-6 * fabs(step)) {
        step *= 10;
        decimals++;
    }
    return decimals;
}

const char *scale_print(double value, double step, char text_out[SCALE_TEXT_SIZE])
{
    double size = fabs(value);
    size_t at = 0;
    if (size >= 1e15 || (size > 0 && size < 1e-4 && step < 1e-4)) {
        snprintf(text_out, SCALE_TEXT_SIZE, "%.3g", value);
        return text_out;
    }
    /* 999.9996 is 1k when three digits do. */
    while (at + 1 < COUNT_OF(magnitudes) && size < magnitudes[at].size * (step > 0 ? 1 : 0.9995))
        at++;
    double part = value / magnitudes[at].size;
    int decimals = fabs(part) >= 99.95 ? 0 : fabs(part) >= 9.995 ? 1 : 2;
    if (step > 0)
        decimals = decimals_of(step / magnitudes[at].size);
    else if (fabs(part) < 1 && part != 0)
        decimals = 2 - (int)floor(log10(fabs(part)));
    char number[SCALE_TEXT_SIZE - 8];
    snprintf(number, sizeof(number), "%.*f", decimals, part);
    trim(number);
    snprintf(text_out, SCALE_TEXT_SIZE, "%s%s", strcmp(number, "-0") == 0 ? "0" : number,
             magnitudes[at].suffix);
    return text_out;
}

/* How many of the family's first unit one of this is, and what that first one is called. */
static const struct unit {
    const char *name;
    double factor;
    const char *symbol;
    bool is_time; /* counted in seconds, shown as µs, ms, s or min */
} units[] = {
    { "Seconds", 1, "s", true },
    { "Milliseconds", 1e-3, "s", true },
    { "Microseconds", 1e-6, "s", true },
    { "Bytes", 1, "B", false },
    { "Kilobytes", 1e3, "B", false },
    { "Megabytes", 1e6, "B", false },
    { "Gigabytes", 1e9, "B", false },
    { "Terabytes", 1e12, "B", false },
    { "Bits", 1, "bit", false },
    { "Kilobits", 1e3, "bit", false },
    { "Megabits", 1e6, "bit", false },
    { "Gigabits", 1e9, "bit", false },
    { "Terabits", 1e12, "bit", false },
    { "Percent", 1, "%", false },
    { "Bytes/Second", 1, "B/s", false },
    { "Kilobytes/Second", 1e3, "B/s", false },
    { "Megabytes/Second", 1e6, "B/s", false },
    { "Gigabytes/Second", 1e9, "B/s", false },
    { "Terabytes/Second", 1e12, "B/s", false },
    { "Bits/Second", 1, "bit/s", false },
    { "Kilobits/Second", 1e3, "bit/s", false },
    { "Megabits/Second", 1e6, "bit/s", false },
    { "Gigabits/Second", 1e9, "bit/s", false },
    { "Terabits/Second", 1e12, "bit/s", false },
    { "Count/Second", 1, "/s", false },
};

static const char *print_seconds(double seconds, char text_out[SCALE_TEXT_SIZE])
{
    double size = fabs(seconds);
    double factor = size >= 120 ? 1.0 / 60 : size >= 0.9995 || size == 0 ? 1 : 1e3;
    const char *symbol = size >= 120 ? "min" : factor == 1 ? "s" : "ms";
    if (size > 0 && size < 0.9995e-3) {
        factor = 1e6;
        symbol = "µs";
    }
    char number[SCALE_TEXT_SIZE];
    scale_print(seconds * factor, 0, number);
    snprintf(text_out, SCALE_TEXT_SIZE, "%.36s %s", number, symbol);
    return text_out;
}

const char *scale_print_unit(double value, const char *unit, char text_out[SCALE_TEXT_SIZE])
{
    for (size_t i = 0; unit && i < COUNT_OF(units); i++) {
        if (strcmp(units[i].name, unit) != 0)
            continue;
        if (units[i].is_time)
            return print_seconds(value * units[i].factor, text_out);
        scale_print(value * units[i].factor, 0, text_out);
        size_t size = strlen(text_out);
        bool has_magnitude = text_out[size - 1] > '9';
        bool is_percent = strcmp(units[i].symbol, "%") == 0;
        char magnitude = text_out[size - 1];
        if (has_magnitude)
            text_out[--size] = '\0';
        snprintf(text_out + size, SCALE_TEXT_SIZE - size, "%s%.*s%s", is_percent ? "" : " ",
                 has_magnitude, &magnitude, units[i].symbol);
        return text_out;
    }
    return scale_print(value, 0, text_out);
}

int64_t scale_time_step(int64_t span_ms, int most)
{
    static const int64_t seconds[] = { 1,       2,       5,       10,       15,      30,     60,
                                       120,     300,     600,     900,      1800,    3600,   7200,
                                       10800,   21600,   43200,   86400,    172800,  345600, 604800,
                                       1209600, 2592000, 7776000, 15552000, 31536000 };
    for (size_t i = 0; i < COUNT_OF(seconds); i++) {
        if (span_ms / (seconds[i] * 1000) <= most)
            return seconds[i] * 1000;
    }
    return (span_ms / (most > 0 ? most : 1) / DAY_MS + 1) * DAY_MS;
}

int64_t scale_time_first(int64_t from_ms, int64_t step_ms, int zone_minutes)
{
    int64_t local_ms = from_ms + (int64_t)zone_minutes * MINUTE_MS;
    int64_t rest_ms = local_ms - number_floor(local_ms, step_ms);
    return rest_ms ? from_ms + step_ms - rest_ms : from_ms;
}

const char *scale_print_time(int64_t ms, int64_t step_ms, int zone_minutes,
                             char text_out[SCALE_TEXT_SIZE])
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t local_s = (time_t)(ms / 1000 + (int64_t)zone_minutes * 60);
    struct tm parts = { 0 };
    gmtime_r(&local_s, &parts);
    bool is_midnight = parts.tm_hour == 0 && parts.tm_min == 0 && parts.tm_sec == 0;
    if (step_ms >= DAY_MS || is_midnight)
        snprintf(text_out, SCALE_TEXT_SIZE, "%s %d", months[parts.tm_mon], parts.tm_mday);
    else if (step_ms < MINUTE_MS)
        snprintf(text_out, SCALE_TEXT_SIZE, "%02d:%02d:%02d", parts.tm_hour, parts.tm_min,
                 parts.tm_sec);
    else
        snprintf(text_out, SCALE_TEXT_SIZE, "%02d:%02d", parts.tm_hour, parts.tm_min);
    return text_out;
}
