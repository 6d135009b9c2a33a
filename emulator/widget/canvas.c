#include "widget/canvas.h"

#include <math.h>
#include <stdlib.h>

#include "buffer.h"
#include "xalloc.h"

/* fontconfig keeps what cairo asked it for, behind pointers that it stores as distances: to
 * LeakSanitizer, which looks for addresses, all of it is lost. Nobody else calls this. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}

static const char FONT[] = "DejaVu Sans";

static const struct theme light = { .background = 0xffffff,
                                    .text = 0x16191f,
                                    .muted = 0x5f6b7a,
                                    .axis = 0x8d99a8,
                                    .grid = 0xe9ebed,
                                    .threshold = 0xd13212,
                                    .warning = 0xff9900 };
static const struct theme dark = { .background = 0x0f1b2a,
                                   .text = 0xe9ebed,
                                   .muted = 0xaab7b8,
                                   .axis = 0x687078,
                                   .grid = 0x273646,
                                   .threshold = 0xff6b55,
                                   .warning = 0xff9900 };

static double measure_text(void *owner, const char *text, double size, bool is_bold)
{
    return canvas_text_width(owner, text, size, is_bold);
}

/* Letters sit on whole pixels: sharp, and the same on every machine with the same font. */
static void choose_rendering(cairo_t *cairo)
{
    cairo_font_options_t *options = cairo_api.font_options_create();
    cairo_api.font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_api.font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
    cairo_api.font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_ON);
    cairo_api.set_font_options(cairo, options);
    cairo_api.font_options_destroy(options);
}

void canvas_start(struct canvas *canvas, int width, int height, bool is_dark, struct arena *arena)
{
    cairo_surface_t *surface = cairo_api.image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
    *canvas = (struct canvas){ .cairo = cairo_api.create(surface),
                               .theme = is_dark ? &dark : &light,
                               .measure = { measure_text, canvas },
                               .arena = arena };
    cairo_api.surface_destroy(surface);
    choose_rendering(canvas->cairo);
    canvas_colour(canvas, canvas->theme->background, 1);
    cairo_api.paint(canvas->cairo);
    cairo_api.set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_api.set_line_cap(canvas->cairo, CAIRO_LINE_CAP_ROUND);
}

static cairo_status_t write_piece(void *owner, const unsigned char *bytes, unsigned int size)
{
    return buffer_add(owner, bytes, size) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

char *canvas_end(struct canvas *canvas, size_t *size_out, const char **problem_out)
{
    struct buffer buffer = { 0 };
    cairo_status_t status = cairo_api.status(canvas->cairo);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_api.surface_write_to_png_stream(cairo_api.get_target(canvas->cairo),
                                                       write_piece, &buffer);
    cairo_api.destroy(canvas->cairo);
    canvas->cairo = NULL;
    if (status == CAIRO_STATUS_SUCCESS)
        return buffer_take(&buffer, size_out);
    buffer_clear(&buffer);
    *problem_out = cairo_api.status_to_string(status);
    return NULL;
}

static void choose_font(struct canvas *canvas, double size, bool is_bold)
{
    cairo_api.select_font_face(canvas->cairo, FONT, CAIRO_FONT_SLANT_NORMAL,
                               is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_api.set_font_size(canvas->cairo, size);
}

/* U+FDD0 to U+FDEF, and the last two of each plane: bytes of it; 0: it is another character. */
static size_t noncharacter_size(const unsigned char *at)
{
    bool is_of_block = at[0] == 0xEF && at[1] == 0xB7 && at[2] >= 0x90 && at[2] <= 0xAF;
    bool is_last = at[0] == 0xEF && at[1] == 0xBF && at[2] >= 0xBE;
    bool is_last_of_plane =
        at[0] >= 0xF0 && (at[1] & 0x0F) == 0x0F && at[2] == 0xBF && at[3] >= 0xBE;
    return is_of_block || is_last ? 3 : is_last_of_plane ? 4 : 0;
}

/* Noncharacters may stand in a text, but cairo gives the whole picture up over one. The caller
 * frees it. */
static char *drawable(const char *text)
{
    struct buffer result = { 0 };
    while (*text) {
        size_t size = noncharacter_size((const unsigned char *)text);
        buffer_add(&result, size ? "\xEF\xBF\xBD" : text, size ? 3 : 1);
        text += size ? size : 1;
    }
    return buffer_take(&result, NULL);
}

static double width_of(struct canvas *canvas, const char *text, double size, bool is_bold)
{
    cairo_text_extents_t extents;
    choose_font(canvas, size, is_bold);
    cairo_api.text_extents(canvas->cairo, text, &extents);
    return extents.x_advance;
}

double canvas_text_width(struct canvas *canvas, const char *text, double size, bool is_bold)
{
    CLEANUP(freep) char *shown = drawable(text);
    return width_of(canvas, shown, size, is_bold);
}

void canvas_text(struct canvas *canvas, double x, double y, const char *text,
                 const struct lettering *lettering)
{
    CLEANUP(freep) char *shown = drawable(text);
    double width = width_of(canvas, shown, lettering->size, lettering->is_bold);
    if (lettering->align == ALIGN_CENTRE)
        x -= width / 2;
    if (lettering->align == ALIGN_RIGHT)
        x -= width;
    canvas_colour(canvas, lettering->colour, 1);
    cairo_api.move_to(canvas->cairo, round(x), round(y));
    cairo_api.show_text(canvas->cairo, shown);
    cairo_api.new_path(canvas->cairo);
}

void canvas_colour(struct canvas *canvas, int colour, double opacity)
{
    cairo_api.set_source_rgba(canvas->cairo, (colour >> 16 & 255) / 255.0,
                              (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0, opacity);
}

void canvas_fill(struct canvas *canvas, struct box box, int colour, double opacity)
{
    double left = round(box.x);
    double top = round(box.y);
    canvas_colour(canvas, colour, opacity);
    cairo_api.rectangle(canvas->cairo, left, top, round(box.x + box.width) - left,
                        round(box.y + box.height) - top);
    cairo_api.fill(canvas->cairo);
}

void canvas_rule(struct canvas *canvas, double x1, double y1, double x2, double y2, int colour,
                 double width)
{
    /* The middle of an odd line lies between two edges of pixels. */
    double shift = fmod(width, 2) == 1 ? 0.5 : 0;
    canvas_colour(canvas, colour, 1);
    cairo_api.set_line_width(canvas->cairo, width);
    cairo_api.set_line_cap(canvas->cairo, CAIRO_LINE_CAP_BUTT);
    cairo_api.move_to(canvas->cairo, round(x1 - shift) + shift, round(y1 - shift) + shift);
    cairo_api.line_to(canvas->cairo, round(x2 - shift) + shift, round(y2 - shift) + shift);
    cairo_api.stroke(canvas->cairo);
    cairo_api.set_line_cap(canvas->cairo, CAIRO_LINE_CAP_ROUND);
}

void canvas_note(struct canvas *canvas, struct box box, const char *text, int colour)
{
    const struct lettering lettering = { LAYOUT_TEXT_SIZE, false, ALIGN_CENTRE, colour };
    canvas_fill(canvas, box, canvas->theme->background, 0.85);
    canvas_text(canvas, box.x + box.width / 2, box.y + box.height - 4, text, &lettering);
}

void canvas_warning(struct canvas *canvas, double x, double y)
{
    const struct lettering lettering = { LAYOUT_TEXT_SIZE - 1, true, ALIGN_CENTRE, 0x16191f };
    canvas_colour(canvas, canvas->theme->warning, 1);
    cairo_api.move_to(canvas->cairo, x + 7, y - 12);
    cairo_api.line_to(canvas->cairo, x + 14, y);
    cairo_api.line_to(canvas->cairo, x, y);
    cairo_api.close_path(canvas->cairo);
    cairo_api.fill(canvas->cairo);
    canvas_text(canvas, x + 7, y - 1, "!", &lettering);
}
