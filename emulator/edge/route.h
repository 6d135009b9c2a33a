/*
 * REST routes: "POST /2015-03-31/functions/{FunctionName}/aliases" against a request. A route may
 * end in a query parameter that must be there ("?List=ALL"); those are tried first.
 */
#ifndef COALMINE_ROUTE_H
#define COALMINE_ROUTE_H

#include <stdbool.h>

#include "text.h"

enum { ROUTE_SEGMENTS_MAX = 10 };

struct route {
    struct text method;
    struct text segments[ROUTE_SEGMENTS_MAX]; /* "{Name}" is a placeholder */
    int segment_count;
    struct text query; /* "List=ALL"; size 0: none */
};

/* The request, cut the same way: segments still percent-encoded, borrowed from the path. */
struct route_path {
    struct text segments[ROUTE_SEGMENTS_MAX];
    int segment_count; /* more than ROUTE_SEGMENTS_MAX - 1: matches nothing */
};

/* The pattern ("METHOD /path/{Name}?parameter") is borrowed: a literal. */
void route_parse(const char *pattern, struct route *route_out);
void route_path_parse(struct text path, struct route_path *path_out);

/* Same method, as many segments, literals alike, no placeholder empty; and the parameter, if the
 * pattern has one, is in the query. */
bool route_matches(const struct route *route, struct text method, const struct route_path *path,
                   struct text query);

/* The name inside "{Name}", or a text with size 0 if the segment is literal. */
struct text route_placeholder(struct text segment);

#endif
