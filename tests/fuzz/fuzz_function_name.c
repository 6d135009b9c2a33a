/*
 * Names of functions: a line for FunctionName, the rest is the Qualifier. What is taken apart makes
 * an ARN that names the same. ARNs: parts are those of the text.
 */
#include "arn.h"
#include "pattern.h"
#include "support/fuzz.h"
#include "support/named_call.h"

static void check_arn(struct text text)
{
    struct arn arn;
    if (!arn_parse(text, &arn))
        return;
    size_t size = arn.partition.size + arn.service.size + arn.region.size + arn.account.size +
                  arn.resource.size;
    fuzz_assert(size + strlen("arn:::::") == text.size);
    fuzz_assert(arn.resource.data + arn.resource.size == text.data + text.size);
}

static void check_again(const struct function_name *name)
{
    struct call call;
    struct function_name again;
    struct arena arena = { 0 };
    int64_t number;
    const char *arn = function_arn(&arena, &name->key, name->qualifier);
    check_arn(text_from(arn));
    fuzz_assert(named_call_read(&call, arn, NULL, &again));
    fuzz_assert(strcmp(name->key.name, again.key.name) == 0);
    fuzz_assert(strcmp(name->key.account, again.key.account) == 0);
    fuzz_assert(!name->qualifier == !again.qualifier);
    if (name->qualifier) {
        fuzz_assert(strcmp(name->qualifier, again.qualifier) == 0);
        if (version_parse(name->qualifier, &number))
            fuzz_assert(number >= 0);
    }
    call_discard(&call);
    arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    struct function_name name;
    struct arena arena = { 0 };
    struct text rest = { (const char *)data, size };
    struct text given = text_cut(&rest, '\n');
    check_arn(given);
    const char *qualifier = rest.size ? arena_copy(&arena, rest) : NULL;
    /* AWS's pattern lets "$" stand anywhere in a Qualifier, but not in a name or ARN. */
    bool fits_arn =
        !qualifier || (!strchr(qualifier, '$') &&
                       pattern_matches(function_qualifier_pattern, text_from(qualifier)));
    if (!named_call_read(&call, arena_copy(&arena, given), qualifier, &name))
        fuzz_assert(call.error.fault && call.error.message);
    else if (fits_arn)
        check_again(&name);
    call_discard(&call);
    arena_clear(&arena);
    return 0;
}
