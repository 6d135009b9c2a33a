/*
 * The service's state, for the files of lambda/.
 */
#ifndef COALMINE_LAMBDA_STATE_H
#define COALMINE_LAMBDA_STATE_H

#include "lambda/lambda.h"
#include "map.h"

struct lambda {
    struct lambda_parts parts;
    char *code_directory;
    char *link_secret;  /* that signs Code.Location */
    struct map targets; /* struct map of struct target by qualifier, by "account/region/name" */
    struct map views;   /* struct kept_view by ARN, of this generation of the store */
    uint64_t views_generation;
    struct map streams;   /* struct random_stream by alias ARN, until lambda_restart_draws() */
    struct map in_flight; /* struct concurrency_counter by what is counted; for good */
    uint64_t metrics_generation; /* that the targets' metric handles belong to */
    struct map published;        /* struct metric_set by dimension values; as the targets */
    struct garbage *garbage;     /* code that lost its last version; removed later, */
    int64_t removal_delay_ms;    /* so much */
    struct map code_bounds;      /* int64_t by "account/region": code_storage.c */
    size_t uploads;              /* packages being unpacked or read */
    struct map hot_folders;      /* struct hot_folder by its plan's key */
    size_t looks;                /* at such folders, going on */
    uint64_t resets; /* so far: what began before the last one records nothing at its end */
    struct event_queue *events;
    struct attachments *attachments; /* environments of the developer's own */
    struct schedule_entry settling;  /* the first version that settles */
    struct provision *provisions;    /* one for each order of provisioned concurrency */
    struct schedule_entry provisioning;
};

static inline struct lambda *lambda_of(struct call *call)
{
    return call->state;
}

#endif
