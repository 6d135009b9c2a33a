#include "logs/insights_record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/json_fragment.h"
#include "pattern.h"
#include "xalloc.h"

enum {
    BYTES_PER_MB = 1000 * 1000,
    OWN_BYTES = 1024, /* of a record without its message */
    TREE_FACTOR = 8,  /* by how much a tree is larger than its text */
    DEPTH_MAX = 32,   /* of members that are fields */
};

struct insights_record *insights_record_create(const struct insights_event *event)
{
    struct insights_record *record = xcalloc(1, sizeof(*record));
    struct arena *arena = &record->arena;
    record->timestamp_ms = event->timestamp_ms;
    record->message_bytes = event->message.size;
    insights_record_set(record, "@timestamp", insights_time((double)event->timestamp_ms));
    insights_record_set(record, "@ingestionTime", insights_time((double)event->ingestion_ms));
    insights_record_set(record, "@message", insights_text(arena_copy(arena, event->message)));
    insights_record_set(record, "@logStream",
                        insights_text(arena_copy(arena, text_from(event->log_stream))));
    insights_record_set(record, "@log", insights_text(arena_copy(arena, text_from(event->log))));
    insights_record_set(record, "@ptr",
                        insights_text(arena_copy(arena, text_from(event->pointer))));
    return record;
}

void insights_record_destroy(struct insights_record *record)
{
    if (!record)
        return;
    cJSON_Delete(record->tree);
    arena_clear(&record->arena);
    free(record->fields);
    free(record);
}

size_t insights_record_bytes(const struct insights_record *record)
{
    return OWN_BYTES + record->message_bytes * (record->tree ? TREE_FACTOR : 1);
}

void insights_record_set(struct insights_record *record, const char *name,
                         struct insights_value value)
{
    if (record->count == record->capacity) {
        record->capacity = record->capacity ? record->capacity * 2 : 8;
        record->fields = xrealloc(record->fields, record->capacity * sizeof(*record->fields));
    }
    record->fields[record->count++] = (struct insights_field){ name, value };
}

/* What the event came with. */
static const char *own_text(const struct insights_record *record, const char *name)
{
    for (size_t i = 0; i < record->count; i++) {
        if (strcmp(record->fields[i].name, name) == 0)
            return record->fields[i].value.text;
    }
    return "";
}

static const char *message_of(const struct insights_record *record)
{
    return own_text(record, "@message");
}

/* What Lambda's lines say of their invocation (lambda-api.md section 23.2). */
static const struct {
    const char *name;
    const char *pattern; /* its first group is the value */
    double factor;       /* 0: a text */
} discovered[] = {
    { "@requestId",
      "(?s)(?|.*?RequestId: ([0-9a-f-]{36}).*|"
      "(?:\\[[A-Z]+\\]\t)?[0-9-]{10}T[0-9:.]+Z\\s([0-9a-f-]{36})\\s.*)",
      0 },
    { "@type", "(?s)(INIT_START|START|END|REPORT)\\b.*", 0 },
    { "@duration", "(?s)REPORT .*?\tDuration: ([0-9.]+) ms.*", 1 },
    { "@billedDuration", "(?s)REPORT .*?\tBilled Duration: ([0-9.]+) ms.*", 1 },
    { "@memorySize", "(?s)REPORT .*?\tMemory Size: ([0-9]+) MB.*", BYTES_PER_MB },
    { "@maxMemoryUsed", "(?s)REPORT .*?\tMax Memory Used: ([0-9]+) MB.*", BYTES_PER_MB },
    { "@initDuration", "(?s)REPORT .*?\tInit Duration: ([0-9.]+) ms.*", 1 },
    { "@xrayTraceId", "(?s)REPORT .*?\\sXRAY TraceId: ([0-9a-f-]+).*", 0 },
    { "@xraySegmentId", "(?s)REPORT .*?\\sXRAY .*?\tSegmentId: ([0-9a-f]+).*", 0 },
};

static struct insights_value discover(struct insights_record *record, const char *name)
{
    struct text group;
    double number;
    for (size_t i = 0; i < COUNT_OF(discovered); i++) {
        if (strcmp(name, discovered[i].name) != 0)
            continue;
        if (!pattern_capture(discovered[i].pattern, text_from(message_of(record)), &group, 1))
            return (struct insights_value){ 0 };
        if (discovered[i].factor == 0)
            return insights_text(arena_copy(&record->arena, group));
        return text_to_double(group, &number) ? insights_number(number * discovered[i].factor)
                                              : (struct insights_value){ 0 };
    }
    return (struct insights_value){ 0 };
}

/* Of functions' lines the first JSON in them counts, behind time, request and level; of other
 * groups' a line that is JSON. */
static const cJSON *tree_of(struct insights_record *record)
{
    if (record->is_examined)
        return record->tree;
    const char *message = message_of(record);
    bool may_be_json = message[strspn(message, " \t")] == '{';
    bool is_of_function = strstr(own_text(record, "@log"), ":/aws/lambda/") != NULL;
    if (may_be_json)
        record->tree = json_parse_mended(text_from(message));
    if (!record->tree && is_of_function)
        record->tree = json_fragment_find(text_from(message));
    record->is_examined = true;
    return record->tree;
}

static const cJSON *find_member(const cJSON *value, const char *path);

static const cJSON *find_item(const cJSON *list, const char *path)
{
    struct text rest = text_from(path);
    int64_t index;
    if (!text_to_int64(text_cut(&rest, '.'), &index) || index < 0 || index > INT32_MAX)
        return NULL;
    const cJSON *item = cJSON_GetArrayItem(list, (int)index);
    return rest.data ? find_member(item, rest.data) : item;
}

/* "a.b.0": members by name, which may have dots in it, and items of lists by number. */
static const cJSON *find_member(const cJSON *value, const char *path)
{
    const cJSON *member;
    if (cJSON_IsArray(value))
        return find_item(value, path);
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(value, path);
    if (found)
        return found;
    cJSON_ArrayForEach(member, value)
    {
        size_t size = strlen(member->string);
        if (strncmp(path, member->string, size) == 0 && path[size] == '.' &&
            (found = find_member(member, path + size + 1)))
            return found;
    }
    return NULL;
}

/* A number stays a text, so that it is shown with all its digits. */
static struct insights_value value_of(const cJSON *member, struct arena *arena)
{
    if (cJSON_IsString(member))
        return insights_text(arena_copy(arena, text_from(member->valuestring)));
    if (cJSON_IsBool(member))
        return insights_boolean(cJSON_IsTrue(member));
    bool is_infinite = cJSON_IsNumber(member) && !isfinite(member->valuedouble);
    if (!member || cJSON_IsNull(member) || is_infinite)
        return (struct insights_value){ 0 };
    CLEANUP(freep) char *text = json_print(member);
    return insights_text(arena_copy(arena, text_from(text)));
}

struct insights_value insights_record_get(struct insights_record *record, const char *name)
{
    for (size_t i = record->count; i > 0; i--) {
        if (strcmp(record->fields[i - 1].name, name) == 0)
            return record->fields[i - 1].value;
    }
    if (*name == '@' && name[1] != '@')
        return discover(record, name);
    const char *member = name + (*name == '@'); /* "@x" of a message is called "@@x" */
    return value_of(find_member(tree_of(record), member), &record->arena);
}

struct visit {
    struct insights_record *record;
    void (*function)(const char *name, const struct insights_value *value, void *owner);
    void *owner;
    int leaves;
};

/* A container's leaves, each named by the way to it. */
static void visit_members(struct visit *visit, const cJSON *container, const char *path, int depth)
{
    const cJSON *member;
    int index = 0;
    cJSON_ArrayForEach(member, container)
    {
        struct arena *arena = &visit->record->arena;
        const char *last = member->string ? member->string : arena_format(arena, "%d", index);
        const char *name = *path          ? arena_format(arena, "%s.%s", path, last)
                           : *last == '@' ? arena_format(arena, "@%s", last)
                                          : last;
        index++;
        if (visit->leaves == INSIGHTS_FIELDS_MAX)
            return;
        if ((cJSON_IsObject(member) || cJSON_IsArray(member)) && depth < DEPTH_MAX) {
            visit_members(visit, member, name, depth + 1);
            continue;
        }
        struct insights_value value = value_of(member, arena);
        if (value.kind == INSIGHTS_MISSING)
            continue;
        visit->leaves++;
        visit->function(name, &value, visit->owner);
    }
}

void insights_record_each(struct insights_record *record,
                          void (*visit)(const char *name, const struct insights_value *value,
                                        void *owner),
                          void *owner)
{
    struct visit under_way = { .record = record, .function = visit, .owner = owner };
    for (size_t i = 0; i < record->count; i++)
        visit(record->fields[i].name, &record->fields[i].value, owner);
    for (size_t i = 0; i < COUNT_OF(discovered); i++) {
        struct insights_value value = discover(record, discovered[i].name);
        if (value.kind != INSIGHTS_MISSING)
            visit(discovered[i].name, &value, owner);
    }
    const cJSON *tree = tree_of(record);
    if (cJSON_IsObject(tree))
        visit_members(&under_way, tree, "", 0);
}
