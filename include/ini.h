/*
 * AWS's config and credentials files: sections, keys, and one level of nested keys
 * (indented lines under a key without a value). As for the AWS CLI, keys may be in any case, and a
 * colon is as good as an equals sign. Implemented in emulator/base/ini.c.
 */
#ifndef COALMINE_INI_H
#define COALMINE_INI_H

#include "text.h"

struct ini;

/* Parses the text; quotes around a section's second word, [profile 'a b'], are no part of it. Never
 * fails (what is no line of such a file is left out). */
struct ini *ini_parse(struct text text);
/* Parses a file; an empty one if it cannot be read. */
struct ini *ini_read(const char *path);
void ini_destroy(struct ini *ini);

/* The value, borrowed; NULL if absent. The key is in lower case; a nested one is "parent.key". */
const char *ini_get(const struct ini *ini, const char *section, const char *key);

/* Also if it is empty. */
bool ini_has_section(const struct ini *ini, const char *section);

/* Calls `function` for each section once, in the file's order. */
void ini_each_section(const struct ini *ini, void (*function)(const char *section, void *owner),
                      void *owner);

#endif
