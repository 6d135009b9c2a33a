#include "lambda/routing.h"

bool routing_draw(struct random_stream *stream, double weight)
{
    return random_unit(stream) < weight;
}
