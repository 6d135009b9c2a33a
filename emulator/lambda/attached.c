#include "lambda/attached.h"

#include "lambda/faults.h"
#include "lambda/function_name.h"
#include "lambda/hot_reload.h"
#include "lambda/target.h"
#include "xalloc.h"

enum { MS_PER_SECOND = 1000 };

static void submit_to_pool(const struct sandbox_plan *plan, const struct invocation *invocation,
                           struct lambda *lambda)
{
    if (plan->is_hot)
        hot_reload_submit(lambda, plan, invocation);
    else
        pool_submit(lambda->parts.pool, plan, invocation);
}

/* It runs the version as that is now. What is gone runs once more as it was: nothing retires that
 * but this. */
static void give_back(const struct sandbox_plan *plan, const struct invocation *invocation,
                      void *owner)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct lambda *lambda = owner;
    const struct function_name name = { { plan->account, plan->region, plan->function_name },
                                        plan->version };
    const struct target *target = target_get(lambda, &name, &error);
    submit_to_pool(target ? &target->primary.plan : plan, invocation, lambda);
    if (target)
        return;
    pool_retire(lambda->parts.pool, plan->key);
    hot_reload_retire(lambda, plan->key);
}

struct attachments *attached_create(struct lambda *lambda)
{
    const struct attachments_host host = { .loop = lambda->parts.loop,
                                           .api = pool_api(lambda->parts.pool),
                                           .give_back = give_back,
                                           .owner = lambda };
    return attachments_create(&host);
}

void attached_submit(struct lambda *lambda, const struct sandbox_plan *plan,
                     const struct invocation *invocation)
{
    struct attachment *attachment = attachments_find(lambda->attachments, plan);
    if (attachment)
        attachment_submit(attachment, plan, invocation);
    else
        submit_to_pool(plan, invocation, lambda);
}

void lambda_detach_all(struct lambda *lambda)
{
    attachments_end_all(lambda->attachments);
}

static void write_view(cJSON *output, const struct attachment_view *view)
{
    const char *activity = view->is_busy ? "busy" : view->is_asking ? "waiting" : "absent";
    CLEANUP(freep) char *address = xformat("127.0.0.1:%d", view->port);
    json_set_text(output, "id", view->id);
    json_set_text(output, "functionName", view->plan->function_name);
    json_set_text(output, "version", view->plan->version);
    json_set_text(output, "runtimeApi", address);
    json_set_text(output, "process", activity);
    json_set_double(output, "waitingInvocations", view->waiting);
    if (view->lease_ms)
        json_set_double(output, "leaseSeconds", (double)view->lease_ms / MS_PER_SECOND);
}

static void write_environment(cJSON *output, const struct attachment *attachment)
{
    struct string_list list = { 0 };
    cJSON *environment = json_set_object(output, "environment");
    attachment_add_variables(attachment, &list);
    for (size_t i = 0; i < list.count; i++) {
        struct text value = text_from(list.items[i]);
        struct text given = text_cut(&value, '=');
        CLEANUP(freep) char *name = xstrndup(given.data, given.size);
        json_set_text(environment, name, value.data);
    }
    string_list_clear(&list);
}

enum outcome lambda_attach(struct lambda *lambda, struct call *call)
{
    struct function_name name;
    if (!function_name_read(call, &name))
        return OUTCOME_FAULT;
    const struct target *target = target_get(lambda, &name, &call->error);
    if (!target)
        return OUTCOME_FAULT;
    const struct sandbox_plan *plan = &target->primary.plan;
    if (attachments_find(lambda->attachments, plan))
        return call_fault(call, &LAMBDA_RESOURCE_CONFLICT,
                          "%s:%s is attached already; end that first (GET and DELETE "
                          "/_coalmine/attachments)",
                          plan->function_name, plan->version);
    int64_t lease_ms = json_int(call->input, "LeaseSeconds", 0) * MS_PER_SECOND;
    struct attachment *attachment =
        attachment_start(lambda->attachments, plan, lease_ms, &call->error);
    if (!attachment)
        return OUTCOME_FAULT;
    struct attachment_view view = attachment_view(attachment);
    write_view(call_output(call), &view);
    write_environment(call_output(call), attachment);
    return OUTCOME_OK;
}

static struct attachment *find(struct lambda *lambda, struct call *call)
{
    const char *id = json_text(call->input, "Id", "");
    struct attachment *attachment = attachments_find_id(lambda->attachments, id);
    if (!attachment)
        error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "There is no attachment %s", id);
    return attachment;
}

enum outcome lambda_renew_attachment(struct lambda *lambda, struct call *call)
{
    struct attachment *attachment = find(lambda, call);
    if (!attachment)
        return OUTCOME_FAULT;
    attachment_renew(attachment);
    struct attachment_view view = attachment_view(attachment);
    write_view(call_output(call), &view);
    return OUTCOME_OK;
}

enum outcome lambda_detach(struct lambda *lambda, struct call *call)
{
    struct attachment *attachment = find(lambda, call);
    if (!attachment)
        return OUTCOME_FAULT;
    attachment_end(attachment);
    return OUTCOME_OK;
}

static void add_view(const struct attachment *attachment, void *owner)
{
    struct attachment_view view = attachment_view(attachment);
    cJSON *item = cJSON_CreateObject();
    write_view(item, &view);
    cJSON_AddItemToArray(owner, item);
}

enum outcome lambda_list_attachments(struct lambda *lambda, struct call *call)
{
    cJSON *list = cJSON_CreateArray();
    attachments_each(lambda->attachments, add_view, list);
    json_set(call_output(call), "attachments", list);
    return OUTCOME_OK;
}
