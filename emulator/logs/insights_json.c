#include "logs/insights_functions.h"

#include <string.h>

static struct insights_value do_jsonparse(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena)
{
    return insights_structure(insights_print(arguments, arena), arena);
}

static struct insights_value do_jsonstringify(const struct insights_value *arguments,
                                              int count UNUSED, struct arena *arena)
{
    return arguments->kind == INSIGHTS_STRUCTURE ? insights_text(insights_print(arguments, arena))
                                                 : (struct insights_value){ 0 };
}

/* The list that a field is, or that its text spells; NULL: it is none. */
static const cJSON *list_of(const struct insights_value *value, struct arena *arena)
{
    struct insights_value structure = value->kind == INSIGHTS_STRUCTURE
                                          ? *value
                                          : insights_structure(insights_print(value, arena), arena);
    bool is_list = structure.kind == INSIGHTS_STRUCTURE && cJSON_IsArray(structure.tree);
    return is_list ? structure.tree : NULL;
}

static struct insights_value do_jsonarraysize(const struct insights_value *arguments,
                                              int count UNUSED, struct arena *arena)
{
    const cJSON *list = list_of(arguments, arena);
    return list ? insights_number(cJSON_GetArraySize(list)) : (struct insights_value){ 0 };
}

static struct insights_value do_jsonarraycontains(const struct insights_value *arguments,
                                                  int count UNUSED, struct arena *arena)
{
    const char *wanted = insights_print(&arguments[1], arena);
    const cJSON *item;
    cJSON_ArrayForEach(item, list_of(arguments, arena))
    {
        struct insights_value value = insights_member(item, arena);
        if (strcmp(insights_print(&value, arena), wanted) == 0)
            return insights_boolean(true);
    }
    return insights_boolean(false);
}

const struct insights_function insights_json_functions[] = {
    { .name = "jsonarraycontains",
      .least = 2,
      .most = 2,
      .call = do_jsonarraycontains,
      .flags = INSIGHTS_TAKES_STRUCTURES },
    { .name = "jsonarraysize",
      .least = 1,
      .most = 1,
      .call = do_jsonarraysize,
      .flags = INSIGHTS_TAKES_STRUCTURES },
    { .name = "jsonparse", .least = 1, .most = 1, .call = do_jsonparse },
    { .name = "jsonstringify",
      .least = 1,
      .most = 1,
      .call = do_jsonstringify,
      .flags = INSIGHTS_TAKES_STRUCTURES },
    { 0 },
};
