/*
 * Endpoint, region and credentials, found where the AWS CLI finds them and in its order:
 * options, environment, config and credentials files; credentials elsewhere, too (credentials.h).
 */
#ifndef CANARY_PROFILE_H
#define CANARY_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/patience.h"
#include "compiler.h"
#include "error.h"

struct profile {
    char *region;
    char *access_key_id;
    char *secret_access_key;
    char *session_token;   /* NULL: none */
    char *lambda_endpoint; /* "http://127.0.0.1:4566", without a slash at the end */
    char *cloudwatch_endpoint;
    char *sts_endpoint;
    char *authorities; /* who sign for AWS's certificates: a file; NULL: as for everybody */
    char *chosen_name; /* as in the choice that it was loaded by, which may be made again */
    char *chosen_endpoint;
    int64_t expires_ms; /* of the credentials; 0: never, as far as we know */
    bool is_local;      /* Lambda and CloudWatch are on this machine */
    bool is_renewable; /* the credentials are from where newer ones may come: not the environment */
};

struct profile_choice {
    const char *name;                /* --profile; NULL */
    const char *region;              /* --region; NULL */
    const char *endpoint_url;        /* --endpoint-url; NULL */
    const struct patience *patience; /* with who is asked for credentials; NULL: for ever */
};

/* False with a sentence if something needed is nowhere to be found. */
MUST_CHECK bool profile_load(const struct profile_choice *choice, struct profile *profile_out,
                             struct error *error);
void profile_clear(struct profile *profile);

/* Gets new credentials, which must be renewable, for those that expire. False with a sentence: they
 * stay. `patience` as in the choice. */
MUST_CHECK bool profile_refresh(struct profile *profile, const struct patience *patience,
                                struct error *error);

/* Takes copies in the place of the old ones. Nothing and false if one of key and secret is NULL; a
 * token need not be. */
bool profile_set_keys(struct profile *profile, const char *key, const char *secret,
                      const char *token);

/* Refuses an endpoint that is not on this machine, unless it is meant: it may be a real account. */
MUST_CHECK bool profile_guard(const struct profile *profile, bool allows_aws, struct error *error);

/* A copy that lives by itself. */
struct profile profile_copy(const struct profile *profile);

/* Takes the slashes off its end, in place; NULL is let be. */
void endpoint_trim(char *url);

/* True for loopback hosts: 127.0.0.0/8, ::1, localhost, *.localhost. */
bool endpoint_is_local(const char *url);

#endif
