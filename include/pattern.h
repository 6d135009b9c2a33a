/*
 * Regular expressions on PCRE2. Patterns are our own, as AWS's models write them (anchored; \d and
 * look-ahead included), compiled once and kept. A regex is one that a user wrote: it may be wrong,
 * and what one match costs is bounded. Implemented in emulator/base/pattern.c.
 */
#ifndef COALMINE_PATTERN_H
#define COALMINE_PATTERN_H

#include <stdbool.h>

#include "error.h"
#include "text.h"

/* True if the whole text matches. `pattern` is a string literal: it is the key of the cache. A
 * pattern that does not compile aborts: it is our own mistake. */
bool pattern_matches(const char *pattern, struct text text);

/* The same, giving the text of up to `count` capture groups (data NULL where one took no part). */
bool pattern_capture(const char *pattern, struct text text, struct text *groups_out, int count);

struct regex;

enum regex_option {
    REGEX_CASELESS = 1,
    REGEX_DOT_ALL = 2, /* a dot matches the end of a line too */
};

/* Compiles a user's expression and puts it in front of the list that owns it. NULL with PCRE2's
 * sentence in `error` (which may be NULL) if it is none. A regex is matched by one thread at a
 * time. */
MUST_CHECK struct regex *regex_compile(struct regex **list, struct text source, int options,
                                       struct error *error);

/* True if it matches anywhere in the text, giving up to `count` captures: the whole match, then the
 * groups (data NULL where one took no part). False too if a match would cost too much; how much
 * that is gets less with each match that did, and more again with each that did not. */
bool regex_match(const struct regex *regex, struct text text, struct text *captures_out, int count);

/* The text with each match replaced by the other text as it stands; one where a match would cost
 * too much is left. The caller owns it. NULL if it would be longer than `most` bytes. */
MUST_CHECK char *regex_replace(const struct regex *regex, struct text text, struct text other,
                               size_t most, size_t *size_out);

/* Calls for each named group: its name and number. */
void regex_each_name(const struct regex *regex,
                     void (*function)(const char *name, int number, void *owner), void *owner);

/* How many the list has; NULL is an empty one. */
size_t regexes_count(const struct regex *list);

/* Frees all of a list. */
void regexes_destroy(struct regex *list);

#endif
