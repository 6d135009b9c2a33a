#include "logs/insights_functions.h"

#include <strings.h>

static struct insights_value do_if(const struct insights_value *arguments, int count UNUSED,
                                   struct arena *arena UNUSED)
{
    return insights_is_true(&arguments[0]) ? arguments[1] : arguments[2];
}

/* case(condition, value, condition, value, ..., otherwise) */
static struct insights_value do_case(const struct insights_value *arguments, int count,
                                     struct arena *arena UNUSED)
{
    int at = 0;
    for (; at + 1 < count; at += 2) {
        if (insights_is_true(&arguments[at]))
            return arguments[at + 1];
    }
    return at < count ? arguments[at] : (struct insights_value){ 0 };
}

static struct insights_value do_ispresent(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena UNUSED)
{
    return insights_boolean(arguments->kind != INSIGHTS_MISSING);
}

static struct insights_value do_coalesce(const struct insights_value *arguments, int count,
                                         struct arena *arena UNUSED)
{
    for (int i = 0; i < count; i++) {
        if (arguments[i].kind != INSIGHTS_MISSING)
            return arguments[i];
    }
    return (struct insights_value){ 0 };
}

const struct insights_function insights_general_functions[] = {
    { .name = "case",
      .least = 2,
      .most = INSIGHTS_ARGUMENTS_MAX,
      .call = do_case,
      .flags = INSIGHTS_TAKES_STRUCTURES },
    { .name = "coalesce",
      .least = 1,
      .most = INSIGHTS_ARGUMENTS_MAX,
      .call = do_coalesce,
      .flags = INSIGHTS_TAKES_STRUCTURES },
    { .name = "if", .least = 3, .most = 3, .call = do_if, .flags = INSIGHTS_TAKES_STRUCTURES },
    { .name = "ispresent",
      .least = 1,
      .most = 1,
      .call = do_ispresent,
      .flags = INSIGHTS_TAKES_STRUCTURES },
    { 0 },
};

const struct insights_function *insights_function_find(const char *name)
{
    static const struct insights_function *const lists[] = {
        insights_general_functions, insights_json_functions,     insights_number_functions,
        insights_text_functions,    insights_encoding_functions, insights_date_functions,
        insights_address_functions,
    };
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        for (const struct insights_function *function = lists[i]; function->name; function++) {
            if (strcasecmp(function->name, name) == 0)
                return function;
        }
    }
    return NULL;
}
