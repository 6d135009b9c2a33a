/*
 * What a function answered to a function URL, as HTTP: payload format 2.0, and the prelude of
 * streamed answers (lambda-api.md sections 18.3 and 26.2).
 */
#ifndef COALMINE_URL_RESPONSE_H
#define COALMINE_URL_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "compiler.h"
#include "text.h"

/* Content type of a streamed answer that begins with a prelude: a JSON object with statusCode,
 * headers and cookies, then URL_PRELUDE_END zero bytes, then the body. */
#define URL_PRELUDE_TYPE "application/vnd.awslambda.http-integration-response"
enum { URL_PRELUDE_END = 8, URL_PRELUDE_MAX = 64 * 1024 };

/* Bytes of all headers together; ours, AWS's limit is not known. */
enum { URL_HEADERS_MAX = 16 * 1024 };

struct url_header {
    const char *name;
    const char *value;
};

struct url_response {
    int status;
    struct url_header *headers; /* Content-Type among them */
    size_t header_count;
    struct text body;
    const char *fault; /* static: why it is no response; NULL: it is one */
};

/* Reads the function's result. Texts live in the arena or are those of `payload`. False if it
 * looks like a response and is none: a status, header or body that HTTP cannot carry. */
MUST_CHECK bool url_response_read(struct text payload, struct arena *arena,
                                  struct url_response *response_out);

/* The same for a prelude, without its zero bytes; there is no body in it. */
MUST_CHECK bool url_response_read_prelude(struct text prelude, struct arena *arena,
                                          struct url_response *response_out);

/* Offset of the zero bytes behind the prelude; false if they have not all come yet. */
MUST_CHECK bool url_prelude_find_end(struct text bytes, size_t *end_out);

#endif
