/*
 * The heart: an operation is one row and one function; a call is one run of it. Read this first.
 *
 * edge decodes bytes into call->input (one cJSON tree, whatever the protocol), dispatch
 * validates it by the field rows, opens the savepoint, runs the handler, ends the savepoint, and
 * call_finish() hands the call back to edge, which encodes call->output.
 */
#ifndef COALMINE_OPERATION_H
#define COALMINE_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "compiler.h"
#include "error.h"
#include "json.h"
#include "loop/flow.h"
#include "operation/field.h"
#include "random.h"
#include "text.h"

struct store;
struct call;
struct session;
struct http_exchange;

enum outcome {
    OUTCOME_FAULT, /* call->error says what; zero, so that a forgotten answer is a failure */
    OUTCOME_OK,
    OUTCOME_LATER, /* somebody holds the call and will end it: call_continue or call_finish */
};

typedef enum outcome operation_handler(struct call *call);

enum operation_flags {
    OPERATION_WRITES = 1,      /* dispatch wraps the handler in a savepoint */
    OPERATION_RAW_PAYLOAD = 2, /* REST: the body is not JSON members but call->payload */
    OPERATION_IS_OPEN = 4,     /* for everybody: no signature is asked for, pages may send it */
    OPERATION_JUDGES_SIGNATURE = 8, /* open, but call->has_bad_signature is its to look at */
};

struct operation {
    const char *name;
    const char *route; /* REST: "POST /2015-03-31/functions/{FunctionName}/aliases"; else NULL */
    int status;        /* HTTP status of success; 0: 200 */
    unsigned flags;
    const struct field *input; /* rows, ended by a row without a name; NULL: takes nothing */
    /* Members of the answer. XML has these, in this order; JSON and CBOR look here for what the
     * tree does not tell: which are timestamps, blobs, reals. NULL: there is nothing to tell. */
    const struct field *output;
    operation_handler *handle;
    size_t body_ceiling; /* bytes; 0: the service's default */
    const char *note;    /* for docs/operations.md: what differs from AWS, if anything */
};

/* An operation that AWS has and we lack: it answers with an error that names it. */
struct lacking_operation {
    const char *name;
    const char *route; /* REST; else NULL */
};

enum protocol {
    PROTOCOL_REST_JSON = 1,
    PROTOCOL_AWS_JSON = 2,
    PROTOCOL_QUERY = 4,
    PROTOCOL_CBOR = 8,
};

/* How a service words what the field rows find. */
enum validation_style {
    VALIDATION_CORAL,      /* "1 validation error detected: Value ..." for everything */
    VALIDATION_CLOUDWATCH, /* missing: MissingParameter "The parameter X is required.", else coral
                            */
};

struct service {
    const char *name;              /* "lambda" */
    const char *title;             /* "AWS Lambda", for docs/operations.md */
    const char *signing_name;      /* in the credential scope: "monitoring" */
    unsigned protocols;            /* of enum protocol */
    const char *target_prefix;     /* X-Amz-Target before '.', and of the CBOR path; or NULL */
    const char *json_content_type; /* "application/x-amz-json-1.0" */
    const char *query_version;     /* "2010-08-01"; or NULL */
    const char *xml_namespace;
    const char *type_namespace; /* before '#' in __type */
    const char *message_key;    /* of error bodies in JSON: "Message" or "message" */
    enum validation_style validation_style;
    const struct fault *validation_fault;    /* constraint violated */
    const struct fault *missing_fault;       /* VALIDATION_CLOUDWATCH: required member absent */
    const struct fault *serialization_fault; /* a member has a wrong type */
    const struct fault *syntax_fault;   /* the body cannot be read; NULL: serialization_fault */
    const struct fault *internal_fault; /* our own failure: 500 */
    size_t body_ceiling;                /* bytes, when the operation says nothing */
    bool mends_texts;     /* of JSON bodies: json_parse_mended(); else such texts are refused */
    bool refuses_unknown; /* members and query parameters that no row names; AWS ignores them */
    const struct operation *const
        *operations;                         /* slices, NULL-ended; each ends with a nameless row */
    const struct lacking_operation *lacking; /* ended by a nameless row; NULL: none */
    /* The operation that serves this request because of its host name or path alone, whatever its
     * method; NULL: none does. Asked before anything else, so it must be cheap. NULL: never. Such
     * an operation has OPERATION_RAW_PAYLOAD and a body_ceiling, and no members in its path. */
    const struct operation *(*claim)(struct text host, struct text path);
    /* Called when a body is past its ceiling; sets the error. NULL: a plain 413. */
    void (*too_large)(struct call *call, size_t ceiling);
};

/* Who calls, beyond his account. Texts live with the call. */
struct caller {
    const char *access_key_id;     /* NULL: the request is unsigned */
    const struct session *session; /* of temporary credentials (sts/session.h); NULL: none */
    const char *arn;               /* what the session makes of him; NULL: a user of his account */
    const char *user_id;           /* likewise */
    const char *secret; /* of his key, or of the one that vouches for the session; NULL: keys are
                         * not verified */
};

struct call_header {
    const char *name;
    const char *value;
};

struct call {
    const struct service *service;
    const struct operation *operation;
    void *state; /* of the service, as given to edge_add_service() */
    struct store *store;
    struct arena arena; /* lives as long as the call */
    const char *account;
    struct caller caller;
    const char *region;
    const char *base_url; /* as the caller reached us: "http://127.0.0.1:4566" */
    char request_id[UUID_SIZE];

    bool has_bad_signature; /* none, or a wrong one, where keys were given: for the operations with
                             * OPERATION_JUDGES_SIGNATURE; all others are not reached then */
    cJSON *input;        /* never NULL; members as AWS spells them, path, query and headers too */
    struct text payload; /* the body as received, for OPERATION_RAW_PAYLOAD */

    cJSON *output;               /* made by the handler; NULL: no members */
    int status;                  /* 0: the operation's */
    struct call_header *headers; /* in the arena; names and values in it too, or static */
    size_t header_count;
    size_t header_room;
    char *raw_body; /* instead of output: malloc'd bytes; content type among the headers */
    size_t raw_body_size;
    struct error error;
    /* A handler that fails with an error that has members of its own puts them into `output`, and
     * sets their rows here. */
    const struct field *error_members;

    bool is_streaming; /* the reply has begun; call_finish ends it, raw_body is its last piece */
    struct flow flow;  /* full while the client is slower than what is streamed to it */
    struct http_exchange *exchange; /* what came, for the few that look beyond their rows */

    void *held; /* what a handler that answered OUTCOME_LATER keeps; it frees it itself */
    void (*on_finish)(struct call *call, enum outcome outcome); /* edge's */
    void (*on_stream)(struct call *call, struct text bytes);    /* edge's */
};

/* Adds a response header. */
void call_header(struct call *call, const char *name, const char *value);

/* Who calls, as AWS names him; region: the one whose partition he is in. */
const char *call_caller_arn(struct call *call, const char *region);
const char *call_caller_id(const struct call *call);

/* Makes (once) and returns call->output, an object. */
cJSON *call_output(struct call *call);

/* Sets call->error and returns OUTCOME_FAULT. */
enum outcome call_fault(struct call *call, const struct fault *fault, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Runs a decoded call: validation, savepoint, handler, call_finish unless OUTCOME_LATER. */
void dispatch(struct call *call);

/* Goes on with a call whose handler answered OUTCOME_LATER: runs `handler` as dispatch would
 * (savepoint if the operation writes) and finishes it. */
void call_continue(struct call *call, operation_handler *handler);

/* Runs a handler inside a savepoint, for an operation that writes only at times and is too hot to
 * open one always. */
enum outcome call_write(struct call *call, operation_handler *handler);

/* A piece of a reply that comes in pieces: it leaves at once. The first one takes status and
 * headers along as they are then. */
void call_stream(struct call *call, struct text bytes);

/* Ends the call; exactly once. The call is gone afterwards. With OUTCOME_FAULT a reply in pieces
 * breaks off. */
void call_finish(struct call *call, enum outcome outcome);

/* Checks call->input against the operation's rows: false with the service's error. */
MUST_CHECK bool call_validate(struct call *call);

#endif
