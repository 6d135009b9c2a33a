#include "widget/widget_draw.h"

#include <math.h>

#include "widget/canvas.h"
#include "widget/figures.h"
#include "widget/plot.h"

static void draw_title(struct canvas *canvas, const struct layout *layout)
{
    const struct lettering lettering = { LAYOUT_TITLE_SIZE, true, ALIGN_LEFT, canvas->theme->text };
    if (layout->title_text)
        canvas_text(canvas, layout->title.x, layout->title.y + LAYOUT_TITLE_SIZE,
                    layout->title_text, &lettering);
}

static void draw_legend(struct canvas *canvas, const struct layout *layout)
{
    const struct lettering lettering = { LAYOUT_TEXT_SIZE, false, ALIGN_LEFT, canvas->theme->text };
    for (size_t i = 0; i < layout->entry_count; i++) {
        const struct legend_entry *entry = &layout->entries[i];
        bool has_swatch = entry->colour >= 0;
        if (has_swatch)
            canvas_fill(canvas,
                        (struct box){ entry->x, entry->y - LAYOUT_SWATCH / 2.0, LAYOUT_SWATCH,
                                      LAYOUT_SWATCH },
                        entry->colour, 1);
        canvas_text(canvas, entry->x + (has_swatch ? LAYOUT_SWATCH + 5 : 0), entry->y + 4,
                    entry->text, &lettering);
    }
}

static void draw_body(struct canvas *canvas, const struct widget *widget, struct box box)
{
    const struct lettering lettering = { LAYOUT_TEXT_SIZE + 1, false, ALIGN_CENTRE,
                                         canvas->theme->muted };
    if (!box_is_usable(box))
        return;
    if (widget->view == WIDGET_TIME_SERIES) {
        plot_draw(canvas, widget, box);
        return;
    }
    if (widget->series_count == 0) {
        canvas_text(canvas, box.x + box.width / 2, box.y + box.height / 2, "No data available",
                    &lettering);
        return;
    }
    switch (widget->view) {
    case WIDGET_BAR:
        figures_draw_bars(canvas, widget, box);
        break;
    case WIDGET_PIE:
        figures_draw_pie(canvas, widget, box);
        break;
    case WIDGET_GAUGE:
        figures_draw_gauges(canvas, widget, box);
        break;
    default:
        figures_draw_values(canvas, widget, box);
        break;
    }
}

/* A pie's legend gives the numbers, too: slices may be too thin for them. They come first, so that
 * a long label does not push them out. */
static const char *const *legend_texts(const struct widget *widget, struct arena *arena)
{
    const char **texts = arena_alloc(arena, (widget->series_count + 1) * sizeof(*texts));
    for (size_t i = 0; i < widget->series_count; i++) {
        char number[SCALE_TEXT_SIZE];
        const struct widget_series *series = &widget->series[i];
        texts[i] = series->label;
        if (widget->view == WIDGET_PIE && series->count)
            texts[i] = arena_format(arena, "%s  %s",
                                    scale_print_unit(widget_value(series), series->unit, number),
                                    series->label);
    }
    return texts;
}

char *widget_draw(const struct widget *widget, size_t *size_out, struct error *error)
{
    CLEANUP(arena_clear) struct arena arena = { 0 };
    struct canvas canvas;
    if (!cairo_api_load(error))
        return NULL;
    canvas_start(&canvas, widget->width, widget->height, widget->is_dark, &arena);
    struct layout layout =
        layout_make(widget, legend_texts(widget, &arena), &canvas.measure, &arena);
    draw_title(&canvas, &layout);
    draw_body(&canvas, widget, layout.body);
    draw_legend(&canvas, &layout);
    if (widget->is_incomplete)
        canvas_warning(&canvas, widget->width - 22, widget->height - 6);
    const char *problem = NULL;
    char *png = canvas_end(&canvas, size_out, &problem);
    if (!png)
        error_set(error, NULL, "cannot draw the widget: %s", problem);
    return png;
}
