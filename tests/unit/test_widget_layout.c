/* widget: where things stand, and the ranges of axes. */
#include <math.h>

#include "random.h"
#include "support/suite.h"
#include "widget/widget_draw.h"
#include "widget/widget_layout.h"
#include "widget/widget_values.h"

enum { LETTER = 6 };

/* Every letter is as wide as the next; so is an ellipsis of three bytes. */
static double six_each(void *owner, const char *text, double size, bool is_bold)
{
    (void)owner;
    (void)size;
    (void)is_bold;
    double count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count * LETTER;
}

static const struct measure measure = { six_each, NULL };

static const int64_t times_s[] = { 0, 60, 120, 300 };
static const double ones[] = { 1, 2, 3, 4 };

static struct widget widget_of(struct widget_series *series, size_t count)
{
    return (struct widget){ .width = 600,
                            .height = 400,
                            .end_ms = 600000,
                            .left = { .min = NAN, .max = NAN },
                            .right = { .min = NAN, .max = NAN },
                            .series = series,
                            .series_count = count };
}

static struct layout lay_out(struct widget *widget, size_t count, const char *text,
                             struct arena *arena)
{
    const char **texts = arena_alloc(arena, (count + 1) * sizeof(*texts));
    widget->series = arena_alloc(arena, (count + 1) * sizeof(*widget->series));
    widget->series_count = count;
    for (size_t i = 0; i < count; i++)
        texts[i] = text;
    return layout_make(widget, texts, &measure, arena);
}

START_TEST(nothing_overlaps_and_nothing_leaves_the_picture)
{
    struct random_stream stream = random_stream_for("layout");
    for (int i = 0; i < 3000; i++) {
        CLEANUP(arena_clear) struct arena arena = { 0 };
        struct widget widget = widget_of(NULL, 0);
        widget.width = 1 + (int)(random_unit(&stream) * 900);
        widget.height = 1 + (int)(random_unit(&stream) * 700);
        widget.title = i % 3 ? "A title that is rather long for a small picture" : NULL;
        widget.legend = (enum widget_legend)(i % 3);
        widget.hidden_count = (size_t)(i % 5) * 1000;
        struct layout layout =
            lay_out(&widget, (size_t)(i % 40), i % 2 ? "short" : "a label of some length", &arena);
        const struct box picture = { 0, 0, widget.width, widget.height };
        ck_assert(!layout.legend.width || !box_overlaps(layout.legend, layout.body));
        ck_assert(!layout.title.width || !box_overlaps(layout.title, layout.body));
        ck_assert(layout.body.x + layout.body.width <= picture.width);
        ck_assert(layout.body.y + layout.body.height <= picture.height);
        for (size_t n = 0; n < layout.entry_count; n++) {
            const struct legend_entry *entry = &layout.entries[n];
            ck_assert(entry->y <= layout.legend.y + layout.legend.height);
            ck_assert(entry->x + six_each(NULL, entry->text, 0, false) <=
                      layout.legend.x + layout.legend.width + LETTER);
        }
    }
}
END_TEST

START_TEST(a_full_legend_says_how_many_are_missing)
{
    CLEANUP(arena_clear) struct arena arena = { 0 };
    struct widget widget = widget_of(NULL, 0);
    struct layout layout = lay_out(&widget, 200, "a label of some length", &arena);
    const struct legend_entry *last = &layout.entries[layout.entry_count - 1];
    char wanted[32];
    snprintf(wanted, sizeof(wanted), "+%zu more", 200 - (layout.entry_count - 1));
    ck_assert_str_eq(last->text, wanted);
    ck_assert_int_eq(last->colour, -1);
    ck_assert(layout.body.height > layout.legend.height);
}
END_TEST

static double by_bytes(void *owner, const char *text, double size, bool is_bold)
{
    (void)owner;
    (void)size;
    (void)is_bold;
    return (double)strlen(text);
}

START_TEST(texts_are_cut_between_characters)
{
    static const struct measure narrow = { by_bytes, NULL };
    CLEANUP(arena_clear) struct arena arena = { 0 };
    static const struct {
        const char *text;
        double width;
        const char *cut;
    } rows[] = {
        { "abcdef", 36, "abcdef" },  { "abcdef", 35, "abcd…" }, { "ääää", 20, "ää…" },
        { "abcdef", 12, "a…" },      { "abcdef", 5, "" },       { "", 5, "" },
        { "日本語文", 18, "日本…" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_str_eq(layout_fit(rows[i].text, rows[i].width, 11, false, &measure, &arena),
                         rows[i].cut);
    ck_assert_str_eq(layout_fit("日本語文", 10, 11, false, &narrow, &arena), "日本…");
}
END_TEST

START_TEST(cells_fill_their_box)
{
    const struct box box = { 10, 20, 600, 300 };
    for (size_t count = 1; count < 30; count++) {
        for (size_t at = 0; at < count; at++) {
            struct box cell = layout_cell(box, count, at, 2);
            ck_assert(cell.x >= box.x && cell.x + cell.width <= box.x + box.width + 1e-6);
            ck_assert(cell.y >= box.y && cell.y + cell.height <= box.y + box.height + 1e-6);
            for (size_t other = 0; other < at; other++) {
                struct box before = layout_cell(box, count, other, 2);
                before.width -= 1e-6;
                before.height -= 1e-6;
                ck_assert(!box_overlaps(cell, before));
            }
        }
    }
}
END_TEST

START_TEST(stacks_stand_on_what_is_below)
{
    CLEANUP(arena_clear) struct arena arena = { 0 };
    static const int64_t some_s[] = { 60, 300 };
    static const double tens[] = { 10, 20 };
    struct widget_series series[] = {
        { .count = 4, .times_s = times_s, .values = ones, .period_s = 60 },
        { .count = 2, .times_s = some_s, .values = tens, .period_s = 60 },
        { .count = 4, .times_s = times_s, .values = ones, .period_s = 60 },
        { .count = 4, .times_s = times_s, .values = ones, .period_s = 60, .is_right = true },
    };
    struct widget widget = widget_of(series, 4);
    ck_assert_ptr_null(widget_stack(&widget, &arena)[0]);
    widget.is_stacked = true;
    const double **bases = widget_stack(&widget, &arena);
    static const double third[] = { 1, 12, 3, 24 };
    for (int i = 0; i < 4; i++) {
        ck_assert(bases[0][i] == 0 && bases[3][i] == 0);
        ck_assert(bases[2][i] == third[i]);
    }
    ck_assert(bases[1][0] == 2 && bases[1][1] == 4);
    struct scale scale = widget_scale(&widget, bases, false, 4);
    ck_assert(scale.min == 0 && scale.max >= 28);
}
END_TEST

START_TEST(ranges_hold_thresholds_and_keep_zero_when_it_does_not_hurt)
{
    const double *none[] = { NULL };
    static const double near[] = { 95, 97, 99, 100 };
    struct widget_series series = { .count = 4, .times_s = times_s, .values = ones };
    struct widget widget = widget_of(&series, 1);
    ck_assert(widget_scale(&widget, none, false, 4).min == 0);
    series.values = near;
    ck_assert(widget_scale(&widget, none, false, 4).min >= 90);
    struct widget_annotation threshold = { .value = 400, .end = NAN };
    widget.horizontal = &threshold;
    widget.horizontal_count = 1;
    ck_assert(widget_scale(&widget, none, false, 4).max >= 400);
    widget.left.max = 50;
    ck_assert(widget_scale(&widget, none, false, 4).max == 50);
    widget.left.min = 60;
    widget.left.max = NAN;
    ck_assert(widget_scale(&widget, none, false, 4).min == 60);
    widget.left.min = 1000;
    struct scale scale = widget_scale(&widget, none, false, 4);
    ck_assert(scale.min == 1000 && scale.max > 1000);
}
END_TEST

START_TEST(gaps_are_longer_than_a_period)
{
    const struct widget_series series = { .count = 4, .times_s = times_s, .period_s = 60 };
    static const bool joined[] = { false, true, true, false };
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(widget_is_joined(&series, i), joined[i]);
}
END_TEST

START_TEST(an_axis_is_called_by_its_label_and_shared_unit)
{
    CLEANUP(arena_clear) struct arena arena = { 0 };
    struct widget_series series[] = { { .unit = "Bytes" }, { .unit = NULL }, { .unit = "Bytes" } };
    struct widget widget = widget_of(series, 3);
    ck_assert_str_eq(widget_axis_title(&widget, false, &arena), "Bytes");
    widget.left.label = "Memory";
    ck_assert_str_eq(widget_axis_title(&widget, false, &arena), "Memory (Bytes)");
    widget.left.hides_units = true;
    ck_assert_str_eq(widget_axis_title(&widget, false, &arena), "Memory");
    series[2].unit = "Count";
    widget.left = (struct widget_axis){ .min = NAN, .max = NAN };
    ck_assert_str_eq(widget_axis_title(&widget, false, &arena), "Various units");
    ck_assert_ptr_null(widget_axis_title(&widget, true, &arena));
}
END_TEST

/* Every view at every size, with values that are hard to draw: a PNG comes, nothing breaks. */
START_TEST(any_widget_can_be_drawn)
{
    static const double hard[] = { -1e300, 1e300, 0, 1e-300 };
    static const int sizes[] = { 1, 2, 9, 40, 130, 400 };
    struct widget_annotation one = {
        .value = 1e299, .end = -5, .colour = -1, .label = "l", .fill = WIDGET_FILL_BETWEEN
    };
    for (int i = 0; i < 5 * 6 * 6 * 3; i++) {
        struct widget_series series[] = {
            { .label = "hard", .count = 4, .times_s = times_s, .values = hard, .period_s = 60 },
            { .label = "ones", .count = 4, .times_s = times_s, .values = ones, .period_s = 60 },
            { .label = "", .period_s = 60, .is_right = true },
        };
        struct widget widget = widget_of(series, (size_t)(i % 3) + (i % 2));
        struct error error = { 0 };
        size_t size = 0;
        widget.view = (enum widget_view)(i % 5);
        widget.width = sizes[i / 5 % 6];
        widget.height = sizes[i / 30 % 6];
        widget.is_stacked = i % 2;
        widget.has_sparkline = true;
        widget.left.min = 0;
        widget.left.max = 10;
        widget.horizontal = widget.vertical = &one;
        widget.horizontal_count = widget.vertical_count = 1;
        char *png = widget_draw(&widget, &size, &error);
        ck_assert_msg(png && size > 60 && memcmp(png, "\x89PNG", 4) == 0, "%d: %s", i,
                      error.message);
        free(png);
    }
}
END_TEST

/* cairo takes none of them, and gave the picture up. */
START_TEST(a_noncharacter_in_a_text_costs_no_picture)
{
    static const char *const titles[] = { "a\xEF\xBF\xBF", "\xEF\xBF\xBEz",
                                          "\xEF\xB7\x90\xEF\xB7\xAF",
                                          "\xF0\x9F\xBF\xBE\xF4\x8F\xBF\xBF", "\xEF\xBF\xBD" };
    for (size_t i = 0; i < COUNT_OF(titles); i++) {
        struct widget widget = widget_of(NULL, 0);
        struct error error = { 0 };
        size_t size = 0;
        widget.title = titles[i];
        char *png = widget_draw(&widget, &size, &error);
        ck_assert_msg(png && size > 60, "%zu: %s", i, error.message);
        free(png);
    }
}
END_TEST

SUITE("widget layout", nothing_overlaps_and_nothing_leaves_the_picture,
      a_full_legend_says_how_many_are_missing, texts_are_cut_between_characters,
      cells_fill_their_box, stacks_stand_on_what_is_below,
      ranges_hold_thresholds_and_keep_zero_when_it_does_not_hurt, gaps_are_longer_than_a_period,
      an_axis_is_called_by_its_label_and_shared_unit, any_widget_can_be_drawn,
      a_noncharacter_in_a_text_costs_no_picture)
