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

struct insights_record *insights_record_branch(struct insights_record *origin)
{
    struct insights_record *record = xcalloc(1, sizeof(*record));
    record->timestamp_ms = origin->timestamp_ms;
    record->origin = origin;
    record->fields = xmalloc((origin->count + 1) * sizeof(*record->fields));
    memcpy(record->fields, origin->fields, origin->count * sizeof(*record->fields));
    record->count = origin->count;
    record->capacity = origin->count + 1;
    origin->shares++;
    return record;
}

void insights_record_destroy(struct insights_record *record)
{
    while (record && record->shares == 0) {
        struct insights_record *origin = record->origin;
        cJSON_Delete(record->tree);
        arena_clear(&record->arena);
        free(record->fields);
        free(record);
        record = origin;
    }
    if (record)
        record->shares--;
}

size_t insights_record_bytes(struct insights_record *record, uint64_t count)
{
    size_t bytes = 0;
    for (; record && record->counted != count; record = record->origin) {
        size_t factor = (record->tree ? TREE_FACTOR : 1) + record->structures * TREE_FACTOR;
        bytes += OWN_BYTES + record->message_bytes * factor;
        record->counted = count;
    }
    return bytes;
}

void insights_record_set(struct insights_record *record, const char *name,
                         struct insights_value value)
{
    if (record->count == record->capacity)
        record->fields = xgrow(record->fields, &record->capacity, 8, sizeof(*record->fields));
    record->fields[record->count++] = (struct insights_field){ name, value };
    record->structures += value.kind == INSIGHTS_STRUCTURE;
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
    while (record->origin)
        record = record->origin;
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

/* The structure among the fields that the name leads into: "a" of "a.b.0", of which the rest is
 * "b.0". NULL: none. */
static const cJSON *find_structure(const struct insights_record *record, const char *name,
                                   const char **rest_out)
{
    for (size_t i = record->count; i > 0; i--) {
        const struct insights_field *field = &record->fields[i - 1];
        if (field->value.kind != INSIGHTS_STRUCTURE)
            continue;
        size_t size = strlen(field->name);
        if (strncmp(name, field->name, size) == 0 && name[size] == '.') {
            *rest_out = name + size + 1;
            return field->value.tree;
        }
    }
    return NULL;
}

/* What is discovered in a message are leaves; what is asked for above them is their JSON. */
static struct insights_value text_of(struct insights_value value, struct arena *arena)
{
    return value.kind == INSIGHTS_STRUCTURE ? insights_text(insights_print(&value, arena)) : value;
}

struct insights_value insights_record_get(struct insights_record *record, const char *name)
{
    for (size_t i = record->count; i > 0; i--) {
        if (strcmp(record->fields[i - 1].name, name) == 0)
            return record->fields[i - 1].value;
    }
    const char *rest;
    const cJSON *structure = find_structure(record, name, &rest);
    if (structure)
        return insights_member(insights_find_member(structure, rest), &record->arena);
    if (*name == '@' && name[1] != '@')
        return discover(record, name);
    const char *member = name + (*name == '@'); /* "@x" of a message is called "@@x" */
    return text_of(insights_member(insights_find_member(tree_of(record), member), &record->arena),
                   &record->arena);
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
        struct insights_value value = text_of(insights_member(member, arena), arena);
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
