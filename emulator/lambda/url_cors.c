#include "lambda/url_cors.h"

#include <strings.h>

#include "buffer.h"

bool url_cors_is_preflight(const cJSON *cors, const struct url_cors_request *request)
{
    return cors && request->origin && request->requested_method &&
           text_equal(request->method, "OPTIONS");
}

static bool has_item(const cJSON *list, const char *wanted)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (strcasecmp(item->valuestring, wanted) == 0)
            return true;
    }
    return false;
}

/* "GET,POST"; NULL without a member. */
static const char *join(const cJSON *list, struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer joined = { 0 };
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
        buffer_add_format(&joined, "%s%s", joined.size ? "," : "", item->valuestring);
    return joined.size ? arena_copy(arena, buffer_text(&joined)) : NULL;
}

struct headers {
    void (*add)(void *owner, const char *name, const char *value);
    void *owner;
};

static void add_list(const struct headers *headers, const char *name, const char *value)
{
    if (value)
        headers->add(headers->owner, name, value);
}

void url_cors_headers(const cJSON *cors, const struct url_cors_request *request,
                      struct arena *arena,
                      void (*add)(void *owner, const char *name, const char *value), void *owner)
{
    struct headers headers = { add, owner };
    const cJSON *origins = json_get(cors, "AllowOrigins");
    bool is_open = has_item(origins, "*");
    bool with_credentials = json_bool(cors, "AllowCredentials", false);
    if (!request->origin || !(is_open || has_item(origins, request->origin)))
        return;
    /* A browser takes no "*" together with credentials. */
    bool names_origin = !is_open || with_credentials;
    add(owner, "Access-Control-Allow-Origin", names_origin ? request->origin : "*");
    if (names_origin)
        add(owner, "Vary", "Origin");
    if (with_credentials)
        add(owner, "Access-Control-Allow-Credentials", "true");
    if (!url_cors_is_preflight(cors, request)) {
        add_list(&headers, "Access-Control-Expose-Headers",
                 join(json_get(cors, "ExposeHeaders"), arena));
        return;
    }
    add_list(&headers, "Access-Control-Allow-Methods", join(json_get(cors, "AllowMethods"), arena));
    add_list(&headers, "Access-Control-Allow-Headers", join(json_get(cors, "AllowHeaders"), arena));
    if (json_get(cors, "MaxAge"))
        add(owner, "Access-Control-Max-Age",
            arena_format(arena, "%lld", (long long)json_int(cors, "MaxAge", 0)));
}
