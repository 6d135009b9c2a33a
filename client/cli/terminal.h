/*
 * Drawing on a terminal: a picture of lines that is redrawn in place, colours where they are
 * welcome, columns counted as terminals do.
 */
#ifndef CANARY_TERMINAL_H
#define CANARY_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "buffer.h"
#include "compiler.h"
#include "text.h"

struct terminal {
    FILE *stream;
    bool is_terminal;      /* it can be drawn on; else lines are added */
    bool has_colour;       /* and NO_COLOR is not set */
    bool is_utf8;          /* other than ASCII may be shown */
    size_t rows;           /* of the picture that stands */
    struct buffer picture; /* the one that stands, as given */
};

/* Looks at what the stream is, and at TERM, NO_COLOR and the locale's variables. */
void terminal_init(struct terminal *terminal, FILE *stream);

/* Draws lines where the last picture stood, cut to the terminal's width and height. Elsewhere the
 * lines are printed if they differ from the last picture's. */
void terminal_draw(struct terminal *terminal, struct text picture);

/* Lines that stay, tamed, above the picture, wrapped to the terminal's width. */
void terminal_say(struct terminal *terminal, const char *format, ...) PRINTF_LIKE(2, 3);

/* Leaves the picture as it stands; what follows begins below it. Frees. */
void terminal_leave(struct terminal *terminal);

enum terminal_style { STYLE_NORMAL, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BAD, STYLE_WARN };

/* The escape sequence of a style; "" where colour is not welcome. */
const char *terminal_style(const struct terminal *terminal, enum terminal_style style);

/* Takes out of a text of somebody else's, in place, what a terminal would obey: escape sequences
 * go, other control characters become '?', a carriage return a space. Line feeds and tabs stay. */
void text_tame(char *string);

/* How many columns a terminal gives to a line of UTF-8; escape sequences take none. */
size_t text_columns(struct text line);

/* Appends the text, its lines broken between words where they are longer than so many columns; what
 * goes on is indented by two more than its line. A word that is longer still stays whole. */
void text_wrap(struct buffer *buffer, struct text text, size_t columns);

/* Below that, wrapping helps nobody. */
enum { TERMINAL_WIDTH_MIN = 40 };

/* The columns of the terminal behind a descriptor; 0 if it is none, or has not told. */
size_t terminal_columns(int fd);

/* Appends the line, cut to so many columns ("..." or its one-column sign at the cut), or padded
 * with spaces to them. */
void text_fit(struct buffer *buffer, struct text line, size_t columns, bool is_utf8);

#endif
