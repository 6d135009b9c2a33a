/*
 * A request to a function URL under way, and how it comes to its reply. Internal to the endpoint:
 * url_handlers.c lets the request in and starts the function, url_visit.c answers.
 */
#ifndef COALMINE_URL_VISIT_H
#define COALMINE_URL_VISIT_H

#include "buffer.h"
#include "json.h"
#include "lambda/function_url.h"
#include "lambda/invocation.h"
#include "lambda/url_address.h"
#include "lambda/url_cors.h"
#include "lambda/url_event.h"
#include "lambda/url_response.h"
#include "operation/operation.h"
#include "runtime/pool.h"

/* In the call's arena, as call->held. */
struct url_visit {
    struct url_address address; /* points into the request, like `headers`: for the event only */
    struct function_url url;
    cJSON *configuration; /* the URL's */
    const char *auth_type;
    struct url_event_header *headers;
    size_t header_count;
    size_t header_room;
    const char *access_key; /* of the signer; NULL: unsigned, or AuthType NONE */
    const char *trace_id;
    int64_t time_ms;
    int64_t began_us;
    uint64_t resets;        /* when it began */
    const char *plain_type; /* of a stream that has no prelude; NULL: it has, or there is none */
    bool awaits_prelude;    /* the stream's status and headers have not come whole */
    bool has_bad_prelude;
    struct buffer prelude;
};

/* What CORS asks of the request; borrowed from it. */
struct url_cors_request url_visit_cors(const struct call *call);

/* Status and headers: the response's, the trace's, CORS's. */
void url_visit_write_head(struct call *call, const struct url_response *response);
/* Makes a copy of `body` the reply's. */
void url_visit_set_body(struct call *call, struct text body);

/* The visit's end, before the call's: what it came to goes to the metrics, unless a reset has
 * emptied them meanwhile. */
void url_visit_leave(struct call *call);

/* The callbacks of the invocation (struct invocation_order); `owner` is the call. BUFFERED: */
void url_visit_on_end(const struct invocation_result *result, const struct invocation_run *run,
                      void *owner);
/* RESPONSE_STREAM: */
void url_visit_on_stream(struct text content_type, const char *version, void *owner);
void url_visit_on_chunk(struct text bytes, void *owner);
void url_visit_on_stream_end(const struct invocation_result *result,
                             const struct invocation_run *run, void *owner);

#endif
