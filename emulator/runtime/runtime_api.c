/*
 * The Runtime API's requests and the states of the process behind them. The names of the states
 * are Lambda's own: they stand in its error messages.
 *
 *   Started --next--> Ready --event--> Running --response, error--> RuntimeResponseSentState
 *      |                ^                                                       |
 *      init error       +------------------------- next ------------------------+
 *
 * As on Lambda the next event may be asked for more than once: by several threads, or by a client
 * that gave up waiting, or lost what it was sent. While one is under way, that is sent again.
 */
#include "runtime/runtime_api.h"

#include <assert.h>

#include "crypto.h"
#include "http/origin.h"
#include "http/server.h"
#include "json.h"
#include "xalloc.h"

enum {
    /* One request at a time is what a runtime needs; a bad one can make us hold so many bodies. */
    CONNECTIONS_MAX = 32,
    /* AWS's clients send the cause for X-Ray in a header of up to 1 MB. Room for that is cleared at
     * each request: it is for processes that somebody debugs. */
    LARGE_CONNECTION_MEMORY = 1280 * 1024,
};

enum state { STARTED, INIT_ERROR, READY, RUNNING, RESPONSE_SENT };

static const char *const state_names[] = {
    [STARTED] = "Started",
    [INIT_ERROR] = "InitError",
    [READY] = "Ready",
    [RUNNING] = "Running",
    [RESPONSE_SENT] = "RuntimeResponseSentState",
};

struct runtime_api {
    struct loop *loop;
    const struct channel_events *events;
    void *owner;
    struct http_server *server;
    enum state state;
    struct http_exchange *waiting[CONNECTIONS_MAX]; /* requests for the next event */
    size_t waiting_count;
    char *request_id;                /* of the event it has; NULL: none */
    struct http_exchange *streaming; /* the answer that comes in pieces; NULL: none */
    struct http_exchange *early;     /* asks for the next event before that is seen to end */
    bool is_truncated;               /* that answer broke off, and nothing was said since */
    bool is_stopped;                 /* requests that still come in are left to the server's end */
};

/* Where the parts of a path stand: "/2018-06-01/runtime/" what "/" id "/" action. */
struct api_path {
    struct text what;
    struct text id;
    struct text action;
};

static const struct http_header json_header[] = { { "Content-Type", "application/json" } };

static void reply(struct http_exchange *exchange, int status, char *takes_body)
{
    struct http_reply answer = { .status = status,
                                 .headers = json_header,
                                 .header_count = 1,
                                 .body = takes_body,
                                 .body_size = strlen(takes_body) };
    http_exchange_reply(exchange, &answer);
}

static void refuse(struct http_exchange *exchange, int status, const char *type,
                   const char *message)
{
    reply(exchange, status,
          xformat("{\"errorMessage\":\"%s\",\"errorType\":\"%s\"}", message, type));
}

static void acknowledge(struct http_exchange *exchange)
{
    reply(exchange, 202, xstrdup("{\"status\":\"OK\"}"));
}

static void refuse_move(struct runtime_api *api, struct http_exchange *exchange, const char *to)
{
    CLEANUP(freep)
    char *message =
        xformat("State transition from %s to %s failed for runtime. Error: State transition is "
                "not allowed",
                state_names[api->state], to);
    refuse(exchange, 403, "InvalidStateTransition", message);
}

static void forget_event(struct runtime_api *api)
{
    free(api->request_id);
    api->request_id = NULL;
    api->is_truncated = false;
    api->state = RESPONSE_SENT;
}

static void end_stream(struct runtime_api *api, struct text type, struct text body)
{
    api->streaming = NULL;
    forget_event(api);
    api->events->on_stream_end(type, body, CHANNEL_WILL_ASK, api->owner);
}

static void refuse_replaced(struct http_exchange *exchange)
{
    refuse(exchange, 410, "Replaced", "Another process asks for the next event");
}

static struct http_exchange *take_waiting(struct runtime_api *api, size_t index)
{
    struct http_exchange *exchange = api->waiting[index];
    api->waiting_count--;
    memmove(&api->waiting[index], &api->waiting[index + 1],
            (api->waiting_count - index) * sizeof(api->waiting[0]));
    return exchange;
}

/* Whoever hung up is not waited for: so there is room for each connection's. */
static void add_waiting(struct runtime_api *api, struct http_exchange *exchange)
{
    for (size_t i = api->waiting_count; i-- > 0;)
        if (!http_exchange_is_connected(api->waiting[i]))
            refuse(take_waiting(api, i), 410, "Gone", "The connection is closed");
    assert(api->waiting_count < CONNECTIONS_MAX);
    api->waiting[api->waiting_count++] = exchange;
}

/* The last that asked is the likeliest to be there. */
static struct http_exchange *choose_waiting(struct runtime_api *api)
{
    size_t chosen = api->waiting_count - 1;
    while (chosen > 0 && !http_exchange_is_connected(api->waiting[chosen]))
        chosen--;
    return take_waiting(api, chosen);
}

/* Whatever the process before was at, it has gone; what it streams on is nobody's answer. */
static void restart(struct runtime_api *api)
{
    while (api->waiting_count)
        refuse_replaced(take_waiting(api, 0));
    if (api->early)
        refuse_replaced(api->early);
    api->early = NULL;
    runtime_api_resume(api);
    api->streaming = NULL;
    forget_event(api);
    api->events->on_restart(api->owner);
}

/* The end of a stream can be seen later than what the runtime sent afterwards, on another
 * connection. */
static void on_next(struct runtime_api *api, struct http_exchange *exchange)
{
    if (api->streaming && !api->early) {
        api->early = exchange;
        return;
    }
    if (api->is_truncated)
        end_stream(api, TEXT("Runtime.TruncatedResponse"),
                   TEXT("{\"errorMessage\":\"Response truncated\",\"errorType\":"
                        "\"Runtime.TruncatedResponse\"}"));
    if (api->state == INIT_ERROR && !api->events->on_restart) {
        refuse_move(api, exchange, state_names[READY]);
        return;
    }
    if (api->state != STARTED && api->state != RESPONSE_SENT && api->events->on_restart)
        restart(api);
    add_waiting(api, exchange);
    if (api->state == RUNNING) {
        api->events->on_repeat(api->owner);
    } else if (api->state != READY) {
        api->state = READY;
        api->events->on_next(api->owner);
    }
}

/* Whether an answer may be given now, and to this event; refuses it if not. */
static bool may_answer(struct runtime_api *api, struct http_exchange *exchange, struct text id,
                       const char *to)
{
    if (api->state == STARTED || api->state == INIT_ERROR) {
        refuse_move(api, exchange, to);
        return false;
    }
    if (!api->request_id || api->streaming || !text_equal(id, api->request_id)) {
        refuse(exchange, 400, "InvalidRequestID", "Invalid request ID");
        return false;
    }
    return true;
}

static void on_response(struct runtime_api *api, struct http_exchange *exchange, struct text id)
{
    const char *mode = http_exchange_header(exchange, "Lambda-Runtime-Function-Response-Mode");
    if (!may_answer(api, exchange, id, "InvocationResponse"))
        return;
    if (api->is_truncated) {
        refuse(exchange, 400, "InvalidRequestID", "Invalid request ID");
        return;
    }
    if (mode && strcmp(mode, "streaming") != 0) {
        refuse(exchange, 400, "InvalidFunctionResponseMode", "Invalid function response mode");
        return;
    }
    bool is_too_large = http_exchange_is_too_large(exchange);
    struct text body = http_exchange_body(exchange);
    forget_event(api);
    if (is_too_large)
        refuse(exchange, 413, "RequestEntityTooLarge",
               "Exceeded maximum allowed payload size (6291556 bytes).");
    else
        acknowledge(exchange);
    api->events->on_response(body, is_too_large, CHANNEL_WILL_ASK, api->owner);
}

static struct text error_type(const struct http_exchange *exchange)
{
    return channel_error_type(
        text_from(http_exchange_header(exchange, "Lambda-Runtime-Function-Error-Type")));
}

static void on_error(struct runtime_api *api, struct http_exchange *exchange, struct text id)
{
    if (!may_answer(api, exchange, id, "InvocationErrorResponse"))
        return;
    struct text type = error_type(exchange);
    struct text body = http_exchange_body(exchange);
    forget_event(api);
    acknowledge(exchange);
    api->events->on_error(type, body, CHANNEL_WILL_ASK, api->owner);
}

static void on_init_error(struct runtime_api *api, struct http_exchange *exchange)
{
    if (api->state != STARTED) {
        refuse_move(api, exchange, state_names[INIT_ERROR]);
        return;
    }
    struct text type = error_type(exchange);
    struct text body = http_exchange_body(exchange);
    api->state = INIT_ERROR;
    acknowledge(exchange);
    api->events->on_init_error(type, body, api->owner);
}

/* False if the path is none of the Runtime API's. */
static bool parse(struct text path, struct api_path *parts_out)
{
    if (path.size && path.data[0] == '/')
        text_cut(&path, '/');
    if (!text_equal(text_cut(&path, '/'), "2018-06-01"))
        return false;
    struct text group = text_cut(&path, '/');
    parts_out->what = text_equal(group, "ping") ? group : text_cut(&path, '/');
    parts_out->id = text_cut(&path, '/');
    parts_out->action = path;
    return text_equal(group, "runtime") || text_equal(group, "ping");
}

/* Nobody but the process itself has business here. Clients of a few lines call this host as they
 * like; what a page's own name can be has a dot. */
static bool is_of_a_page(const struct http_exchange *exchange)
{
    const struct origin_headers headers = origin_headers_of(exchange);
    const struct origin_policy policy = { .takes_any_host = headers.host && !headers.origin &&
                                                            !strchr(headers.host, '.') };
    return origin_refusal(&policy, &headers) != NULL;
}

/* True if this is the answer to the event under way, in pieces. */
static bool takes_pieces(struct http_exchange *exchange, void *owner)
{
    struct runtime_api *api = owner;
    struct api_path parts;
    const char *mode = http_exchange_header(exchange, "Lambda-Runtime-Function-Response-Mode");
    if (api->is_stopped || api->streaming || api->is_truncated || api->state != RUNNING || !mode ||
        strcmp(mode, "streaming") != 0 || is_of_a_page(exchange) ||
        !parse(http_exchange_path(exchange), &parts) || !text_equal(parts.action, "response") ||
        !text_equal(parts.id, api->request_id))
        return false;
    const char *content_type = http_exchange_header(exchange, "Content-Type");
    api->streaming = exchange;
    api->events->on_stream(text_from(content_type ? content_type : ""), api->owner);
    return true;
}

static bool on_piece(struct http_exchange *exchange, struct text piece, void *owner)
{
    struct runtime_api *api = owner;
    return api->is_stopped || exchange != api->streaming ||
           api->events->on_chunk(piece, api->owner);
}

void runtime_api_resume(struct runtime_api *api)
{
    if (api->streaming)
        http_exchange_resume(api->streaming);
}

static void go_on_early(struct runtime_api *api)
{
    struct http_exchange *exchange = api->early;
    api->early = NULL;
    if (exchange)
        on_next(api, exchange);
}

/* The runtime left in the middle of its answer. If it is about to exit, that is the better reason:
 * what came of it is told when it exits, says something else, or asks for the next event. */
static void on_broken(struct http_exchange *exchange, void *owner)
{
    struct runtime_api *api = owner;
    if (api->is_stopped || exchange != api->streaming)
        return;
    api->streaming = NULL;
    api->is_truncated = true;
    go_on_early(api);
}

/* The error body for a type alone. */
static char *make_error_body(const char *type)
{
    CLEANUP(json_deletep) cJSON *error = cJSON_CreateObject();
    json_set_text(error, "errorType", type);
    return json_print(error);
}

/* The pieces are all there; trailers say if the function failed on the way. */
static void on_streamed(struct runtime_api *api, struct http_exchange *exchange)
{
    const char *type = http_exchange_trailer(exchange, "Lambda-Runtime-Function-Error-Type");
    const char *encoded = http_exchange_trailer(exchange, "Lambda-Runtime-Function-Error-Body");
    size_t size = 0;
    CLEANUP(freep) char *body = encoded ? base64_decode(text_from(encoded), &size) : NULL;
    CLEANUP(freep) char *plain = make_error_body(type ? type : "Runtime.Unknown");
    struct text error = TEXT("");
    if (type || encoded)
        error = body && size ? (struct text){ body, size } : text_from(plain);
    acknowledge(exchange);
    end_stream(api, text_from(type ? type : ""), error);
    go_on_early(api);
}

static void on_request(struct http_exchange *exchange, void *owner)
{
    struct runtime_api *api = owner;
    struct api_path parts;
    if (api->is_stopped)
        return;
    if (exchange == api->streaming) {
        on_streamed(api, exchange);
        return;
    }
    if (is_of_a_page(exchange)) {
        refuse(exchange, 403, "Forbidden",
               "The Runtime API does not answer pages in a browser, nor under another Host name "
               "than this machine's own");
        return;
    }
    bool is_get = text_equal(http_exchange_method(exchange), "GET");
    bool is_post = text_equal(http_exchange_method(exchange), "POST");
    bool is_known = parse(http_exchange_path(exchange), &parts);
    bool is_invocation = is_known && text_equal(parts.what, "invocation");
    if (is_get && is_invocation && text_equal(parts.id, "next"))
        on_next(api, exchange);
    else if (is_post && is_invocation && text_equal(parts.action, "response"))
        on_response(api, exchange, parts.id);
    else if (is_post && is_invocation && text_equal(parts.action, "error"))
        on_error(api, exchange, parts.id);
    else if (is_post && is_known && text_equal(parts.what, "init") && text_equal(parts.id, "error"))
        on_init_error(api, exchange);
    else if (is_get && is_known && text_equal(parts.what, "ping"))
        reply(exchange, 200, xstrdup("pong"));
    else
        reply(exchange, 404, xstrdup("404 page not found\n"));
}

static size_t body_ceiling(const struct http_exchange *exchange, void *owner UNUSED)
{
    return text_equal(http_exchange_method(exchange), "POST") ? CHANNEL_PAYLOAD_MAX : 0;
}

struct runtime_api *runtime_api_start(struct loop *loop, const struct channel_events *events,
                                      void *owner, struct error *error)
{
    struct runtime_api *api = xcalloc(1, sizeof(*api));
    struct http_server_options options = { .address = "127.0.0.1",
                                           .connections_max = CONNECTIONS_MAX,
                                           .connection_memory =
                                               events->on_restart ? LARGE_CONNECTION_MEMORY : 0,
                                           .on_request = on_request,
                                           .body_ceiling = body_ceiling,
                                           .takes_pieces = takes_pieces,
                                           .on_piece = on_piece,
                                           .on_broken = on_broken,
                                           .owner = api };
    api->loop = loop;
    api->events = events;
    api->owner = owner;
    api->server = http_server_start(loop, &options, error);
    if (api->server)
        return api;
    free(api);
    return NULL;
}

int runtime_api_port(const struct runtime_api *api)
{
    return http_server_port(api->server);
}

void runtime_api_listen(struct runtime_api *api)
{
    http_server_run(api->server);
}

/* A header's value as a string of one line; JSON text may hold line ends. */
static char *one_line(struct text text)
{
    char *line = xstrndup(text.size ? text.data : "", text.size);
    for (char *at = line; *at; at++)
        if (*at == '\r' || *at == '\n')
            *at = ' ';
    return line;
}

bool runtime_api_is_awaited(const struct runtime_api *api)
{
    return api->waiting_count && http_exchange_is_connected(api->waiting[api->waiting_count - 1]);
}

void runtime_api_send(struct runtime_api *api, const struct job *job)
{
    const struct frame_event *event = &job->event;
    assert((api->state == READY || api->state == RUNNING) && api->waiting_count);
    CLEANUP(freep) char *arn = one_line(event->invoked_arn);
    CLEANUP(freep) char *trace_id = one_line(event->trace_id);
    CLEANUP(freep) char *client_context = one_line(event->client_context);
    char deadline[24];
    snprintf(deadline, sizeof(deadline), "%.0f", event->deadline_ms);
    free(api->request_id);
    api->request_id = one_line(event->request_id);
    struct http_header headers[6] = {
        json_header[0],
        { "Lambda-Runtime-Aws-Request-Id", api->request_id },
        { "Lambda-Runtime-Deadline-Ms", deadline },
        { "Lambda-Runtime-Invoked-Function-Arn", arn },
    };
    size_t count = 4;
    if (*trace_id)
        headers[count++] = (struct http_header){ "Lambda-Runtime-Trace-Id", trace_id };
    if (*client_context)
        headers[count++] = (struct http_header){ "Lambda-Runtime-Client-Context", client_context };
    struct http_reply answer = { .status = 200,
                                 .headers = headers,
                                 .header_count = count,
                                 .body = xmemdup(event->payload.data, event->payload.size),
                                 .body_size = event->payload.size };
    api->state = RUNNING;
    http_exchange_reply(choose_waiting(api), &answer);
}

static void free_api(void *owner)
{
    struct runtime_api *api = owner;
    free(api->request_id);
    free(api);
}

void runtime_api_stop(struct runtime_api **stopping)
{
    struct runtime_api *api = *stopping;
    if (!api)
        return;
    *stopping = NULL;
    api->is_stopped = true;
    http_server_destroy(api->server);
    loop_defer(api->loop, free_api, api); /* the server may be inside a request of ours */
}
