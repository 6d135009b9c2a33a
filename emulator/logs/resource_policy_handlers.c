/*
 * PutResourcePolicy and its siblings. The texts of a name that is not there, of the limit and of
 * what is no policy are AWS's; the others are not recorded.
 */
#include <stdlib.h>

#include "clock.h"
#include "logs/faults.h"
#include "logs/handlers.h"
#include "logs/resource_policy.h"
#include "logs/resource_policy_document.h"
#include "random.h"
#include "xalloc.h"

enum { ACCOUNT_POLICIES_MAX = 10, LIST_MAX = 50 };

static const char scope_of_accounts[] = "ACCOUNT";
static const char scope_of_groups[] = "RESOURCE";

static bool refuse_null(struct call *call, const char *member)
{
    return error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "1 validation error detected: Value null at '%s' failed to satisfy "
                     "constraint: Member must not be null",
                     member);
}

/* A policy is an account's, and has a name, or a group's, and is known by its ARN. */
static bool check_owner(struct call *call)
{
    bool has_name = json_get(call->input, "policyName") != NULL;
    bool has_group = json_get(call->input, "resourceArn") != NULL;
    if (!has_name && !has_group)
        return refuse_null(call, "policyName");
    return !has_name || !has_group ||
           error_set(&call->error, &LOGS_INVALID_PARAMETER,
                     "policyName and resourceArn are mutually exclusive parameters.");
}

/* The group that resourceArn names. */
static bool read_group(struct call *call, struct log_group *group_out)
{
    const char *arn = json_text(call->input, "resourceArn", "");
    return group_check_arn(call, arn) &&
           (group_find_named(call, arn, group_out) ||
            error_set(&call->error, &LOGS_NOT_FOUND, "The specified log group does not exist."));
}

/* Whether the caller knows the policy that is there; NULL: there is none. */
static bool check_revision(struct call *call, const char *revision)
{
    const char *expected = json_text(call->input, "expectedRevisionId", "");
    return strcmp(expected, revision ? revision : "") == 0 ||
           error_set(&call->error, &LOGS_ABORTED,
                     "The expectedRevisionId is not that of the resource's policy. Call "
                     "DescribeResourcePolicies to retrieve it.");
}

static cJSON *write_policy(struct call *call, const struct resource_policy *policy)
{
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "policyName", policy->name);
    json_set_text(item, "policyDocument", policy->document);
    json_set_double(item, "lastUpdatedTime", (double)policy->updated_ms);
    json_set_text(item, "policyScope", policy->group_name ? scope_of_groups : scope_of_accounts);
    if (policy->group_name) {
        struct group_key key = { call->account, call->region, policy->group_name };
        json_set_text(item, "resourceArn", group_arn(&call->arena, &key));
        json_set_text(item, "revisionId", policy->revision_id);
    }
    return item;
}

static bool put_of_account(struct call *call, struct resource_policy *policy)
{
    policy->name = json_text(call->input, "policyName", "");
    if (account_policy_count_others(call->store, call->account, call->region, policy->name) >=
        ACCOUNT_POLICIES_MAX)
        return error_set(&call->error, &LOGS_LIMIT_EXCEEDED, "Resource limit exceeded.");
    account_policy_put(call->store, call->account, call->region, policy);
    return true;
}

static bool put_of_group(struct call *call, struct resource_policy *policy)
{
    struct log_group group;
    char revision[UUID_SIZE];
    if (!read_group(call, &group) ||
        !check_revision(call, group_policy_revision(call->store, group.id, &call->arena)))
        return false;
    random_uuid(revision);
    policy->group_name = group.key.name;
    policy->revision_id = arena_copy(&call->arena, text_from(revision));
    group_policy_put(call->store, group.id, policy);
    json_set_text(call_output(call), "revisionId", policy->revision_id);
    return true;
}

/* The answer shows the document as it came, a later one as it is kept: so it was recorded. */
static enum outcome put_resource_policy(struct call *call)
{
    const char *given = json_text(call->input, "policyDocument", "");
    struct resource_policy policy = { .updated_ms = clock_now_ms() };
    if (!check_owner(call))
        return OUTCOME_FAULT;
    CLEANUP(freep) char *document = resource_policy_document_normalize(given, &call->error);
    policy.document = document;
    bool is_of_group = json_get(call->input, "resourceArn") != NULL;
    if (!document || !(is_of_group ? put_of_group(call, &policy) : put_of_account(call, &policy)))
        return OUTCOME_FAULT;
    policy.document = given;
    json_set(call_output(call), "resourcePolicy", write_policy(call, &policy));
    return OUTCOME_OK;
}

static bool delete_of_group(struct call *call)
{
    struct log_group group;
    if (!read_group(call, &group))
        return false;
    const char *revision = group_policy_revision(call->store, group.id, &call->arena);
    if (!revision)
        return error_set(&call->error, &LOGS_NOT_FOUND,
                         "The specified resource policy does not exist.");
    if (!json_get(call->input, "expectedRevisionId"))
        return refuse_null(call, "expectedRevisionId");
    if (!check_revision(call, revision))
        return false;
    group_policy_delete(call->store, group.id);
    return true;
}

static enum outcome delete_resource_policy(struct call *call)
{
    const char *name = json_text(call->input, "policyName", NULL);
    if (!check_owner(call))
        return OUTCOME_FAULT;
    if (!name)
        return delete_of_group(call) ? OUTCOME_OK : OUTCOME_FAULT;
    if (!account_policy_delete(call->store, call->account, call->region, name))
        return call_fault(call, &LOGS_NOT_FOUND, "Policy with name [%s] does not exist.", name);
    return OUTCOME_OK;
}

/* A page under construction. */
struct listing {
    struct call *call;
    cJSON *list;
    int limit;
    const char *last; /* name of the last one's policy or group */
};

static bool add_policy(const struct resource_policy *policy, void *owner)
{
    struct listing *listing = owner;
    if (cJSON_GetArraySize(listing->list) == listing->limit) {
        token_write(listing->call, listing->last);
        return false;
    }
    cJSON_AddItemToArray(listing->list, write_policy(listing->call, policy));
    listing->last = arena_copy(&listing->call->arena,
                               text_from(policy->name ? policy->name : policy->group_name));
    return true;
}

static enum outcome describe_resource_policies(struct call *call)
{
    const char *arn = json_text(call->input, "resourceArn", NULL);
    const char *scope = json_text(call->input, "policyScope", scope_of_accounts);
    struct listing listing = { .call = call,
                               .limit = (int)json_int(call->input, "limit", LIST_MAX) };
    struct resource_policy_search search = { .account = call->account,
                                             .region = call->region,
                                             .is_of_groups =
                                                 arn || strcmp(scope, scope_of_groups) == 0 };
    struct log_group group = { 0 };
    if (!token_read(call, &search.after) || (arn && !group_check_arn(call, arn)))
        return OUTCOME_FAULT;
    bool is_of_nobody = arn && !group_find_named(call, arn, &group);
    search.group_id = group.id;
    listing.list = json_set_array(call_output(call), "resourcePolicies");
    if (!is_of_nobody)
        resource_policy_each(call->store, &search, add_policy, &listing);
    return OUTCOME_OK;
}

static const char *const scopes[] = { scope_of_accounts, scope_of_groups, NULL };
#define NAME_ROW                                                                                   \
    {                                                                                              \
        .name = "policyName", .type = FIELD_STRING, .length = AT_LEAST(1)                          \
    }
#define RESOURCE_ROW                                                                               \
    {                                                                                              \
        .name = "resourceArn", .type = FIELD_STRING                                                \
    }
#define REVISION_ROW                                                                               \
    {                                                                                              \
        .name = "expectedRevisionId", .type = FIELD_STRING, .length = AT_LEAST(1)                  \
    }

static const struct field put_fields[] = {
    NAME_ROW,
    { .name = "policyDocument",
      .type = FIELD_STRING,
      .is_required = true,
      .length = BETWEEN(1, 51200) },
    RESOURCE_ROW,
    REVISION_ROW,
    { 0 },
};
static const struct field delete_fields[] = { NAME_ROW, RESOURCE_ROW, REVISION_ROW, { 0 } };
static const struct field describe_fields[] = {
    TOKEN_ROW,    LIMIT_ROW(LIST_MAX),
    RESOURCE_ROW, { .name = "policyScope", .type = FIELD_STRING, .values = scopes },
    { 0 },
};

const struct operation log_resource_policy_operations[] = {
    { .name = "PutResourcePolicy",
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_resource_policy,
      .note =
          "Policies are kept and shown, and nobody is held to them. A log group's goes with the "
          "group." },
    { .name = "DescribeResourcePolicies",
      .input = describe_fields,
      .handle = describe_resource_policies,
      .note = "In order of names. With `resourceArn` the scope is RESOURCE." },
    { .name = "DeleteResourcePolicy",
      .flags = OPERATION_WRITES,
      .input = delete_fields,
      .handle = delete_resource_policy },
    { 0 },
};
