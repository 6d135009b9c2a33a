/*
 * Dashboards as they are kept (cloudwatch-api.md section 5.1): global to an account.
 */
#ifndef COALMINE_DASHBOARD_H
#define COALMINE_DASHBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "store/store.h"

struct dashboard {
    const char *name;
    const char *body; /* JSON as it was given; NULL in lists */
    int64_t size;     /* bytes of the body */
    int64_t modified_ms;
    const char *tags; /* JSON object; NULL in lists */
};

/* What is read lives in the arena. False if there is none. */
MUST_CHECK bool dashboard_find(struct store *store, const char *account, const char *name,
                               struct arena *arena, struct dashboard *dashboard_out);

/* The first dashboard whose name comes after `after` (byte order) and begins with `prefix`. */
MUST_CHECK bool dashboard_next(struct store *store, const char *account, const char *prefix,
                               const char *after, struct arena *arena,
                               struct dashboard *dashboard_out);

/* Creates or replaces; without tags (NULL) those that are there stay. */
void dashboard_save(struct store *store, const char *account, const struct dashboard *dashboard);
void dashboard_set_tags(struct store *store, const char *account, const char *name,
                        const char *tags);
void dashboard_delete(struct store *store, const char *account, const char *name);

#endif
