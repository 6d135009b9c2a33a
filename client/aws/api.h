/*
 * One signed AWS call, performed with retries.
 */
#ifndef CANARY_API_H
#define CANARY_API_H

#include <curl/curl.h>
#include <stdbool.h>

#include "buffer.h"
#include "compiler.h"
#include "error.h"
#include "json.h"
#include "aws/profile.h"
#include "random.h"

enum api_service { API_LAMBDA, API_CLOUDWATCH, API_STS };

struct api_request {
    enum api_service service;
    const char *method;
    const char *path;         /* percent-encoded, from "/" on */
    const char *query;        /* without '?'; NULL: none */
    const char *target;       /* X-Amz-Target; NULL: none */
    const char *operation;    /* what AWS calls it, for people; NULL: "a call" */
    const char *content_type; /* NULL: JSON, in the service's own dress */
    struct text body;
    bool is_retried_on_throttling_only; /* Invoke: anything else may have run */
    bool is_unsigned;                   /* it says in another way who asks */
    bool is_never_stopped;              /* UpdateAlias: nobody would know whether it was done */
    long timeout_ms;                    /* 0: any time, but not 60 s without a byte */
};

/* What came back. All owned by the response. */
struct api_response {
    long status; /* 0: no answer came */
    struct buffer body;
    char *error_code; /* "ResourceConflictException"; NULL on success */
    char *message;
    char executed_version[24]; /* X-Amz-Executed-Version; "" without */
    bool is_function_error;
    bool is_throttled; /* without a 2xx: it was one call too many, for now */
    bool may_be_done;  /* without a 2xx: this or an earlier try may have been performed all the same
                        */
    int64_t date_ms;   /* AWS's time, to the second, when it answered; 0: it does not say */
    int64_t retry_after_ms; /* how long AWS wants nobody to try again; 0: it does not say */
    CURLcode curl_code;
};

/* Is AWS there? Monotonic times. */
struct contact {
    int64_t answered_us; /* of the last answer */
    int64_t asked_us;    /* of the first question after it that waits for one; 0: none does */
};

struct api {
    struct profile profile;
    CURL *handle; /* for calls one by one */
    struct random_stream jitter;
    struct contact contact;
    int64_t awake_us;                 /* when api_note_awake() was last called (monotonic), */
    int64_t woken_us;                 /* and when it last was after this process had stood still */
    int64_t aws_ahead_ms;             /* AWS's time less clock_elapsed_ms(); 0: not known yet */
    unsigned renewals;                /* of the credentials, so far */
    int64_t renewal_us;               /* when api_renew_in_time() last saw to them (monotonic) */
    int64_t renew_next_us;            /* when that may be tried again (monotonic) */
    bool (*should_stop)(void *owner); /* the user wants to stop; NULL: never */
    void *owner;
    int64_t patient_until_us; /* throttling is waited out until then (monotonic); 0: for ten minutes
                               * in each call */
    bool was_throttled;       /* the last call was given up for that */
    /* Told why a call takes so long, after two seconds and then each minute; NULL: nobody is. */
    void (*on_throttled)(const char *sentence, void *owner);
    void *throttled_owner;
};

/* Takes the profile. */
void api_init(struct api *api, struct profile *profile);
void api_clear(struct api *api);
/* Another one for another thread, with the credentials of now. */
void api_copy(struct api *copy_out, const struct api *api);
/* Gets new credentials for those that are about to expire, as each call does: for what sends with
 * a copy of them. Called often, it looks every few seconds. */
void api_renew_in_time(struct api *api);

/* Called at least once a second by whoever would know of a silence, and by each call that waits:
 * what passes while this process is stopped (Ctrl-Z, a machine that is put to sleep) is nobody's
 * silence. */
void api_note_awake(struct api *api);

/* Performs the call, with retries (backoff.h) on throttling, 5xx and connection errors, and with
 * newer credentials, if there are any, where these have expired. True if a 2xx came. Throttling
 * (429, 503, or an error that is called so) is waited out: limits are the account's, and others use
 * them up; but not that of Invoke, which is the function's own. Ends at once when the user wants to
 * stop, a change that is never stopped as soon as it is sure that it was not made; what begins
 * after that (taking the weights back) is done as ever. */
bool api_call(struct api *api, const struct api_request *request,
              struct api_response *response_out);
void api_response_clear(struct api_response *response);

/* AWS's time: the machine's, unless that is seconds from what AWS's answers say. Nobody who sets
 * the machine's clock changes it. */
int64_t api_aws_now_ms(const struct api *api);

/* The answer's JSON; NULL if it is none. The caller owns it. */
cJSON *api_response_json(const struct api_response *response);

/* The text of the first such element, as it stands there, if it has no children: enough for STS's
 * flat answers. Empty if there is none. */
struct text xml_element(struct text xml, const char *name);

/* Sets a sentence about a failed call: what, code, message. Returns false. */
bool api_failure(const struct api_response *response, const char *doing, struct error *error);

/* True once the user wants to stop. */
bool api_is_stopped(const struct api *api);

#endif
