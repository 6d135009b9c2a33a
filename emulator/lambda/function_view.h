/*
 * What GetFunction and GetFunctionConfiguration show of a version. Deployment tools ask for it
 * again and again while they wait, so it is kept as text until anything is written to the store:
 * then all views are dropped, for a version's view comes from many tables.
 */
#ifndef COALMINE_FUNCTION_VIEW_H
#define COALMINE_FUNCTION_VIEW_H

#include "lambda/function_name.h"
#include "lambda/lambda.h"

struct function_view {
    const char *configuration; /* FunctionConfiguration, as JSON */
    const char *tags;          /* JSON; NULL: there are none */
    const char *folder;        /* that it runs from; NULL: it runs its code, */
    const char *code_id;       /* this one */
    const char *source_key;    /* SourceKMSKeyArn; NULL: none */
    int64_t reserved;          /* concurrency; -1: none, or asked with a qualifier */
};

/* Of the version or alias that `name` says; borrowed until the next one is asked for. NULL with the
 * call's error if there is none. Not for calls that write. */
MUST_CHECK const struct function_view *function_view_get(struct call *call,
                                                         const struct function_name *name);

/* Something that they show was written: they are made anew when they are asked for. */
void function_views_forget(struct lambda *lambda);

#endif
