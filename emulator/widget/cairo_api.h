/*
 * The functions of cairo that canvas.c and the plots call: cairo is loaded with the first picture.
 */
#ifndef COALMINE_CAIRO_API_H
#define COALMINE_CAIRO_API_H

#include <cairo.h>
#include <stdbool.h>

#include "error.h"
#include "shared_library.h"

#define CAIRO_FUNCTIONS(X)                                                                         \
    X(cairo, arc)                                                                                  \
    X(cairo, arc_negative)                                                                         \
    X(cairo, clip)                                                                                 \
    X(cairo, close_path)                                                                           \
    X(cairo, create)                                                                               \
    X(cairo, destroy)                                                                              \
    X(cairo, fill)                                                                                 \
    X(cairo, fill_preserve)                                                                        \
    X(cairo, font_options_create)                                                                  \
    X(cairo, font_options_destroy)                                                                 \
    X(cairo, font_options_set_antialias)                                                           \
    X(cairo, font_options_set_hint_metrics)                                                        \
    X(cairo, font_options_set_hint_style)                                                          \
    X(cairo, get_target)                                                                           \
    X(cairo, image_surface_create)                                                                 \
    X(cairo, line_to)                                                                              \
    X(cairo, move_to)                                                                              \
    X(cairo, new_path)                                                                             \
    X(cairo, paint)                                                                                \
    X(cairo, rectangle)                                                                            \
    X(cairo, restore)                                                                              \
    X(cairo, save)                                                                                 \
    X(cairo, select_font_face)                                                                     \
    X(cairo, set_font_options)                                                                     \
    X(cairo, set_font_size)                                                                        \
    X(cairo, set_line_cap)                                                                         \
    X(cairo, set_line_join)                                                                        \
    X(cairo, set_line_width)                                                                       \
    X(cairo, set_source_rgba)                                                                      \
    X(cairo, show_text)                                                                            \
    X(cairo, status)                                                                               \
    X(cairo, status_to_string)                                                                     \
    X(cairo, stroke)                                                                               \
    X(cairo, surface_destroy)                                                                      \
    X(cairo, surface_write_to_png_stream)                                                          \
    X(cairo, text_extents)

struct cairo_api {
    CAIRO_FUNCTIONS(SHARED_LIBRARY_POINTER)
};

extern struct cairo_api cairo_api;

/* Before a picture's first call. */
MUST_CHECK bool cairo_api_load(struct error *error);

#endif
