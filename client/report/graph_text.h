/*
 * A graph made of letters: lines of dots (Braille) with axes, as wide as is asked. Pure.
 */
#ifndef CANARY_GRAPH_TEXT_H
#define CANARY_GRAPH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct graph_series {
    const char *label;
    size_t count;
    const int64_t *times_s; /* ascending */
    const double *values;
    int64_t period_s; /* points further apart are not joined; 0: all are */
    size_t colour;    /* number of a colour */
};

struct graph_text {
    int width;  /* columns of the whole; 20 is the least */
    int height; /* rows of the plot alone; 2 are the least */
    int64_t start_ms;
    int64_t end_ms;
    int zone_minutes;
    bool is_coloured;
    bool is_ascii; /* the terminal knows no UTF-8 */
    const double *thresholds;
    size_t threshold_count;
};

/* Appends the plot of all series in one (if there is anything to plot), its times below it, and a
 * line per series that names it with its last, least and greatest value. */
void graph_text_print(const struct graph_text *graph, const struct graph_series *series,
                      size_t count, struct buffer *buffer);

#endif
