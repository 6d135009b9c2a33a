/*
 * Regular expressions as AWS's models write them (anchored; \d and look-ahead included), on
 * PCRE2. Compiled once and kept. Implemented in emulator/base/pattern.c.
 */
#ifndef COALMINE_PATTERN_H
#define COALMINE_PATTERN_H

#include <stdbool.h>

#include "text.h"

/* True if the whole text matches. `pattern` is a string literal: it is the key of the cache. A
 * pattern that does not compile aborts: it is our own mistake. */
bool pattern_matches(const char *pattern, struct text text);

/* The same, giving the text of up to `count` capture groups (data NULL where one took no part). */
bool pattern_capture(const char *pattern, struct text text, struct text *groups_out, int count);

#endif
