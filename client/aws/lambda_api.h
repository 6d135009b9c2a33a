/*
 * The Lambda operations that canary uses. Each returns false with a sentence on failure.
 */
#ifndef CANARY_LAMBDA_API_H
#define CANARY_LAMBDA_API_H

#include <stdbool.h>

#include "aws/api.h"

struct lambda_alias {
    char version[24];
    char routed_version[24]; /* "": no weights */
    double weight;
    char revision_id[64];
};

enum alias_found { ALIAS_FAILED, ALIAS_ABSENT, ALIAS_PRESENT };

/* ALIAS_ABSENT only if the function is there and the alias is not. */
enum alias_found lambda_get_alias(struct api *api, const char *function, const char *alias,
                                  struct lambda_alias *alias_out, struct error *error);

/* Does the alias send all traffic to `version`? False too if it cannot be read. */
bool lambda_alias_is_at(struct api *api, const char *function, const char *alias,
                        const char *version);

/* True with a sentence once AWS says that there is no such alias, or no such function. */
bool lambda_alias_is_gone(struct api *api, const char *function, const char *alias,
                          struct error *error);

/* Good as well if the alias is there as it was to be made: an earlier try may have done that. */
MUST_CHECK bool lambda_create_alias(struct api *api, const char *function, const char *alias,
                                    const char *version, struct error *error);

/* How an alias was changed. */
enum alias_change {
    ALIAS_CHANGE_DONE,
    ALIAS_CHANGE_STALE, /* the alias is no longer as it was: by somebody else, or by an earlier try
                           of this very change, whose answer was lost */
    ALIAS_CHANGE_GONE,  /* there is no alias any more */
    ALIAS_CHANGE_REFUSED,   /* nothing was changed */
    ALIAS_CHANGE_THROTTLED, /* nor here, and AWS may do it when it is asked again */
    ALIAS_CHANGE_BUSY,      /* nor here: AWS does something else with it, for seconds or minutes */
    ALIAS_CHANGE_VERSION_ABSENT, /* nor here: AWS knows no such version, or not everywhere yet */
    ALIAS_CHANGE_UNKNOWN,        /* no answer: it may have been changed */
};

/* Points the alias: all traffic to `version`, but `weight` of it to `routed` (NULL: none).
 * Refused by AWS if the alias is no longer as `alias` says (RevisionId). On success `alias` is as
 * it is now. */
enum alias_change lambda_update_alias(struct api *api, const char *function, const char *name,
                                      struct lambda_alias *alias, const char *version,
                                      const char *routed, double weight, struct error *error);

enum { CODE_SHA256_SIZE = 64 };

/* Uploads a package and waits until $LATEST has it; before that, for an update of somebody else.
 * `sha256_out` is what Lambda calls the code. */
MUST_CHECK bool lambda_update_code(struct api *api, const char *function, struct text zip,
                                   char sha256_out[CODE_SHA256_SIZE], struct error *error);

/* Publishes $LATEST, once no update of it is under way, and waits until the version can run.
 * Refused by AWS if its code is not that of `sha256` ("": any). */
MUST_CHECK bool lambda_publish(struct api *api, const char *function, const char *sha256,
                               char version_out[24], struct error *error);

/* Invokes synchronously. The response tells executed version and function error. */
bool lambda_invoke(struct api *api, const char *function, const char *qualifier,
                   struct text payload, struct api_response *response_out);

/* The same with a time limit (0: the usual one); `qualifier` NULL: as the function's name says. */
bool lambda_invoke_within(struct api *api, const char *function, const char *qualifier,
                          struct text payload, long timeout_ms, struct api_response *response_out);

/* What a function error says, in a line without the stack: "TypeError: x is not a function"; the
 * beginning of the answer where that has no message. Owned by the caller. */
char *lambda_function_error(const struct api_response *response);

/* Waits until the version can run; false with a sentence if there is none, or it never can. */
MUST_CHECK bool lambda_version_ready(struct api *api, const char *function, const char *version,
                                     struct error *error);

/* The path of Invoke for a function; owned by the caller. */
char *lambda_invoke_path(const char *function);

#endif
