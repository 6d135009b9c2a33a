/*
 * A plan as a file has it: JSON in which comments are allowed, and where in the file a path is.
 */
#ifndef CANARY_SOURCE_H
#define CANARY_SOURCE_H

#include "json.h"
#include "text.h"

/* The text with comments (from two slashes to the line's end, and C's) and a byte order mark made
 * blank, so that everything stays where it was. Comment marks inside strings stay. The caller owns
 * it. */
char *source_without_comments(struct text text);

/* Why it is no JSON, in words for those who write it by hand. The caller owns them. */
char *source_fault(struct text bare, const struct json_fault *fault);

/* The line, from 1, of the member or element at a path such as "steps[2].weight", in JSON without
 * comments; of the deepest part of it that is there. */
int source_line(struct text text, const char *path);

#endif
