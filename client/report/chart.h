/*
 * A drawing over time as inline SVG: axes, lines, bands, and the marks of what was decided. Its
 * colours are classes of the page's style sheet.
 */
#ifndef CANARY_CHART_H
#define CANARY_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "report/history.h"

enum chart_unit { UNIT_SHARE, UNIT_MS, UNIT_NUMBER };

struct chart {
    struct buffer *out;
    int64_t begin_ms;
    int64_t end_ms;
    double greatest; /* the value at the top */
    double least;    /* the value at the bottom; above 0 the scale is logarithmic */
    int height;      /* of the plot */
    enum chart_unit unit;
};

struct chart_point {
    int64_t time_ms;
    double value;
    double low; /* of its interval */
    double high;
    bool begins; /* no line leads here from the point before */
};

/* What is drawn. The scale ends at round numbers that hold `least` and `greatest`; both 0: it has
 * no values (alarms). Above 0, `least` makes it logarithmic, for values of which some are many
 * times greater than others. */
struct chart_frame {
    const char *label; /* what it shows, for those who cannot see it */
    double least;
    double greatest;
    int height; /* of the plot */
    enum chart_unit unit;
};

/* Begins a drawing of the history's time in `out`, which must live until chart_end(). */
void chart_begin(struct chart *chart, const struct history *history,
                 const struct chart_frame *frame, struct buffer *out);

/* A line of class `style`; steps hold their value until the next point. */
void chart_line(const struct chart *chart, const struct chart_point *points, size_t count,
                const char *style, bool is_stepped);
/* The points' intervals. */
void chart_band(const struct chart *chart, const struct chart_point *points, size_t count,
                const char *style);
/* A bar in the row-th row from the top, with a tooltip. */
void chart_bar(const struct chart *chart, size_t row, int64_t from_ms, int64_t to_ms,
               const char *style, const char *text);

/* The vertical lines of the marked events, numbered, and the end. */
void chart_end(const struct chart *chart, const struct history *history);

enum { CHART_ROW_HEIGHT = 22 };

#endif
