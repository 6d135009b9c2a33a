#include "cloudwatch/metric_plan.h"

#include "cloudwatch/faults.h"
#include "cloudwatch/insights.h"
#include "xalloc.h"

struct planning {
    struct metric_plan *plan;
    struct metric_plan_item *item;
    struct error *error;
};

static bool fail(struct planning *planning, const char *problem)
{
    return error_set(planning->error, &CLOUDWATCH_VALIDATION, "Error in expression '%s': %s",
                     planning->item->id, problem);
}

struct metric_plan_item *metric_plan_find(const struct metric_plan *plan, struct text id)
{
    CLEANUP(freep) char *key = xstrndup(id.data, id.size);
    return map_find(&plan->by_id, key);
}

static void note_need(struct text name, void *owner)
{
    struct planning *planning = owner;
    const struct metric_plan_item *found = metric_plan_find(planning->plan, name);
    if (found)
        planning->item->needs[planning->item->need_count++] =
            (size_t)(found - planning->plan->items);
}

/* One per request, and with a Period of its own (cloudwatch-api.md section 2.8). */
static bool parse_insights(struct planning *planning, const char *text)
{
    struct metric_plan_item *item = planning->item;
    const char *problem;
    if (planning->plan->has_insights)
        return fail(planning, "A request can have only one Metrics Insights query");
    if (!json_get(item->query, "Period"))
        return fail(planning, "A Metrics Insights query needs a Period");
    item->insights = insights_parse(text_from(text), &planning->plan->arena, &problem);
    planning->plan->has_insights = true;
    if (!item->insights)
        return fail(planning, problem);
    item->type = item->insights->group_count ? MATH_ARRAY : MATH_SERIES;
    return true;
}

static bool parse_item(struct planning *planning)
{
    struct metric_plan_item *item = planning->item;
    const char *text = json_text(item->query, "Expression", NULL);
    const char *problem;
    item->stat = json_get(item->query, "MetricStat");
    item->type = MATH_SERIES;
    if (!text || item->stat)
        return true;
    if (insights_begins(text_from(text)))
        return parse_insights(planning, text);
    item->node = math_parse(text_from(text), &planning->plan->arena, &problem);
    if (!item->node)
        return fail(planning, problem);
    item->needs =
        arena_alloc(&planning->plan->arena, (strlen(text) / 2 + 1) * sizeof(*item->needs));
    math_for_each_name(item->node, note_need, planning);
    return true;
}

static enum math_type type_of(void *owner, struct text id, bool *is_metric_out)
{
    const struct metric_plan_item *item = metric_plan_find(owner, id);
    *is_metric_out = item && item->stat;
    return item ? item->type : MATH_NONE;
}

static bool type_item(struct planning *planning)
{
    struct metric_plan_item *item = planning->item;
    const struct math_names names = { planning->plan, type_of };
    const char *problem;
    if (!item->node)
        return true;
    if (!math_check(item->node, &names, &planning->plan->arena, &problem))
        return fail(planning, problem);
    item->type = (enum math_type)item->node->type;
    return item->type != MATH_SCALAR || !json_bool(item->query, "ReturnData", true) ||
           fail(planning, "The result must be a time series or an array of time series, not a "
                          "Scalar");
}

/* Depth first with a stack of its own: chains of ids may be as long as the request. */
static bool visit(struct planning *planning, size_t first, size_t *stack, size_t *done)
{
    struct metric_plan *plan = planning->plan;
    size_t depth = 0;
    stack[depth++] = first;
    while (depth) {
        struct metric_plan_item *item = &plan->items[stack[depth - 1]];
        planning->item = item;
        item->state = PLAN_OPEN;
        if (item->looked_at < item->need_count) {
            size_t need = item->needs[item->looked_at++];
            if (plan->items[need].state == PLAN_OPEN)
                return fail(planning, "Circular dependency between expressions");
            if (plan->items[need].state == PLAN_NEW)
                stack[depth++] = need;
            continue;
        }
        if (!type_item(planning))
            return false;
        item->state = PLAN_DONE;
        plan->order[(*done)++] = stack[--depth];
    }
    return true;
}

static bool order_items(struct planning *planning)
{
    struct metric_plan *plan = planning->plan;
    size_t *stack = arena_alloc(&plan->arena, plan->count * sizeof(*stack));
    size_t done = 0;
    plan->order = arena_alloc(&plan->arena, plan->count * sizeof(*plan->order));
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->items[i].state == PLAN_NEW && !visit(planning, i, stack, &done))
            return false;
    }
    return true;
}

static bool name_items(struct metric_plan *plan, const cJSON *queries, const char *path,
                       struct error *error)
{
    const cJSON *query;
    size_t at = 0;
    cJSON_ArrayForEach(query, queries)
    {
        struct metric_plan_item *item = &plan->items[at++];
        item->query = query;
        item->id = json_text(query, "Id", "");
        if (map_find(&plan->by_id, item->id))
            return error_set(error, &CLOUDWATCH_VALIDATION,
                             "The values for parameter id in %s are not unique.", path);
        map_set(&plan->by_id, item->id, item);
    }
    return true;
}

bool metric_plan_make(struct metric_plan *plan, const cJSON *queries, const char *path,
                      struct error *error)
{
    struct planning planning = { .plan = plan, .error = error };
    *plan = (struct metric_plan){ .count = (size_t)cJSON_GetArraySize(queries) };
    plan->items = arena_alloc(&plan->arena, (plan->count + 1) * sizeof(*plan->items));
    if (!name_items(plan, queries, path, error))
        return false;
    for (size_t i = 0; i < plan->count; i++) {
        planning.item = &plan->items[i];
        if (!parse_item(&planning))
            return false;
    }
    return order_items(&planning);
}

void metric_plan_clear(struct metric_plan *plan)
{
    arena_clear(&plan->arena);
    map_clear(&plan->by_id, NULL);
}
