#include "lambda/function_name.h"

#include "arn.h"
#include "lambda/faults.h"
#include "pattern.h"

const char function_name_create_pattern[] = FUNCTION_NAME_CREATE;
const char function_name_namespaced_pattern[] = FUNCTION_NAME_NAMESPACED;
const char function_qualifier_pattern[] = FUNCTION_QUALIFIER;

/* Capture groups of the name patterns, from 0. */
enum { GROUP_REGION = 2, GROUP_ACCOUNT = 8, GROUP_NAME = 10, GROUP_QUALIFIER = 12, GROUPS = 13 };

/* A captured part without the colon behind it, or the fallback. */
static const char *part(struct call *call, struct text group, const char *fallback)
{
    if (!group.data)
        return fallback;
    if (group.size && group.data[group.size - 1] == ':')
        group.size--;
    return arena_copy(&call->arena, group);
}

static bool set_region_error(struct call *call, const char *region)
{
    return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND,
                     "Functions from '%s' are not reachable in this region ('%s')", region,
                     call->region);
}

/* A name without anything before or behind it. */
static bool is_plain(const char *given)
{
    const char *at = given;
    while ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
           *at == '-' || *at == '_')
        at++;
    return at > given && *at == '\0';
}

/* Mostly what is given is a plain name, which needs no pattern. */
static bool cut(const char *given, struct text groups_out[GROUPS])
{
    if (!is_plain(given))
        return pattern_capture(function_name_namespaced_pattern, text_from(given), groups_out,
                               GROUPS);
    for (int i = 0; i < GROUPS; i++)
        groups_out[i] = (struct text){ NULL, 0 };
    groups_out[GROUP_NAME] = text_from(given);
    return true;
}

bool function_name_read(struct call *call, struct function_name *name_out)
{
    return function_name_cut(call, json_text(call->input, "FunctionName", ""),
                             json_text(call->input, "Qualifier", NULL), name_out);
}

bool function_name_cut(struct call *call, const char *given, const char *qualifier,
                       struct function_name *name_out)
{
    struct text groups[GROUPS];
    if (!cut(given, groups))
        return function_not_found(
            call, &(struct function_key){ call->account, call->region, given }, qualifier);
    const char *region = part(call, groups[GROUP_REGION], call->region);
    const char *derived = part(call, groups[GROUP_QUALIFIER], NULL);
    *name_out = (struct function_name){
        .key = { part(call, groups[GROUP_ACCOUNT], call->account), call->region,
                 part(call, groups[GROUP_NAME], given) },
        .qualifier = qualifier ? qualifier : derived,
    };
    if (derived && qualifier && strcmp(derived, qualifier) != 0)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "The derived qualifier from the function name does not match the "
                         "specified qualifier.");
    return strcmp(region, call->region) == 0 || set_region_error(call, region);
}

const char *function_qualifier(const struct function_name *name)
{
    return name->qualifier ? name->qualifier : "$LATEST";
}

const char *function_arn(struct arena *arena, const struct function_key *key, const char *qualifier)
{
    return arena_join(arena, "arn:", arn_partition(key->region), ":lambda:", key->region, ":",
                      key->account, ":function:", key->name, qualifier ? ":" : "",
                      qualifier ? qualifier : "", NULL);
}

bool function_not_found(struct call *call, const struct function_key *key, const char *qualifier)
{
    return error_set(&call->error, &LAMBDA_RESOURCE_NOT_FOUND, "Function not found: %s",
                     function_arn(&call->arena, key, qualifier));
}

const char *version_text(struct arena *arena, int64_t number)
{
    return number ? arena_format(arena, "%lld", (long long)number) : "$LATEST";
}

bool version_parse(const char *qualifier, int64_t *number_out)
{
    if (strcmp(qualifier, "$LATEST") == 0) {
        *number_out = 0;
        return true;
    }
    struct text text = text_from(qualifier);
    if (text.size == 0 || strspn(qualifier, "0123456789") != text.size)
        return false;
    /* A version has one name: what is kept for "1" (a policy, provisioned concurrency) would be
     * kept for "01" beside it. */
    if (*qualifier == '0' || !text_to_int64(text, number_out))
        *number_out = INT64_MAX; /* a number that no version has */
    return true;
}

bool function_key_equal(const struct function_key *one, const struct function_key *other)
{
    return strcmp(one->name, other->name) == 0 && strcmp(one->region, other->region) == 0 &&
           strcmp(one->account, other->account) == 0;
}
