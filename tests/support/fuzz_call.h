/*
 * For fuzz targets of codecs: an input's first byte picks one of a service's operations, the rest
 * is the body of a request; what the codec lets pass goes on to validation, as in dispatch.
 */
#ifndef COALMINE_FUZZ_CALL_H
#define COALMINE_FUZZ_CALL_H

#include <string.h>

#include "support/call.h"
#include "support/fuzz.h"

typedef cJSON *fuzz_decode(const struct service *service, const struct field *rows,
                           struct text body, struct error *error);

/* The operation with that number, counted over all slices and round again. */
static inline const struct operation *fuzz_operation(const struct service *service, size_t number)
{
    size_t count = 0;
    for (;;) {
        for (const struct operation *const *slice = service->operations; *slice; slice++) {
            for (const struct operation *row = *slice; row->name; row++) {
                if (count++ == number)
                    return row;
            }
        }
        fuzz_assert(count);
        number %= count;
        count = 0;
    }
}

/* True if the call's rows let its input pass; whatever they refuse has a sentence. */
static inline bool fuzz_validate(struct call *call)
{
    if (call_validate(call))
        return true;
    fuzz_assert(call->error.fault && call->error.message && call->error.message[0]);
    return false;
}

/* Decodes the body, and validates what came of it. NULL with the call cleared if it is refused;
 * else call->input is the tree. */
static inline bool fuzz_call_read(struct call *call, const struct service *service,
                                  fuzz_decode *decode, struct text *bytes)
{
    if (bytes->size == 0)
        return false;
    *call = (struct call){ .service = service,
                           .operation = fuzz_operation(service, (unsigned char)bytes->data[0]),
                           .account = "123456789012",
                           .region = "us-east-1" };
    *bytes = (struct text){ bytes->data + 1, bytes->size - 1 };
    call->input = decode(service, call->operation->input, *bytes, &call->error);
    fuzz_assert(!call->input == !!call->error.fault);
    if (call->input)
        fuzz_validate(call);
    return call->input != NULL;
}

/* What was read once and written is read again as the same. */
static inline void fuzz_reads_again(const struct call *call, fuzz_decode *decode, struct text bytes)
{
    struct error error = { 0 };
    cJSON *again = decode(call->service, call->operation->input, bytes, &error);
    if (!again)
        fprintf(stderr, "%s: %.*s\n", error.message ? error.message : "", TEXT_ARGS(bytes));
    fuzz_assert(again);
    char *first = json_print(call->input);
    char *second = json_print(again);
    fuzz_assert(strcmp(first, second) == 0);
    free(first);
    free(second);
    cJSON_Delete(again);
}

#endif
