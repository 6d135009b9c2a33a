/*
 * Hooks and notifications of a plan.
 */
#include <stdlib.h>

#include "plan/plan.h"
#include "xalloc.h"

#define HOOK_ROW(text, kind, member)                                                               \
    .name = (text), .type = (kind), .offset = offsetof(struct hook, member)

static const struct member_row hook_rows[] = {
    { HOOK_ROW("name", MEMBER_TEXT, name), .help = "how reports call it" },
    { HOOK_ROW("lambda", MEMBER_TEXT, lambda),
      .help = "a Lambda function, perhaps with :QUALIFIER, to be invoked" },
    { HOOK_ROW("command", MEMBER_TEXT, command), .help = "a command for the shell" },
    { HOOK_ROW("http", MEMBER_TEXT, url), .help = "a URL to be called; 2xx is good" },
    { HOOK_ROW("method", MEMBER_TEXT, method), .initial = "POST", .help = "of the HTTP call" },
    { .name = "payload",
      .type = MEMBER_CUSTOM,
      .schema = "{}",
      .may_be_null = true,
      .help = "what the function or the URL gets, instead of what is going on" },
    { HOOK_ROW("timeout", MEMBER_DURATION, timeout_ms), .initial = "60s", .low = 1, .high = 3600e3,
      .help = "how long it may take" },
    { HOOK_ROW("retries", MEMBER_INTEGER, retries), .initial = "0", .low = 0, .high = 10000,
      .help = "how often it is tried again when it fails, each time five seconds later" },
    { .name = NULL },
};

void hook_clear(struct hook *hook)
{
    members_clear(hook_rows, hook);
    free(hook->payload);
    *hook = (struct hook){ 0 };
}

bool hook_read(const cJSON *json, struct hook *hook_out, const char *path,
               struct member_faults *faults)
{
    *hook_out = (struct hook){ 0 };
    if (!members_read(hook_rows, json, hook_out, path, faults))
        return false;
    int given = (hook_out->lambda != NULL) + (hook_out->command != NULL) + (hook_out->url != NULL);
    if (given != 1)
        return member_fault(faults, path, "a hook is one of lambda, command and http");
    hook_out->kind = hook_out->lambda ? HOOK_LAMBDA : hook_out->command ? HOOK_COMMAND : HOOK_HTTP;
    const char *what = hook_out->lambda    ? hook_out->lambda
                       : hook_out->command ? hook_out->command
                                           : hook_out->url;
    if (!hook_out->name)
        hook_out->name = xstrdup(what);
    const cJSON *payload = cJSON_GetObjectItemCaseSensitive(json, "payload"); /* may be null */
    hook_out->payload = payload ? json_print(payload) : NULL;
    return true;
}

static bool read_list(const cJSON *json, struct hook **hooks_out, size_t *count_out,
                      const char *path, struct member_faults *faults)
{
    bool is_good = true;
    const cJSON *item;
    if (!cJSON_IsArray(json))
        return member_fault(faults, path, "must be a list of hooks, [...]");
    *hooks_out = xcalloc((size_t)cJSON_GetArraySize(json), sizeof(**hooks_out));
    cJSON_ArrayForEach(item, json)
    {
        CLEANUP(freep) char *here = xformat("%s[%zu]", path, *count_out);
        is_good &= hook_read(item, &(*hooks_out)[(*count_out)++], here, faults);
    }
    return is_good;
}

static const struct member_row whens[] = {
    [HOOK_BEFORE] = { .name = "before",
                      .type = MEMBER_CUSTOM,
                      .schema = "{}",
                      .help = "before the new version gets any traffic" },
    [HOOK_BETWEEN] = { .name = "between",
                       .type = MEMBER_CUSTOM,
                       .schema = "{}",
                       .help = "before each further change of the weight, and the promotion" },
    [HOOK_AFTER] = { .name = "after",
                     .type = MEMBER_CUSTOM,
                     .schema = "{}",
                     .help = "when the new version has all the traffic" },
    { .name = NULL },
};

bool hooks_read(const cJSON *json, struct plan *plan, struct member_faults *faults)
{
    char unused;
    if (!json)
        return true;
    bool is_good = members_read(whens, json, &unused, "hooks", faults);
    for (int when = 0; when < HOOK_WHENS; when++) {
        const cJSON *list = json_get(json, whens[when].name);
        CLEANUP(freep) char *path = member_path("hooks", whens[when].name);
        if (list)
            is_good &= read_list(list, &plan->hooks[when], &plan->hook_counts[when], path, faults);
    }
    return is_good;
}

#define NOTIFY_ROW(text, kind, member)                                                             \
    .name = (text), .type = (kind), .offset = offsetof(struct notify, member)

static const struct member_row notify_rows[] = {
    { NOTIFY_ROW("command", MEMBER_TEXT, command),
      .help = "a command for the shell; it reads the event as JSON" },
    { NOTIFY_ROW("http", MEMBER_TEXT, url), .help = "a URL that gets the event as JSON (POST)" },
    { .name = NULL },
};

static bool read_notify(const cJSON *json, struct notify *notify_out, const char *path,
                        struct member_faults *faults)
{
    if (!members_read(notify_rows, json, notify_out, path, faults))
        return false;
    if ((notify_out->command != NULL) + (notify_out->url != NULL) != 1)
        return member_fault(faults, path, "a notification is one of command and http");
    return true;
}

bool notify_read(const cJSON *json, struct plan *plan, struct member_faults *faults)
{
    bool is_good = true;
    const cJSON *item;
    if (!json)
        return true;
    if (!cJSON_IsArray(json))
        return member_fault(faults, "notify", "must be a list, [...]");
    plan->notify = xcalloc((size_t)cJSON_GetArraySize(json), sizeof(*plan->notify));
    cJSON_ArrayForEach(item, json)
    {
        CLEANUP(freep) char *path = xformat("notify[%zu]", plan->notify_count);
        is_good &= read_notify(item, &plan->notify[plan->notify_count++], path, faults);
    }
    return is_good;
}

cJSON *hook_schema(void)
{
    static const char *const kinds[] = { "lambda", "command", "http", NULL };
    cJSON *schema = members_schema(hook_rows);
    members_schema_one_of(schema, kinds);
    return schema;
}

cJSON *notify_schema(void)
{
    static const char *const kinds[] = { "command", "http", NULL };
    cJSON *schema = members_schema(notify_rows);
    members_schema_one_of(schema, kinds);
    return schema;
}
