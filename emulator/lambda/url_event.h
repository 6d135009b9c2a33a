/*
 * The event that a function URL makes of an HTTP request: payload format 2.0 (lambda-api.md
 * section 26.2).
 */
#ifndef COALMINE_URL_EVENT_H
#define COALMINE_URL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct url_event_header {
    const char *name;
    const char *value;
};

/* Borrowed. */
struct url_event {
    struct text method;
    struct text path;                       /* percent-encoded, as it stays */
    struct text query;                      /* without '?' */
    const struct url_event_header *headers; /* in the order they came, repeated ones too */
    size_t header_count;
    struct text body;
    const char *url_id;
    const char *domain; /* without a port */
    const char *port;   /* that the client reached, for X-Forwarded-Port */
    const char *client; /* its address */
    const char *trace_id;
    const char *request_id;
    int64_t time_ms;      /* service time */
    const char *account;  /* of the caller under AWS_IAM; NULL: anonymous */
    const char *user_arn; /* likewise */
    const char *user_id;  /* likewise */
    const char *access_key;
};

/* The JSON text, owned by the caller. */
char *url_event_print(const struct url_event *event);

#endif
