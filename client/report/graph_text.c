#include "report/graph_text.h"

#include <math.h>
#include <stdlib.h>

#include "scale.h"
#include "xalloc.h"

enum {
    WIDTH_MIN = 20,
    HEIGHT_MIN = 2,
    DOTS_X = 2,
    DOTS_Y = 4,
    ROWS_PER_TICK = 3,
    TIME_WANTED = 12
};

/* A grid of cells; each has eight dots, and the colour of the series that set one last. */
struct grid {
    const struct graph_text *graph;
    int columns;
    int rows;
    int label_width;
    struct scale scale;
    unsigned char *dots;
    size_t *colours;
    bool *has_threshold; /* by row */
};

static int dots_wide(const struct grid *grid)
{
    return grid->columns * DOTS_X;
}

static int dots_high(const struct grid *grid)
{
    return grid->rows * DOTS_Y;
}

static void set_dot(struct grid *grid, int x, int y, size_t colour)
{
    /* Braille numbers its dots down the left side, then the right; the last row came later. */
    static const unsigned char bits[DOTS_Y][DOTS_X] = {
        { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 }
    };
    if (x < 0 || y < 0 || x >= dots_wide(grid) || y >= dots_high(grid))
        return;
    size_t at = (size_t)(y / DOTS_Y) * (size_t)grid->columns + (size_t)(x / DOTS_X);
    grid->dots[at] |= bits[y % DOTS_Y][x % DOTS_X];
    grid->colours[at] = colour;
}

static double dot_x(const struct grid *grid, int64_t time_s)
{
    const struct graph_text *graph = grid->graph;
    double span = (double)(graph->end_ms - graph->start_ms);
    return ((double)time_s * 1000 - (double)graph->start_ms) / span * (dots_wide(grid) - 1);
}

static double dot_y(const struct grid *grid, double value)
{
    double part = (value - grid->scale.min) / (grid->scale.max - grid->scale.min);
    return (1 - part) * (dots_high(grid) - 1);
}

static void draw_line(struct grid *grid, double x1, double y1, double x2, double y2, size_t colour)
{
    double longest = fmax(fabs(x2 - x1), fabs(y2 - y1));
    int steps = (int)fmin(ceil(longest), 4.0 * (dots_wide(grid) + dots_high(grid)));
    for (int i = 0; i <= steps; i++) {
        double part = steps ? (double)i / steps : 0;
        set_dot(grid, (int)lround(x1 + (x2 - x1) * part), (int)lround(y1 + (y2 - y1) * part),
                colour);
    }
}

static void draw_series(struct grid *grid, const struct graph_series *series)
{
    for (size_t i = 0; i < series->count; i++) {
        double x = dot_x(grid, series->times_s[i]);
        double y = dot_y(grid, series->values[i]);
        bool is_joined = i > 0 && (series->period_s == 0 ||
                                   series->times_s[i] - series->times_s[i - 1] <= series->period_s);
        if (is_joined)
            draw_line(grid, dot_x(grid, series->times_s[i - 1]), dot_y(grid, series->values[i - 1]),
                      x, y, series->colour);
        else
            set_dot(grid, (int)lround(x), (int)lround(y), series->colour);
    }
}

static struct scale find_scale(const struct graph_text *graph, const struct graph_series *series,
                               size_t count, int rows)
{
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < series[i].count; n++) {
            low = fmin(low, series[i].values[n]);
            high = fmax(high, series[i].values[n]);
        }
    }
    for (size_t i = 0; i < graph->threshold_count; i++) {
        low = fmin(low, graph->thresholds[i]);
        high = fmax(high, graph->thresholds[i]);
    }
    if (low > 0 && (low == high || high >= 2 * low))
        low = 0;
    return scale_make(low, high, rows / ROWS_PER_TICK > 0 ? rows / ROWS_PER_TICK : 1);
}

/* The number that stands beside a row: of the tick that falls into it. */
static bool tick_of_row(const struct grid *grid, int row, double *value_out)
{
    for (int i = 0; i <= grid->scale.count; i++) {
        double value = scale_tick(&grid->scale, i);
        if ((int)lround(dot_y(grid, value)) / DOTS_Y == row) {
            *value_out = value;
            return true;
        }
    }
    return false;
}

static int widest_tick(const struct scale *scale)
{
    int widest = 1;
    for (int i = 0; i <= scale->count; i++) {
        char text[SCALE_TEXT_SIZE];
        int size = (int)strlen(scale_print(scale_tick(scale, i), scale->step, text));
        widest = size > widest ? size : widest;
    }
    return widest;
}

static void print_colour(const struct graph_text *graph, size_t colour, struct buffer *buffer)
{
    static const int codes[] = { 34, 33, 32, 31, 35, 36 };
    if (graph->is_coloured)
        buffer_add_format(buffer, "\x1b[%dm", codes[colour % COUNT_OF(codes)]);
}

static void print_plain(const struct graph_text *graph, struct buffer *buffer)
{
    if (graph->is_coloured)
        buffer_add_string(buffer, "\x1b[0m");
}

/* Colours change between cells only where they must: `*colour` is the one that is on, -1 none. */
static void change_colour(const struct grid *grid, int wanted, int *colour, struct buffer *buffer)
{
    if (wanted == *colour)
        return;
    if (wanted < 0)
        print_plain(grid->graph, buffer);
    else
        print_colour(grid->graph, (size_t)wanted, buffer);
    *colour = wanted;
}

static void print_cell(const struct grid *grid, size_t at, bool has_threshold, int *colour,
                       struct buffer *buffer)
{
    const struct graph_text *graph = grid->graph;
    unsigned char dots = grid->dots[at];
    change_colour(grid, dots ? (int)grid->colours[at] : -1, colour, buffer);
    if (!dots) {
        buffer_add_string(buffer, !has_threshold ? " " : graph->is_ascii ? "-" : "╌");
    } else if (graph->is_ascii) {
        buffer_add_char(buffer, '*');
    } else {
        /* U+2800 and the dots, as UTF-8. */
        const unsigned char bytes[] = { 0xE2, (unsigned char)(0xA0 | dots >> 6),
                                        (unsigned char)(0x80 | (dots & 0x3F)) };
        buffer_add(buffer, bytes, sizeof(bytes));
    }
}

static void print_row(const struct grid *grid, int row, struct buffer *buffer)
{
    char text[SCALE_TEXT_SIZE] = "";
    double value;
    bool has_tick = tick_of_row(grid, row, &value);
    if (has_tick)
        scale_print(value, grid->scale.step, text);
    const char *axis = grid->graph->is_ascii ? "|" : has_tick ? "┤" : "│";
    buffer_add_format(buffer, "%*s %s", grid->label_width, text, axis);
    int colour = -1;
    for (int column = 0; column < grid->columns; column++)
        print_cell(grid, (size_t)row * (size_t)grid->columns + (size_t)column,
                   grid->has_threshold[row], &colour, buffer);
    change_colour(grid, -1, &colour, buffer);
    while (buffer->size && buffer->data[buffer->size - 1] == ' ')
        buffer->size--;
    buffer_add_char(buffer, '\n');
}

static void print_foot(const struct grid *grid, struct buffer *buffer)
{
    buffer_add_format(buffer, "%*s %s", grid->label_width, "", grid->graph->is_ascii ? "+" : "└");
    for (int i = 0; i < grid->columns; i++)
        buffer_add_string(buffer, grid->graph->is_ascii ? "-" : "─");
    buffer_add_char(buffer, '\n');
}

/* Times below the axis, each beginning where its moment is; those that would touch are left out. */
static void print_times(const struct grid *grid, struct buffer *buffer)
{
    const struct graph_text *graph = grid->graph;
    int most = grid->columns / TIME_WANTED > 0 ? grid->columns / TIME_WANTED : 1;
    int64_t step_ms = scale_time_step(graph->end_ms - graph->start_ms, most);
    int64_t ms = scale_time_first(graph->start_ms, step_ms, graph->zone_minutes);
    int at = 0;
    buffer_add_format(buffer, "%*s", grid->label_width + 2, "");
    for (; ms <= graph->end_ms; ms += step_ms) {
        char text[SCALE_TEXT_SIZE];
        int column = (int)(dot_x(grid, ms / 1000) / DOTS_X);
        int size = (int)strlen(scale_print_time(ms, step_ms, graph->zone_minutes, text));
        if (column < at || column + size > grid->columns)
            continue;
        buffer_add_format(buffer, "%*s%s", column - at, "", text);
        at = column + size + 1;
        buffer_add_char(buffer, ' ');
    }
    while (buffer->size && buffer->data[buffer->size - 1] == ' ')
        buffer->size--;
    buffer_add_char(buffer, '\n');
}

static void print_name(const struct graph_text *graph, const struct graph_series *series,
                       struct buffer *buffer)
{
    double low = INFINITY;
    double high = -INFINITY;
    char texts[3][SCALE_TEXT_SIZE];
    for (size_t i = 0; i < series->count; i++) {
        low = fmin(low, series->values[i]);
        high = fmax(high, series->values[i]);
    }
    print_colour(graph, series->colour, buffer);
    buffer_add_string(buffer, graph->is_ascii ? "*" : "●");
    print_plain(graph, buffer);
    buffer_add_format(buffer, " %s: ", series->label);
    if (series->count)
        buffer_add_format(buffer, "last %s, min %s, max %s\n",
                          scale_print(series->values[series->count - 1], 0, texts[0]),
                          scale_print(low, 0, texts[1]), scale_print(high, 0, texts[2]));
    else
        buffer_add_string(buffer, "no data\n");
}

static void mark_thresholds(struct grid *grid)
{
    for (size_t i = 0; i < grid->graph->threshold_count; i++) {
        int row = (int)lround(dot_y(grid, grid->graph->thresholds[i])) / DOTS_Y;
        if (row >= 0 && row < grid->rows)
            grid->has_threshold[row] = true;
    }
}

static bool has_data(const struct graph_series *series, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (series[i].count)
            return true;
    }
    return false;
}

static void grid_clear(struct grid *grid)
{
    free(grid->dots);
    free(grid->colours);
    free(grid->has_threshold);
}

static void print_plot(const struct graph_text *graph, const struct graph_series *series,
                       size_t count, struct buffer *buffer)
{
    CLEANUP(grid_clear)
    struct grid grid = { .graph = graph,
                         .rows = graph->height > HEIGHT_MIN ? graph->height : HEIGHT_MIN };
    grid.scale = find_scale(graph, series, count, grid.rows);
    grid.label_width = widest_tick(&grid.scale);
    int width = graph->width > WIDTH_MIN ? graph->width : WIDTH_MIN;
    grid.columns = width - grid.label_width - 2;
    size_t cells = (size_t)grid.columns * (size_t)grid.rows;
    grid.dots = xcalloc(cells, 1);
    grid.colours = xcalloc(cells, sizeof(*grid.colours));
    grid.has_threshold = xcalloc((size_t)grid.rows, sizeof(bool));
    mark_thresholds(&grid);
    for (size_t i = 0; i < count; i++)
        draw_series(&grid, &series[i]);
    for (int row = 0; row < grid.rows; row++)
        print_row(&grid, row, buffer);
    print_foot(&grid, buffer);
    print_times(&grid, buffer);
}

void graph_text_print(const struct graph_text *graph, const struct graph_series *series,
                      size_t count, struct buffer *buffer)
{
    if (has_data(series, count))
        print_plot(graph, series, count, buffer);
    for (size_t i = 0; i < count; i++)
        print_name(graph, &series[i], buffer);
}
