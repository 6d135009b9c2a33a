/*
 * Weighted routing: an independent draw per invocation, nothing else (lambda-api.md section 3).
 */
#ifndef COALMINE_ROUTING_H
#define COALMINE_ROUTING_H

#include <stdbool.h>

#include "random.h"

/* True if this invocation goes to the additional version, whose share is `weight` (0 to 1: 0
 * never, 1 always). */
bool routing_draw(struct random_stream *stream, double weight);

#endif
