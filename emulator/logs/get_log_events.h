/*
 * GetLogEvents' tokens, for its handler and for tests.
 */
#ifndef COALMINE_LOGS_GET_LOG_EVENTS_H
#define COALMINE_LOGS_GET_LOG_EVENTS_H

#include <stdbool.h>

#include "compiler.h"
#include "logs/event.h"

struct events_token {
    bool is_backward;
    struct event_position position; /* not negative */
    int64_t stream_id;
};

/* A nextForwardToken or nextBackwardToken; reading answers false for what is none. */
enum { EVENTS_TOKEN_SIZE = 59 };
void events_token_print(const struct events_token *token, char text_out[EVENTS_TOKEN_SIZE]);
MUST_CHECK bool events_token_parse(struct text text, struct events_token *token_out);

#endif
