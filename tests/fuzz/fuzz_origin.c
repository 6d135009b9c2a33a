/* Host, Origin, Sec-Fetch-Site: a line each, an empty one is not there. A page that nobody allowed
 * does not pass, unless it came from this very server. */
#include "arena.h"
#include "http/origin.h"
#include "support/fuzz.h"

static const struct origin_policy policies[] = {
    { 0 },
    { .hosts = "other.test,coalmine.test", .origins = "http://a.test,https://b.test" },
    { .origins = "*" },
    { .takes_any_host = true },
};

static const char *cut_line(struct text *rest, struct arena *arena)
{
    struct text line = text_cut(rest, '\n');
    return line.size ? arena_copy(arena, line) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct text rest = { (const char *)data, size };
    const char *host = cut_line(&rest, &arena);
    const char *origin = cut_line(&rest, &arena);
    const struct origin_headers headers = { host, origin, cut_line(&rest, &arena) };
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        const char *refusal = origin_refusal(&policies[i], &headers);
        fuzz_assert(!refusal || refusal[0]);
        if (refusal || policies[i].origins || !origin)
            continue;
        fuzz_assert(host && strlen(origin) == strlen("http://") + strlen(host));
        fuzz_assert(policies[i].takes_any_host || origin_host_is_known(&policies[i], host));
    }
    arena_clear(&arena);
    return 0;
}
