/*
 * Log streams as the control plane keeps them; what events they have is the event store's.
 */
#ifndef COALMINE_LOGS_STREAM_H
#define COALMINE_LOGS_STREAM_H

#include <stdbool.h>

#include "arena.h"
#include "compiler.h"
#include "logs/group.h"
#include "store/store.h"

struct log_stream {
    int64_t id; /* random; never used again */
    int64_t group_id;
    const char *name;
    int64_t created_ms;
};

/* The stream's name lives in the arena. */
MUST_CHECK bool stream_find(struct store *store, int64_t group_id, const char *name,
                            struct arena *arena, struct log_stream *stream_out);
void stream_insert(struct store *store, const struct log_stream *stream);
void stream_delete(struct store *store, int64_t id);
bool stream_exists(struct store *store, int64_t group_id, int64_t id);
/* NULL if there is none (any more). */
const char *stream_name(struct store *store, int64_t id, struct arena *arena);

/* Streams of a group whose names have the prefix, in order of names or backwards, behind `after`
 * (NULL: all). At most `limit`, 0 for all; the list lives in the arena. */
struct stream_filter {
    int64_t group_id;
    const char *prefix;
    const char *after;
    bool is_descending;
    size_t limit;
};
struct log_stream *stream_list(struct store *store, const struct stream_filter *filter,
                               struct arena *arena, size_t *count_out);

#define STREAM_NAME_ROW                                                                            \
    {                                                                                              \
        .name = "logStreamName", .type = FIELD_STRING, .is_required = true,                        \
        .length = BETWEEN(1, 512), .too_long = NAME_TOO_LONG, .pattern = "[^:*]*"                  \
    }

#endif
