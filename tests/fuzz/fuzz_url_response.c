/* What a function answers to a function URL, whole and as a prelude: headers that HTTP can carry,
 * and no byte that would begin another one. */
#include "lambda/url_response.h"
#include "support/fuzz.h"

static void check(const struct url_response *response)
{
    fuzz_assert(response->status >= 100 && response->status <= 999);
    for (size_t i = 0; i < response->header_count; i++) {
        fuzz_assert(response->headers[i].name[0]);
        fuzz_assert(!strpbrk(response->headers[i].name, "\r\n:"));
        fuzz_assert(!strpbrk(response->headers[i].value, "\r\n"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t end;
    struct arena arena = { 0 };
    struct url_response response = { 0 };
    struct text text = { (const char *)data, size };
    if (url_response_read(text, &arena, &response))
        check(&response);
    response = (struct url_response){ 0 };
    if (url_prelude_find_end(text, &end)) {
        fuzz_assert(end + URL_PRELUDE_END <= size);
        text.size = end;
    }
    if (url_response_read_prelude(text, &arena, &response))
        check(&response);
    arena_clear(&arena);
    return 0;
}
