/*
 * Provisioned concurrency (lambda-api.md section 8.3).
 */
#include "clock.h"
#include "lambda/alias.h"
#include "lambda/concurrency.h"
#include "lambda/configuration.h"
#include "lambda/faults.h"
#include "lambda/function_handlers.h"
#include "lambda/provision.h"
#include "lambda/settle.h"
#include "lambda/target.h"
#include "timestamp.h"

enum { NONE = -1, LATEST = 0 };

/* What an order is for: the version, and the alias if the qualifier is one's name. */
struct subject {
    struct function_name name;
    bool is_alias;
    struct alias alias;
    int64_t number;
};

static bool find_alias(struct call *call, struct subject *subject)
{
    const struct function_name *name = &subject->name;
    if (!alias_find(call->store, &name->key, name->qualifier, &call->arena, &subject->alias))
        return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "Cannot find alias arn: %s",
                         function_arn(&call->arena, &name->key, name->qualifier));
    subject->number = subject->alias.version;
    return true;
}

static bool find_version(struct call *call, const struct subject *subject)
{
    struct function_version version;
    const struct function_name *name = &subject->name;
    return version_find(call->store, &name->key, subject->number, &call->arena, &version) ||
           function_not_found(call, &name->key, name->qualifier);
}

/* `latest_text`: what is said of $LATEST. */
static bool read_subject(struct call *call, const char *latest_text, struct subject *subject_out)
{
    if (!function_name_read(call, &subject_out->name))
        return false;
    subject_out->is_alias = !version_parse(subject_out->name.qualifier, &subject_out->number);
    if (!subject_out->is_alias && subject_out->number == LATEST)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER, "%s", latest_text);
    return subject_out->is_alias ? find_alias(call, subject_out) : find_version(call, subject_out);
}

static const char unpublished_text[] =
    "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";
static const char neither_text[] =
    "The function resource provided must be an alias or a published version.";

bool provision_check_alias(struct call *call, const struct function_key *key,
                           const struct alias *alias)
{
    struct provision_order order;
    if (alias->version == LATEST)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER, "%s", unpublished_text);
    if (alias->routed_version != NONE)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Alias with weights can not be used with Provisioned Concurrency");
    const char *version = version_text(&call->arena, alias->version);
    bool is_taken = provision_find(call->store, key, version, &call->arena, &order) ||
                    provision_alias_of(call->store, key, alias->version, alias->name, &call->arena);
    return !is_taken ||
           error_set(&call->error, &LAMBDA_RESOURCE_CONFLICT,
                     "Alias can't be used for Provisioned Concurrency configuration on an already "
                     "Provisioned version");
}

static bool check_version(struct call *call, const struct subject *subject)
{
    return !provision_alias_of(call->store, &subject->name.key, subject->number, "",
                               &call->arena) ||
           error_set(&call->error, &LAMBDA_RESOURCE_CONFLICT,
                     "Version is pointed by a Provisioned Concurrency alias");
}

/* AWS's own words for the two together are not known. */
static bool check_may_boot(struct call *call, const struct subject *subject)
{
    struct function_version version;
    if (!version_find(call->store, &subject->name.key, subject->number, &call->arena, &version))
        return function_not_found(call, &subject->name.key, subject->name.qualifier);
    if (configuration_takes_snapshots(&version))
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Provisioned Concurrency is not supported for functions with SnapStart");
    return settle_may_run(version_state(&version) == VERSION_PENDING, &call->error);
}

static bool check_unreserved(struct call *call, const struct function_key *key, int64_t present,
                             int64_t wanted)
{
    struct concurrency_account account =
        concurrency_account(lambda_of(call), key->account, key->region);
    int64_t minimum = concurrency_unreserved_minimum(&account);
    int64_t unreserved =
        account.limit - account.reserved - account.provisioned_unreserved + present;
    if (wanted > unreserved)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER_UNTYPED,
                         "Specified ConcurrentExecutions for function is greater than account's "
                         "unreserved concurrency [%lld].",
                         (long long)unreserved);
    return unreserved - wanted >= minimum ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER_UNTYPED,
                     "Specified ConcurrentExecutions for function decreases account's "
                     "UnreservedConcurrentExecution below its minimum value of [%lld].",
                     (long long)minimum);
}

/* `present`: what the same order asked for until now. */
static bool check_limits(struct call *call, const struct function_key *key, int64_t present,
                         int64_t wanted)
{
    int64_t reserved = concurrency_reserved(call->store, key);
    int64_t total = concurrency_provisioned_total(call->store, key) - present + wanted;
    if (reserved == NONE)
        return check_unreserved(call, key, present, wanted);
    return total <= reserved ||
           error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                     "Requested Provisioned Concurrency should not be greater than the "
                     "reservedConcurrentExecution for function");
}

static void write_progress(struct call *call, cJSON *output, const struct provision_order *order)
{
    static const char *const statuses[] = {
        [PROVISION_IN_PROGRESS] = "IN_PROGRESS",
        [PROVISION_READY] = "READY",
        [PROVISION_FAILED] = "FAILED",
    };
    char modified[TIMESTAMP_SIZE];
    struct provision_progress progress = provision_progress(lambda_of(call), order);
    json_set_double(output, "RequestedProvisionedConcurrentExecutions", (double)order->requested);
    json_set_double(output, "AvailableProvisionedConcurrentExecutions", (double)progress.available);
    json_set_double(output, "AllocatedProvisionedConcurrentExecutions", (double)progress.available);
    json_set_text(output, "Status", statuses[progress.status]);
    if (progress.status == PROVISION_FAILED)
        json_set_text(output, "StatusReason", "FUNCTION_ERROR_INIT_FAILURE");
    json_set_text(output, "LastModified",
                  timestamp_print(order->modified_ms, TIMESTAMP_LAMBDA_SECONDS, modified));
}

static enum outcome put_provisioned(struct call *call)
{
    struct subject subject;
    struct provision_order order = { 0 };
    if (!read_subject(call, unpublished_text, &subject) ||
        !(subject.is_alias ? provision_check_alias(call, &subject.name.key, &subject.alias)
                           : check_version(call, &subject)) ||
        !check_may_boot(call, &subject))
        return OUTCOME_FAULT;
    const struct function_name *name = &subject.name;
    int64_t wanted = json_int(call->input, "ProvisionedConcurrentExecutions", 0);
    provision_find(call->store, &name->key, name->qualifier, &call->arena, &order);
    if (!check_limits(call, &name->key, order.requested, wanted))
        return OUTCOME_FAULT;
    order = (struct provision_order){ name->key, name->qualifier, wanted, clock_now_ms() };
    provision_save(call->store, &order);
    version_touch(call->store, &name->key, subject.number, new_uuid(&call->arena));
    targets_forget(lambda_of(call));
    write_progress(call, call_output(call), &order);
    provisions_refresh(lambda_of(call));
    return OUTCOME_OK;
}

static enum outcome get_provisioned(struct call *call)
{
    struct subject subject;
    struct provision_order order;
    if (!read_subject(call, neither_text, &subject))
        return OUTCOME_FAULT;
    if (!provision_find(call->store, &subject.name.key, subject.name.qualifier, &call->arena,
                        &order))
        return call_fault(call, &LAMBDA_PROVISIONED_NOT_FOUND,
                          "No Provisioned Concurrency Config found for this function");
    write_progress(call, call_output(call), &order);
    return OUTCOME_OK;
}

static enum outcome delete_provisioned(struct call *call)
{
    struct subject subject;
    if (!read_subject(call, neither_text, &subject))
        return OUTCOME_FAULT;
    provision_delete(call->store, &subject.name.key, subject.name.qualifier);
    targets_forget(lambda_of(call));
    provisions_refresh(lambda_of(call));
    return OUTCOME_OK;
}

static enum outcome list_provisioned(struct call *call)
{
    struct function_name name;
    struct provision_order order;
    const char *after;
    int left;
    if (!function_name_read(call, &name) || !list_begin(call, &after, &left) ||
        !function_check(call, &name.key, NULL))
        return OUTCOME_FAULT;
    after = after ? after : "";
    cJSON *list = json_set_array(call_output(call), "ProvisionedConcurrencyConfigs");
    bool has_more;
    while ((has_more = provision_next(call->store, &name.key, after, &call->arena, &order)) &&
           left-- > 0) {
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "FunctionArn", function_arn(&call->arena, &name.key, order.qualifier));
        write_progress(call, item, &order);
        cJSON_AddItemToArray(list, item);
        after = order.qualifier;
    }
    list_end(call, after, has_more);
    return OUTCOME_OK;
}

#define QUALIFIER_PATTERN "(|[a-zA-Z0-9$_-]+)"
#define PROVISION_QUALIFIER_FIELD                                                                  \
    {                                                                                              \
        .name = "Qualifier", .type = FIELD_STRING, .place = FIELD_IN_QUERY, .is_required = true,   \
        .length = BETWEEN(1, 128), .pattern = QUALIFIER_PATTERN                                    \
    }

static const struct field put_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    PROVISION_QUALIFIER_FIELD,
    { .name = "ProvisionedConcurrentExecutions",
      .type = FIELD_INTEGER,
      .is_required = true,
      .range = AT_LEAST(1) },
    { 0 },
};
static const struct field qualified_fields[] = { FUNCTION_NAME_FIELD_CREATE,
                                                 PROVISION_QUALIFIER_FIELD,
                                                 { 0 } };
static const struct field list_fields[] = {
    FUNCTION_NAME_FIELD_CREATE,
    SHORT_LIST_FIELDS,
    { 0 },
};

#define ROUTE "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"

const struct operation provision_operations[] = {
    { .name = "PutProvisionedConcurrencyConfig",
      .route = "PUT " ROUTE,
      .status = 202,
      .flags = OPERATION_WRITES,
      .input = put_fields,
      .handle = put_provisioned,
      .note = "Environments are booted and kept, as many as three quarters of `--max-processes` "
              "have room for; READY means that those are warm, and as many invocations as were "
              "asked for count as provisioned. After a boot that failed, the next Put tries "
              "again." },
    { .name = "GetProvisionedConcurrencyConfig",
      .route = "GET " ROUTE,
      .input = qualified_fields,
      .handle = get_provisioned },
    { .name = "DeleteProvisionedConcurrencyConfig",
      .route = "DELETE " ROUTE,
      .status = 204,
      .flags = OPERATION_WRITES,
      .input = qualified_fields,
      .handle = delete_provisioned },
    { .name = "ListProvisionedConcurrencyConfigs",
      .route = "GET " ROUTE "?List=ALL",
      .input = list_fields,
      .handle = list_provisioned },
    { 0 },
};
