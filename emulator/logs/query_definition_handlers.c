/*
 * PutQueryDefinition and its siblings: queries that are saved to be run another time.
 */
#include <stdlib.h>

#include "clock.h"
#include "logs/faults.h"
#include "logs/handlers.h"
#include "logs/query_definition.h"
#include "random.h"
#include "xalloc.h"

enum { DEFINITIONS_MAX = 1000, LIST_MAX = 1000, PARAMETERS_MAX = 20 };

static char *print_configuration(const struct call *call)
{
    static const char *const members[] = { "queryString", "logGroupNames", "parameters" };
    CLEANUP(json_deletep) cJSON *configuration = cJSON_CreateObject();
    json_set_text(configuration, "queryLanguage",
                  json_text(call->input, "queryLanguage", query_languages[0]));
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const cJSON *given = json_get(call->input, members[i]);
        if (given)
            json_set(configuration, members[i], cJSON_Duplicate(given, true));
    }
    return json_print(configuration);
}

static bool make(struct call *call, struct query_definition *definition)
{
    char id[UUID_SIZE];
    if (query_definition_count(call->store, call->account, call->region) >= DEFINITIONS_MAX)
        return error_set(&call->error, &LOGS_LIMIT_EXCEEDED, "Resource limit exceeded.");
    random_uuid(id);
    definition->id = arena_copy(&call->arena, text_from(id));
    query_definition_insert(call->store, definition);
    return true;
}

/* A request that comes again because its answer was lost made its definition already. */
static bool is_made(struct call *call, struct query_definition *definition)
{
    if (definition->id || !definition->client_token)
        return false;
    definition->id = query_definition_made_by(call->store, call->account, call->region,
                                              definition->client_token, &call->arena);
    return definition->id != NULL;
}

static bool put(struct call *call, struct query_definition *definition)
{
    if (is_made(call, definition))
        return true;
    if (!definition->id)
        return make(call, definition);
    return query_definition_update(call->store, definition) ||
           error_set(&call->error, &LOGS_NOT_FOUND,
                     "The specified query definition does not exist.");
}

static enum outcome put_query_definition(struct call *call)
{
    CLEANUP(freep) char *configuration = print_configuration(call);
    struct query_definition definition = {
        .account = call->account,
        .region = call->region,
        .id = json_text(call->input, "queryDefinitionId", NULL),
        .name = json_text(call->input, "name", ""),
        .configuration = configuration,
        .client_token = json_text(call->input, "clientToken", NULL),
        .modified_ms = clock_now_ms(),
    };
    if (!put(call, &definition))
        return OUTCOME_FAULT;
    json_set_text(call_output(call), "queryDefinitionId", definition.id);
    return OUTCOME_OK;
}

static enum outcome delete_query_definition(struct call *call)
{
    if (!query_definition_delete(call->store, call->account, call->region,
                                 json_text(call->input, "queryDefinitionId", "")))
        return call_fault(call, &LOGS_NOT_FOUND, "The specified query definition does not exist.");
    json_set_bool(call_output(call), "success", true);
    return OUTCOME_OK;
}

/* A page under construction. */
struct listing {
    struct call *call;
    cJSON *list;
    int limit;
    const char *last; /* id and name of the last one that was added */
};

static bool add(const struct query_definition *definition, void *owner)
{
    struct listing *listing = owner;
    if (cJSON_GetArraySize(listing->list) == listing->limit) {
        token_write(listing->call, listing->last);
        return false;
    }
    cJSON *item = json_parse(text_from(definition->configuration));
    json_set_text(item, "queryDefinitionId", definition->id);
    json_set_text(item, "name", definition->name);
    json_set_double(item, "lastModified", (double)definition->modified_ms);
    cJSON_AddItemToArray(listing->list, item);
    listing->last = arena_format(&listing->call->arena, "%s%s", definition->id, definition->name);
    return true;
}

static bool read_search(struct call *call, struct query_definition_search *search_out)
{
    const char *key;
    *search_out = (struct query_definition_search){
        .account = call->account,
        .region = call->region,
        .prefix = json_text(call->input, "queryDefinitionNamePrefix", ""),
        .language = json_text(call->input, "queryLanguage", ""),
        .after_name = "",
        .after_id = "",
    };
    if (!token_read(call, &key))
        return false;
    if (strlen(key) < UUID_SIZE - 1)
        return true;
    search_out->after_id = arena_copy(&call->arena, (struct text){ key, UUID_SIZE - 1 });
    search_out->after_name = key + UUID_SIZE - 1;
    return true;
}

static enum outcome describe_query_definitions(struct call *call)
{
    struct query_definition_search search;
    struct listing listing = { .call = call,
                               .limit = (int)json_int(call->input, "maxResults", LIST_MAX) };
    if (!read_search(call, &search))
        return OUTCOME_FAULT;
    listing.list = json_set_array(call_output(call), "queryDefinitions");
    query_definition_each(call->store, &search, add, &listing);
    return OUTCOME_OK;
}

#define ID_ROW(is_needed)                                                                          \
    {                                                                                              \
        .name = "queryDefinitionId", .type = FIELD_STRING, .is_required = (is_needed),             \
        .length = BETWEEN(1, 256)                                                                  \
    }

/* The model has the pattern of names here, but AWS takes ARNs too. */
static const struct field group_item = { .type = FIELD_STRING,
                                         .length = BETWEEN(1, 2048),
                                         .pattern = "[\\w#+=/:,.@-]*" };
static const struct field parameter_fields[] = {
    { .name = "name",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 128),
      .pattern = "^[a-zA-Z_][a-zA-Z0-9_]*" },
    { .name = "defaultValue", .type = FIELD_STRING, .length = BETWEEN(0, 1024) },
    { .name = "description", .type = FIELD_STRING, .length = BETWEEN(0, 512) },
    { 0 },
};
static const struct field parameter_item = { .type = FIELD_STRUCTURE, .members = parameter_fields };
static const struct field put_fields[] = {
    QUERY_LANGUAGE_ROW,
    { .name = "name", .type = FIELD_STRING, .is_required = true, .length = BETWEEN(1, 255) },
    ID_ROW(false),
    { .name = "logGroupNames", .type = FIELD_LIST, .item = &group_item },
    { .name = "queryString",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 10000) },
    { .name = "clientToken",
      .type = FIELD_STRING,
      .length = BETWEEN(36, 128),
      .pattern = "\\S{36,128}" },
    { .name = "parameters",
      .type = FIELD_LIST,
      .length = BETWEEN(0, PARAMETERS_MAX),
      .item = &parameter_item },
    { 0 },
};
static const struct field delete_fields[] = { ID_ROW(true), { 0 } };
static const struct field describe_fields[] = {
    QUERY_LANGUAGE_ROW,
    { .name = "queryDefinitionNamePrefix", .type = FIELD_STRING, .length = BETWEEN(1, 255) },
    { .name = "maxResults", .type = FIELD_INTEGER, .range = BETWEEN(1, LIST_MAX) },
    TOKEN_ROW,
    { 0 },
};

const struct operation query_definition_operations[] = {
    { .name = "PutQueryDefinition",
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_query_definition,
      .note = "The query is kept as it was given: it is read when it is run, and its groups need "
              "not exist. At most 1,000 of an account and region." },
    { .name = "DescribeQueryDefinitions",
      .input = describe_fields,
      .handle = describe_query_definitions,
      .note = "In order of names." },
    { .name = "DeleteQueryDefinition",
      .flags = OPERATION_WRITES,
      .input = delete_fields,
      .handle = delete_query_definition },
    { 0 },
};
