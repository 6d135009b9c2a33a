/*
 * What people and programs read. People: sentences and tables on stdout, a progress line on
 * stderr. Programs (--output json): one JSON document on stdout at the end, all else on stderr.
 */
#ifndef CANARY_OUTPUT_H
#define CANARY_OUTPUT_H

#include <stdbool.h>

#include "compiler.h"
#include "json.h"

/* Before anything is said. */
void output_start(bool is_json);
/* True if programs read. */
bool output_is_json(void);
/* Prints the document, if programs read. False with a complaint if what was said could not be
 * written (but to a reader that has left). */
MUST_CHECK bool output_end(void);

/* A sentence of its own line; on a terminal it is wrapped between words. */
void say(const char *format, ...) PRINTF_LIKE(1, 2);
/* Text that is not for wrapping. */
void say_plain(const char *text);
/* A row of a list: one line, on a terminal cut to its width. */
void say_cut(const char *line);
/* A failure, with the program's name before it, on stderr and as "error" in the document. */
void complain(const char *format, ...) PRINTF_LIKE(1, 2);

/* The progress line: redrawn in place on a terminal, a line now and then elsewhere. */
void progress(const char *format, ...) PRINTF_LIKE(1, 2);
/* Leaves the line as it stands; what follows begins a new one. */
void progress_end(void);

/* The document's root: facts for programs. */
cJSON *facts(void);

#endif
