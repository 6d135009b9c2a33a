/*
 * A MetricWidget (cloudwatch-api.md section 5.3) as it will be drawn: the request's JSON, read and
 * judged, and the data that was found for it.
 *
 *   widget_read() -> queries -> whoever has metrics fills `series` -> widget_draw()
 */
#ifndef COALMINE_WIDGET_H
#define COALMINE_WIDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "error.h"
#include "json.h"
#include "text.h"
#include "widget/shape.h"

enum {
    WIDGET_SIDE_MAX = 2000,  /* pixels */
    WIDGET_SERIES_MAX = 500, /* drawn at most; more are left out and counted */
    WIDGET_ANNOTATIONS_MAX = 100,
};

enum widget_view { WIDGET_TIME_SERIES, WIDGET_BAR, WIDGET_PIE, WIDGET_SINGLE_VALUE, WIDGET_GAUGE };
enum widget_legend { WIDGET_LEGEND_BOTTOM, WIDGET_LEGEND_RIGHT, WIDGET_LEGEND_HIDDEN };
enum widget_fill { WIDGET_FILL_NONE, WIDGET_FILL_BEFORE, WIDGET_FILL_AFTER, WIDGET_FILL_BETWEEN };

struct widget_axis {
    const char *label; /* NULL: none */
    double min;        /* NAN: not given */
    double max;        /* likewise */
    bool hides_units;
};

/* A threshold, a moment, or a band between two of them. */
struct widget_annotation {
    double value;          /* horizontal: of the axis; vertical: milliseconds since 1970 */
    double end;            /* of a band; else NAN */
    const char *label;     /* NULL: none */
    const char *end_label; /* of a band's other end */
    int colour;            /* 0xRRGGBB; -1: the theme's */
    enum widget_fill fill; /* BEFORE is below, AFTER is above */
    bool is_right;         /* horizontal: belongs to the right axis */
};

/* How the series of one query are drawn. */
struct widget_style {
    int colour; /* 0xRRGGBB; -1: the next of the palette */
    bool is_right;
    bool has_made_id;       /* nobody chose its id: it is no label either */
    const char *expression; /* NULL: a metric */
};

struct widget_series {
    const char *label;
    const char *unit; /* one of CloudWatch's; NULL: not known */
    int colour;
    bool is_right;
    int64_t period_s;
    size_t count;
    const int64_t *times_s; /* ascending: starts of periods */
    const double *values;   /* finite */
};

struct widget {
    int width;
    int height;
    enum widget_view view;
    enum widget_legend legend;
    bool is_stacked;
    bool is_dark;
    bool is_live;       /* shows the last period before it is over */
    bool has_sparkline; /* single values: a line below each */
    const char *title;  /* NULL: none */
    int64_t start_ms;
    int64_t end_ms;
    int timezone_minutes; /* east of UTC */
    struct widget_axis left;
    struct widget_axis right;
    struct widget_annotation *horizontal;
    size_t horizontal_count;
    struct widget_annotation *vertical;
    size_t vertical_count;
    cJSON *queries;              /* MetricDataQueries; owned by whoever calls widget_clear() */
    struct widget_style *styles; /* of the queries */
    size_t query_count;
    struct widget_series *series; /* to be filled by the caller */
    size_t series_count;
    size_t hidden_count; /* series that were left out */
    bool is_incomplete;  /* some series could not be loaded whole: a warning is drawn */
};

struct widget_source {
    struct text json;
    int64_t now_ms;
    const char *region; /* the only one that widgets may name */
};

/* Reads a MetricWidget; all but the queries lives in the arena. False with a sentence (no fault)
 * that lists what is wrong. */
MUST_CHECK bool widget_read(const struct widget_source *source, struct arena *arena,
                            struct widget *widget_out, struct error *error);
void widget_clear(struct widget *widget);

/* A shape's check: an absolute time or one relative to now. */
void widget_check_time(struct shape_problems *problems, const cJSON *value, const char *path);

/* Judges the properties of a metric widget, as dashboards (`is_image` false) or images have
 * them. */
void widget_check(struct shape_problems *problems, const cJSON *properties, const char *path,
                  bool is_image);

/* "+0130": minutes east of UTC. */
MUST_CHECK bool widget_parse_zone(struct text text, int *minutes_out);

/* "#1f77b4", "#abc": 0xRRGGBB. */
MUST_CHECK bool widget_parse_colour(const char *text, int *colour_out);

/* Colour number `at` of the palette. */
int widget_palette(size_t at);

#endif
