/*
 * Method, path, query: a line each. All REST routes of all services are asked, as for a request;
 * what matches gives as many placeholders as its route has.
 */
#include "edge/identify.h"
#include "emulator.h"
#include "support/fuzz.h"
#include "url.h"

static struct directory directory;

static void add_services(void)
{
    for (size_t i = 0; emulator_services[i]; i++)
        directory_add(&directory, emulator_services[i], NULL);
}

static void check_route(const struct route *route, struct text path)
{
    struct route_path parsed;
    route_path_parse(path, &parsed);
    fuzz_assert(parsed.segment_count == route->segment_count);
    for (int i = 0; i < route->segment_count; i++) {
        struct buffer value = { 0 };
        fuzz_assert(parsed.segments[i].size > 0);
        url_decode(&value, parsed.segments[i], false);
        fuzz_assert(value.size <= parsed.segments[i].size);
        fuzz_assert(route_placeholder(route->segments[i]).size ||
                    strncmp(route->segments[i].data, parsed.segments[i].data,
                            parsed.segments[i].size) == 0);
        buffer_clear(&value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = { (const char *)data, size };
    if (!directory.services)
        add_services();
    struct text method = text_cut(&rest, '\n');
    struct text path = text_cut(&rest, '\n');
    const struct edge_route *found = directory_route(&directory, method, path, rest);
    if (found) {
        fuzz_assert(found->operation || found->lacking);
        check_route(&found->route, path);
    }
    for (const struct edge_service *owner = directory.services; owner; owner = owner->next) {
        if (owner->service->claim)
            owner->service->claim(rest, path);
    }
    return 0;
}
