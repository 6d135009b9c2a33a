/*
 * Words between terminals: a request is a file that is put into a deployment's control/ by rename;
 * the engine takes it, and puts its answer next to it.
 */
#ifndef CANARY_CONTROL_H
#define CANARY_CONTROL_H

#include "rollout/deployment.h"

struct control_request {
    char name[256]; /* of the file */
    char verb[32];
    char by[160];
};

/* For the engine: the oldest request that waits. */
bool control_take(const struct deployment *deployment, struct control_request *request_out);
/* Tells the asker: NULL that it was done, else why not. */
void control_answer(const struct deployment *deployment, const struct control_request *request,
                    const char *refusal);

/* For an engine that begins: what was asked of one that died, and not heard, is forgotten. */
void control_clear(const struct deployment *deployment);

/* For the other terminal: asks, and waits for the answer. False with the refusal, or if no answer
 * comes (the engine died meanwhile), or once should_stop() says so (NULL: never), which takes the
 * request back unless it was taken. */
MUST_CHECK bool control_ask(const char *state, const char *id, const char *verb,
                            bool (*should_stop)(void), struct error *error);

/* "user@host (process 123)"; the caller owns it. */
char *control_self(void);

#endif
