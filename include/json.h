/*
 * Helpers on cJSON, the one tree of the project (docs/architecture.md, "One tree").
 * Getters borrow from the tree. Implemented in emulator/base/json.c and json_*.c beside it.
 */
#ifndef COALMINE_JSON_H
#define COALMINE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "buffer.h"
#include "compiler.h"
#include "text.h"

/* cJSON_String, cJSON_Number ... without cJSON's flags; cJSON_Invalid for NULL. */
static inline int json_kind(const cJSON *value)
{
    return value ? value->type & 0xFF : cJSON_Invalid;
}

/* The member by its exact name, NULL if absent, null, or `object` is NULL or no object. */
cJSON *json_get(const cJSON *object, const char *name);

/* The member's value if it has that type, else the fallback. */
const char *json_text(const cJSON *object, const char *name, const char *fallback);
double json_double(const cJSON *object, const char *name, double fallback);
int64_t json_int(const cJSON *object, const char *name, int64_t fallback);
bool json_bool(const cJSON *object, const char *name, bool fallback);

/* Adds a member; a NULL string adds nothing. */
void json_set_text(cJSON *object, const char *name, const char *value);
void json_set_double(cJSON *object, const char *name, double value);
void json_set_bool(cJSON *object, const char *name, bool value);
cJSON *json_set_object(cJSON *object, const char *name);
cJSON *json_set_array(cJSON *object, const char *name);
void json_set(cJSON *object, const char *name, cJSON *takes);
/* Adds a member, last, instead of one of that name. */
void json_replace(cJSON *object, const char *name, cJSON *takes);
/* Makes all texts in the tree, names of members too, well-formed UTF-8 (text_mend_utf8()). */
void json_mend_utf8(cJSON *tree);

/* Of members of one name only the last stays, as readers of JSON mostly have it. */
void json_keep_last(cJSON *object);

/* Long lists, made at a fraction of the cost: their nodes live in an arena, names and texts are
 * borrowed from where they live at least as long. json_lend_list() adds an empty list to a usual
 * object; only json_lend() adds to that, and to what it made: an item (`name` is NULL) or a member
 * of that type, whose value the caller sets. Nothing is freed node by node. */
cJSON *json_lend_list(cJSON *object, const char *name);
cJSON *json_lend(struct arena *arena, cJSON *container, const char *name, int type);
void json_lend_text(struct arena *arena, cJSON *container, const char *name, const char *value);
void json_lend_double(struct arena *arena, cJSON *container, const char *name, double value);

/* Compact text of the tree, owned by the caller; what is no finite number is null. */
char *json_print(const cJSON *tree);

/* Adds the string with its quotes. */
void json_print_string(struct buffer *buffer, const char *string);
/* Prints a string, a raw text, true, false or null; false if the value is none of these. */
bool json_print_plain(struct buffer *buffer, const cJSON *value);

/* Parses one whole JSON value that is well-formed UTF-8, nested at most 1000 deep. NULL on failure,
 * and for what a C string cannot hold though JSON allows it: an escaped NUL, an escaped half of a
 * surrogate pair. The caller owns the tree and ends it with cJSON_Delete(). */
MUST_CHECK cJSON *json_parse(struct text text);

/* As json_parse(), but where a text has what a C string cannot hold it gets U+FFFD. For what others
 * wrote and is only looked into, or shown. */
MUST_CHECK cJSON *json_parse_mended(struct text text);

/* For the start of a program that makes many trees: their blocks are kept for the next ones (up to
 * about half a megabyte per thread). Strings that cJSON allocates are freed with cJSON_free() alone
 * from then on. */
void json_keep_memory(void);

/* For CLEANUP(json_deletep). */
void json_deletep(cJSON **tree);

/* Why bytes are not JSON, in the words of the parser that AWS Lambda uses (Jackson). */
struct json_fault {
    char reason[400];
    int line;
    int column;
};

/* True if the bytes are one whole JSON value (RFC 8259), nested at most 1000 deep, without
 * building a tree. On false *fault_out tells why; lambda-api.md section 5.4 has the texts. */
MUST_CHECK bool json_check(struct text text, struct json_fault *fault_out);

#endif
