/*
 * A call that names a function: what function_name_read() makes of it.
 */
#ifndef COALMINE_TEST_NAMED_CALL_H
#define COALMINE_TEST_NAMED_CALL_H

#include "lambda/function_name.h"
#include "support/call.h"

/* `qualifier` may be NULL. The caller discards the call, whatever came of it. */
static inline bool named_call_read(struct call *call, const char *name, const char *qualifier,
                                   struct function_name *name_out)
{
    *call = (struct call){ .account = "123456789012", .region = "us-east-1" };
    call->input = cJSON_CreateObject();
    json_set_text(call->input, "FunctionName", name);
    json_set_text(call->input, "Qualifier", qualifier);
    return function_name_read(call, name_out);
}

#endif
