/*
 * SEARCH expressions: which metrics they find (cloudwatch-api.md section 2.7). Pure.
 */
#ifndef COALMINE_SEARCH_H
#define COALMINE_SEARCH_H

#include <stdbool.h>

#include "arena.h"
#include "cloudwatch/metrics.h"
#include "compiler.h"
#include "text.h"

enum { SEARCH_MAX = 1024, SEARCH_DEPTH_MAX = 50, SEARCH_FOUND_MAX = 500 };

struct search;

/* `{Namespace, Dimension, ...} terms`, in the arena; borrows from `text`. NULL with a sentence in
 * *problem_out if it is none. */
MUST_CHECK struct search *search_parse(struct text text, struct arena *arena,
                                       const char **problem_out);

/* Does it find this metric? */
bool search_finds(const struct search *search, const struct metric *metric);

#endif
