/* canary graph: metrics as letters. */
#include "report/graph_text.h"
#include "support/suite.h"
#include "xalloc.h"

static const int64_t times_s[] = { 0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600 };
static const double rising[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

static struct graph_text graph_of(int width, int height)
{
    return (struct graph_text){ .width = width, .height = height, .end_ms = 600000 };
}

static struct graph_series series_of(size_t count)
{
    return (struct graph_series){
        .label = "up", .count = count, .times_s = times_s, .values = rising, .period_s = 60
    };
}

static char *print(const struct graph_text *graph, const struct graph_series *series, size_t count)
{
    struct buffer buffer = { 0 };
    size_t size;
    graph_text_print(graph, series, count, &buffer);
    return buffer_take(&buffer, &size);
}

START_TEST(a_rising_line_rises)
{
    struct graph_text graph = graph_of(24, 4);
    struct graph_series series = series_of(11);
    graph.is_ascii = true;
    char *text = print(&graph, &series, 1);
    ck_assert_str_eq(text, "10 |               *****\n"
                           "   |          *****\n"
                           "   |     ******\n"
                           " 0 |*****\n"
                           "   +--------------------\n"
                           "    Jan 1\n"
                           "* up: last 10, min 0, max 10\n");
    free(text);
}
END_TEST

START_TEST(dots_are_braille)
{
    struct graph_text graph = graph_of(24, 2);
    struct graph_series series = series_of(11);
    char *text = print(&graph, &series, 1);
    ck_assert_ptr_nonnull(strstr(text, "10 ┤"));
    ck_assert_ptr_nonnull(strstr(text, "\n 0 ┤\xE2\xA3\x80")); /* both lowest dots */
    ck_assert_ptr_nonnull(strstr(text, "● up: last 10"));
    ck_assert_ptr_null(strchr(text, '\x1b'));
    free(text);
}
END_TEST

/* Columns of a line: characters, without escape sequences. */
static int columns(const char *line)
{
    int count = 0;
    for (; *line && *line != '\n'; line++) {
        if (*line == '\x1b')
            line = strchr(line, 'm');
        else
            count += ((unsigned char)*line & 0xC0) != 0x80;
    }
    return count;
}

START_TEST(no_line_of_the_plot_is_wider_than_asked)
{
    for (int width = 20; width < 120; width += 7) {
        struct graph_text graph = graph_of(width, 5);
        struct graph_series series = series_of(11);
        graph.is_coloured = true;
        char *text = print(&graph, &series, 1);
        const char *line = text;
        for (int row = 0; row < 7; row++, line = strchr(line, '\n') + 1)
            ck_assert_int_le(columns(line), width);
        free(text);
    }
}
END_TEST

START_TEST(gaps_stay_gaps)
{
    static const int64_t apart_s[] = { 0, 600 };
    struct graph_text graph = graph_of(24, 2);
    struct graph_series series = series_of(2);
    graph.is_ascii = true;
    series.times_s = apart_s;
    char *text = print(&graph, &series, 1);
    int stars = 0;
    for (const char *at = text; *at && *at != '+'; at++)
        stars += *at == '*';
    ck_assert_int_eq(stars, 2);
    free(text);
}
END_TEST

START_TEST(colours_are_ended_and_tell_series_apart)
{
    struct graph_text graph = graph_of(40, 4);
    struct graph_series series[] = { series_of(11), series_of(6) };
    series[1].colour = 1;
    graph.is_coloured = true;
    char *text = print(&graph, series, 2);
    ck_assert_ptr_nonnull(strstr(text, "\x1b[34m"));
    ck_assert_ptr_nonnull(strstr(text, "\x1b[33m"));
    const char *last = strrchr(text, '\x1b');
    ck_assert_int_eq(strncmp(last, "\x1b[0m", 4), 0);
    free(text);
}
END_TEST

START_TEST(without_data_only_the_name_is_printed)
{
    struct graph_text graph = graph_of(40, 4);
    struct graph_series series = series_of(0);
    char *text = print(&graph, &series, 1);
    ck_assert_str_eq(text, "● up: no data\n");
    free(text);
}
END_TEST

START_TEST(thresholds_are_lines_behind_the_data)
{
    static const double five = 5;
    struct graph_text graph = graph_of(24, 4);
    struct graph_series series = series_of(2);
    graph.is_ascii = true;
    graph.thresholds = &five;
    graph.threshold_count = 1;
    char *text = print(&graph, &series, 1);
    ck_assert_ptr_nonnull(strstr(text, "5 |---------------------\n"));
    free(text);
}
END_TEST

START_TEST(the_axis_holds_thresholds_and_zero_where_it_is_near)
{
    static const double fifty = 50;
    static const double high[] = { 95, 97, 99 };
    static const double five[] = { 5, 5, 5 };
    static const struct {
        const double *values;
        size_t threshold_count;
        const char *top;
        const char *bottom;
    } rows[] = { { rising, 1, "\n50 |", "\n 0 |" },
                 { high, 0, "\n100 |", "\n 94 |" },
                 { five, 0, "\n  5 |", "\n  0 |" } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct graph_text graph = graph_of(40, 6);
        struct graph_series series = series_of(3);
        graph.is_ascii = true;
        graph.thresholds = &fifty;
        graph.threshold_count = rows[i].threshold_count;
        series.values = rows[i].values;
        CLEANUP(freep) char *text = print(&graph, &series, 1);
        CLEANUP(freep) char *framed = xformat("\n%s", text);
        ck_assert_msg(strstr(framed, rows[i].top) && strstr(framed, rows[i].bottom), "row %zu%s", i,
                      framed);
    }
}
END_TEST

START_TEST(what_lies_behind_the_end_is_not_drawn)
{
    static const int64_t later_s[] = { 615 }; /* a column behind the last */
    struct graph_text graph = graph_of(24, 4);
    struct graph_series series = series_of(1);
    graph.is_ascii = true;
    series.times_s = later_s;
    series.values = rising + 5;
    CLEANUP(freep) char *text = print(&graph, &series, 1);
    char *legend = strchr(text, '*');
    ck_assert_int_eq(strncmp(legend, "* up: last 5", strlen("* up: last 5")), 0);
}
END_TEST

SUITE("graph text", a_rising_line_rises, dots_are_braille, no_line_of_the_plot_is_wider_than_asked,
      gaps_stay_gaps, colours_are_ended_and_tell_series_apart,
      without_data_only_the_name_is_printed, thresholds_are_lines_behind_the_data,
      the_axis_holds_thresholds_and_zero_where_it_is_near, what_lies_behind_the_end_is_not_drawn)
