#include "edge/route.h"

static int cut_segments(struct text path, struct text segments[ROUTE_SEGMENTS_MAX])
{
    int count = 0;
    if (path.size && path.data[0] == '/') {
        path.data++;
        path.size--;
    }
    /* What is empty behind the last slash is no segment: older clients send one at the end. */
    while (path.size && count < ROUTE_SEGMENTS_MAX)
        segments[count++] = text_cut(&path, '/');
    return count;
}

void route_parse(const char *pattern, struct route *route_out)
{
    struct text rest = text_from(pattern);
    *route_out = (struct route){ .method = text_cut(&rest, ' ') };
    struct text path = text_cut(&rest, '?');
    route_out->segment_count = cut_segments(path, route_out->segments);
    route_out->query = rest;
}

void route_path_parse(struct text path, struct route_path *path_out)
{
    path_out->segment_count = cut_segments(path, path_out->segments);
}

struct text route_placeholder(struct text segment)
{
    if (segment.size < 3 || segment.data[0] != '{')
        return (struct text){ "", 0 };
    return (struct text){ segment.data + 1, segment.size - 2 };
}

static bool same(struct text a, struct text b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static bool has_parameter(struct text query, struct text wanted)
{
    while (query.size) {
        if (same(text_cut(&query, '&'), wanted))
            return true;
    }
    return false;
}

bool route_matches(const struct route *route, struct text method, const struct route_path *path,
                   struct text query)
{
    if (route->segment_count != path->segment_count || !same(route->method, method))
        return false;
    for (int i = 0; i < path->segment_count; i++) {
        bool is_literal = route_placeholder(route->segments[i]).size == 0;
        if (is_literal ? !same(route->segments[i], path->segments[i]) : path->segments[i].size == 0)
            return false;
    }
    return route->query.size == 0 || has_parameter(query, route->query);
}
