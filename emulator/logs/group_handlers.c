/*
 * Log groups and their retention (cloudwatch-api.md section 6.2).
 */
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "logs/faults.h"
#include "logs/filter_row.h"
#include "logs/handlers.h"
#include "logs/tag_filter.h"
#include "logs/tags.h"
#include "xalloc.h"

enum { GROUPS_MAX = 50, LIST_MAX = 1000, NAMES_MAX = 50, DELIVERY_DAYS = 2 };

static bool check_new_name(struct call *call, const struct group_key *key)
{
    struct log_group existing;
    if (text_starts_with(text_from(key->name), "aws/"))
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "Log groups starting with AWS/ are reserved for AWS.");
    if (group_find(call->store, key, &call->arena, &existing))
        return error_set(&call->error, &LOGS_EXISTS, "The specified log group already exists");
    return true;
}

static enum outcome create_log_group(struct call *call)
{
    bool is_delivery = strcmp(json_text(call->input, "logGroupClass", ""), "DELIVERY") == 0;
    const struct log_group group = {
        .id = group_new_id(),
        .key = { call->account, call->region, json_text(call->input, "logGroupName", "") },
        .created_ms = clock_now_ms(),
        .kms_key_id = json_text(call->input, "kmsKeyId", NULL),
        .group_class = json_text(call->input, "logGroupClass", "STANDARD"),
        .retention_days = is_delivery ? DELIVERY_DAYS : 0,
        .is_protected = json_bool(call->input, "deletionProtectionEnabled", false),
        .tags = tags_print(call, json_get(call->input, "tags")),
    };
    if (!check_new_name(call, &group.key))
        return OUTCOME_FAULT;
    group_insert(call->store, &group);
    logs_forget(logs_of(call));
    return OUTCOME_OK;
}

static enum outcome delete_log_group(struct call *call)
{
    struct log_group group;
    if (!group_read(call, &group))
        return OUTCOME_FAULT;
    if (group.is_protected)
        return call_fault(call, &LOGS_VALIDATION,
                          "The log group is protected from deletion. Disable deletion protection "
                          "and try again.");
    group_delete(call->store, group.id);
    event_store_delete(logs_of(call)->events, group.id, 0);
    logs_forget(logs_of(call));
    return OUTCOME_OK;
}

static void write_group(struct call *call, cJSON *item, const struct log_group *group,
                        bool is_short)
{
    const char *arn = group_arn(&call->arena, &group->key);
    json_set_text(item, "logGroupName", group->key.name);
    json_set_double(item, "creationTime", (double)group->created_ms);
    if (group->retention_days)
        json_set_double(item, "retentionInDays", (double)group->retention_days);
    json_set_double(item, "metricFilterCount", (double)metric_filter_count(call->store, group->id));
    json_set_text(item, "arn", arena_format(&call->arena, "%s:*", arn));
    if (!is_short) {
        json_set_double(item, "storedBytes",
                        (double)event_store_group_bytes(logs_of(call)->events, group->id));
        json_set_bool(item, "deletionProtectionEnabled", group->is_protected);
    }
    json_set_text(item, "kmsKeyId", group->kms_key_id);
    json_set_text(item, "logGroupClass", group->group_class);
    json_set_text(item, "logGroupArn", arn);
}

/* The groups that logGroupIdentifiers names, those that exist. */
static enum outcome describe_named(struct call *call, const cJSON *identifiers)
{
    cJSON *list = json_set_array(call_output(call), "logGroups");
    const cJSON *identifier;
    cJSON_ArrayForEach(identifier, identifiers)
    {
        struct log_group group;
        if (!group_find_named(call, identifier->valuestring, &group))
            continue;
        cJSON *item = cJSON_CreateObject();
        write_group(call, item, &group, false);
        cJSON_AddItemToArray(list, item);
    }
    return OUTCOME_OK;
}

static bool read_filter(struct call *call, struct group_search *filter_out)
{
    *filter_out = (struct group_search){
        .account = call->account,
        .region = call->region,
        .prefix = json_text(call->input, "logGroupNamePrefix", ""),
        .substring = json_text(call->input, "logGroupNamePattern", ""),
        .patterns = "",
        .group_class = json_text(call->input, "logGroupClass", ""),
    };
    if (*filter_out->prefix && *filter_out->substring)
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "LogGroup name prefix and LogGroup name pattern are mutually exclusive "
                         "parameters.");
    return token_read(call, &filter_out->after);
}

/* Whether the call asks for groups of other accounts only. There are no linked ones here. */
static bool is_for_others(const struct call *call)
{
    const cJSON *accounts = json_get(call->input, "accountIdentifiers");
    const cJSON *account;
    cJSON_ArrayForEach(account, accounts)
    {
        if (strcmp(account->valuestring, call->account) == 0)
            return false;
    }
    return json_bool(call->input, "includeLinkedAccounts", false) &&
           cJSON_GetArraySize(accounts) > 0;
}

static enum outcome describe_log_groups(struct call *call)
{
    const cJSON *identifiers = json_get(call->input, "logGroupIdentifiers");
    size_t limit = (size_t)json_int(call->input, "limit", GROUPS_MAX);
    struct log_group groups[GROUPS_MAX + 1];
    struct group_search filter;
    if (identifiers)
        return describe_named(call, identifiers);
    if (!read_filter(call, &filter))
        return OUTCOME_FAULT;
    size_t found =
        is_for_others(call) ? 0 : group_list(call->store, &filter, &call->arena, groups, limit + 1);
    size_t shown = found < limit ? found : limit;
    bool is_by_pattern = *filter.substring;
    cJSON *list = json_set_array(call_output(call), "logGroups");
    for (size_t i = 0; i < shown; i++) {
        cJSON *item = cJSON_CreateObject();
        write_group(call, item, &groups[i], is_by_pattern);
        cJSON_AddItemToArray(list, item);
    }
    /* By a pattern AWS looks no further than its page: only an empty one is the last. */
    if (found > limit || (found && is_by_pattern))
        token_write(call, groups[shown - 1].key.name);
    return OUTCOME_OK;
}

/* "^/aws/lambda|discovery" as the search takes it. */
static const char *print_patterns(struct call *call, const char *text)
{
    CLEANUP(json_deletep) cJSON *patterns = cJSON_CreateArray();
    struct text rest = text_from(text);
    if (!*text)
        return "";
    while (rest.data) {
        const char *pattern = arena_copy(&call->arena, text_cut(&rest, '|'));
        cJSON_AddItemToArray(patterns, cJSON_CreateString(pattern));
    }
    CLEANUP(freep) char *printed = json_print(patterns);
    return arena_copy(&call->arena, text_from(printed));
}

/* No group here has field indexes or data sources. */
static bool has_what_none_has(const struct call *call)
{
    return cJSON_GetArraySize(json_get(call->input, "fieldIndexNames")) > 0 ||
           cJSON_GetArraySize(json_get(call->input, "dataSources")) > 0;
}

static enum outcome list_log_groups(struct call *call)
{
    size_t limit = (size_t)json_int(call->input, "limit", GROUPS_MAX);
    struct log_group *groups = arena_alloc(&call->arena, (limit + 1) * sizeof(*groups));
    struct group_search filter;
    if (!read_filter(call, &filter))
        return OUTCOME_FAULT;
    filter.patterns = print_patterns(call, filter.substring);
    filter.substring = "";
    filter.tags = json_get(call->input, "logGroupTags");
    size_t found = has_what_none_has(call) || is_for_others(call)
                       ? 0
                       : group_list(call->store, &filter, &call->arena, groups, limit + 1);
    cJSON *list = json_set_array(call_output(call), "logGroups");
    for (size_t i = 0; i < found && i < limit; i++) {
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "logGroupName", groups[i].key.name);
        json_set_text(item, "logGroupArn", group_arn(&call->arena, &groups[i].key));
        json_set_text(item, "logGroupClass", groups[i].group_class);
        cJSON_AddItemToArray(list, item);
    }
    if (found > limit)
        token_write(call, groups[limit - 1].key.name);
    return OUTCOME_OK;
}

static bool check_days(struct call *call, int64_t days)
{
    static const int allowed[] = { 1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                   365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 };
    CLEANUP(buffer_clear) struct buffer list = { 0 };
    for (size_t i = 0; i < COUNT_OF(allowed); i++) {
        if (days == allowed[i])
            return true;
        buffer_add_format(&list, "%s%d", i ? ", " : "", allowed[i]);
    }
    return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "1 validation error detected: Value '%lld' at 'retentionInDays' failed to "
                     "satisfy constraint: Member must satisfy enum value set: [%s]",
                     (long long)days, list.data);
}

static enum outcome set_retention(struct call *call, int64_t days)
{
    struct log_group group;
    if (!group_read(call, &group))
        return OUTCOME_FAULT;
    group_set_retention(call->store, group.id, days);
    logs_forget(logs_of(call));
    if (days)
        event_store_expire(logs_of(call)->events, group.id);
    return OUTCOME_OK;
}

static enum outcome put_retention_policy(struct call *call)
{
    int64_t days = json_int(call->input, "retentionInDays", 0);
    return check_days(call, days) ? set_retention(call, days) : OUTCOME_FAULT;
}

static enum outcome delete_retention_policy(struct call *call)
{
    return set_retention(call, 0);
}

static enum outcome put_deletion_protection(struct call *call)
{
    struct log_group group;
    if (!group_read(call, &group))
        return OUTCOME_FAULT;
    group_set_protection(call->store, group.id,
                         json_bool(call->input, "deletionProtectionEnabled", false));
    return OUTCOME_OK;
}

/* The group that logGroupName or resourceIdentifier, its ARN, names. */
static bool read_encrypted(struct call *call, struct log_group *group_out)
{
    const char *resource = json_text(call->input, "resourceIdentifier", NULL);
    if (!resource)
        return group_read(call, group_out);
    if (json_get(call->input, "logGroupName"))
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "logGroupName and resourceIdentifier are mutually exclusive parameters.");
    if (group_key_of(call, resource).name == resource) /* no log group's ARN */
        return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                         "Coalmine knows keys of log groups only; '%s' is no log group's ARN.",
                         resource);
    return group_find_named(call, resource, group_out) ||
           error_set(&call->error, &LOGS_NOT_FOUND, "The specified log group does not exist.");
}

static enum outcome associate_kms_key(struct call *call)
{
    struct log_group group = { 0 };
    if (!read_encrypted(call, &group))
        return OUTCOME_FAULT;
    group_set_kms_key(call->store, group.id, json_text(call->input, "kmsKeyId", ""));
    return OUTCOME_OK;
}

static enum outcome disassociate_kms_key(struct call *call)
{
    struct log_group group = { 0 };
    if (!read_encrypted(call, &group))
        return OUTCOME_FAULT;
    group_set_kms_key(call->store, group.id, NULL);
    return OUTCOME_OK;
}

static const char *const classes[] = { "STANDARD", "INFREQUENT_ACCESS", "DELIVERY", NULL };
static const struct field identifier_item = { .type = FIELD_STRING,
                                              .length = BETWEEN(1, 2048),
                                              .pattern = "[\\w#+=/:,.@-]*" };
static const struct field account_item = { .type = FIELD_STRING, .pattern = "^\\d{12}$" };
static const struct field index_name_item = { .type = FIELD_STRING, .length = BETWEEN(1, 512) };
static const struct field source_members[] = {
    { .name = "name", .type = FIELD_STRING, .is_required = true },
    { .name = "type", .type = FIELD_STRING },
    { 0 },
};
static const struct field source_item = { .type = FIELD_STRUCTURE, .members = source_members };
#define ACCOUNTS_ROW                                                                               \
    {                                                                                              \
        .name = "accountIdentifiers", .type = FIELD_LIST, .length = BETWEEN(0, 20),                \
        .item = &account_item                                                                      \
    }
#define KMS_KEY_ROW(required)                                                                      \
    {                                                                                              \
        .name = "kmsKeyId", .type = FIELD_STRING, .length = BETWEEN(0, 256),                       \
        .is_required = (required)                                                                  \
    }
#define RESOURCE_IDENTIFIER_ROW                                                                    \
    {                                                                                              \
        .name = "resourceIdentifier", .type = FIELD_STRING, .length = BETWEEN(1, 2048),            \
        .pattern = "[\\w+=/:,.@\\-\\*]*"                                                           \
    }
static const struct field create_fields[] = {
    GROUP_NAME_ROW(true),
    KMS_KEY_ROW(false),
    TAGS_ROW(false),
    { .name = "logGroupClass", .type = FIELD_STRING, .values = classes },
    { .name = "deletionProtectionEnabled", .type = FIELD_BOOLEAN },
    { 0 },
};
static const struct field name_fields[] = { GROUP_NAME_ROW(true), { 0 } };
static const struct field describe_fields[] = {
    ACCOUNTS_ROW,
    { .name = "logGroupNamePrefix",
      .type = FIELD_STRING,
      .length = BETWEEN(1, 512),
      .pattern = GROUP_NAME_PATTERN },
    { .name = "logGroupNamePattern",
      .type = FIELD_STRING,
      .length = BETWEEN(0, 512),
      .pattern = "[\\.\\-_/#A-Za-z0-9]*" },
    TOKEN_ROW,
    LIMIT_ROW(GROUPS_MAX),
    { .name = "includeLinkedAccounts", .type = FIELD_BOOLEAN },
    { .name = "logGroupClass", .type = FIELD_STRING, .values = classes },
    { .name = "logGroupIdentifiers",
      .type = FIELD_LIST,
      .length = BETWEEN(1, NAMES_MAX),
      .item = &identifier_item },
    { 0 },
};
static const struct field list_fields[] = {
    { .name = "logGroupNamePattern",
      .type = FIELD_STRING,
      .length = BETWEEN(3, 129),
      .pattern = "(\\^?[\\.\\-_\\/#A-Za-z0-9]{3,24})(\\|\\^?[\\.\\-_\\/#A-Za-z0-9]{3,24}){0,4}" },
    { .name = "logGroupClass", .type = FIELD_STRING, .values = classes },
    { .name = "includeLinkedAccounts", .type = FIELD_BOOLEAN },
    ACCOUNTS_ROW,
    TOKEN_ROW,
    LIMIT_ROW(LIST_MAX),
    { .name = "dataSources", .type = FIELD_LIST, .item = &source_item },
    { .name = "fieldIndexNames",
      .type = FIELD_LIST,
      .length = BETWEEN(1, 20),
      .item = &index_name_item },
    { .name = "logGroupTags", .type = FIELD_LIST, .item = &logs_tag_filter },
    { 0 },
};
static const struct field retention_fields[] = {
    GROUP_NAME_ROW(true),
    { .name = "retentionInDays", .type = FIELD_INTEGER, .is_required = true },
    { 0 },
};
static const struct field protection_fields[] = {
    GROUP_IDENTIFIER_ROW,
    { .name = "deletionProtectionEnabled", .type = FIELD_BOOLEAN, .is_required = true },
    { 0 },
};
static const struct field associate_fields[] = {
    GROUP_NAME_ROW(false),
    KMS_KEY_ROW(true),
    RESOURCE_IDENTIFIER_ROW,
    { 0 },
};
static const struct field disassociate_fields[] = {
    GROUP_NAME_ROW(false),
    RESOURCE_IDENTIFIER_ROW,
    { 0 },
};

const struct operation group_operations[] = {
    { .name = "CreateLogGroup",
      .flags = OPERATION_WRITES,
      .input = create_fields,
      .handle = create_log_group,
      .note = "`kmsKeyId` is kept and shown; nothing is encrypted. All classes behave like "
              "STANDARD, but filters, FilterLogEvents and StartLiveTail are for that class alone; "
              "one of DELIVERY begins with two days of retention." },
    { .name = "DeleteLogGroup",
      .flags = OPERATION_WRITES,
      .input = name_fields,
      .handle = delete_log_group },
    { .name = "DescribeLogGroups",
      .input = describe_fields,
      .handle = describe_log_groups,
      .note = "`storedBytes` lags behind by some seconds." },
    { .name = "ListLogGroups",
      .input = list_fields,
      .handle = list_log_groups,
      .note =
          "No group has data sources or field indexes, and no account is linked: who filters by "
          "them finds nothing." },
    { .name = "PutRetentionPolicy",
      .flags = OPERATION_WRITES,
      .input = retention_fields,
      .handle = put_retention_policy,
      .note = "Follows the service clock. What has expired is not shown from that moment on." },
    { .name = "DeleteRetentionPolicy",
      .flags = OPERATION_WRITES,
      .input = name_fields,
      .handle = delete_retention_policy },
    { .name = "PutLogGroupDeletionProtection",
      .flags = OPERATION_WRITES,
      .input = protection_fields,
      .handle = put_deletion_protection },
    { .name = "AssociateKmsKey",
      .flags = OPERATION_WRITES,
      .input = associate_fields,
      .handle = associate_kms_key,
      .note = "With log groups. The key is kept and shown; nothing is encrypted." },
    { .name = "DisassociateKmsKey",
      .flags = OPERATION_WRITES,
      .input = disassociate_fields,
      .handle = disassociate_kms_key },
    { 0 },
};
