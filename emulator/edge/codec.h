/*
 * Codecs turn bytes of one wire protocol into the tree and back. They know field rows and
 * nothing of any service. What they share: input trees hold members as AWS spells them, with
 * types normalised by the rows (timestamps are epoch seconds, blobs base64 text).
 */
#ifndef COALMINE_CODEC_H
#define COALMINE_CODEC_H

#include "buffer.h"
#include "error.h"
#include "json.h"
#include "operation/operation.h"
#include "text.h"

/* Each decoder answers a new tree that the caller owns, or NULL with the service's
 * serialization fault set. Unknown members are dropped or ignored; null is absent. */
MUST_CHECK cJSON *json_codec_decode(const struct service *service, const struct field *rows,
                                    struct text body, struct error *error);
MUST_CHECK cJSON *query_codec_decode(const struct service *service, const struct field *rows,
                                     struct text body, struct error *error);
MUST_CHECK cJSON *cbor_codec_decode(const struct service *service, const struct field *rows,
                                    struct text body, struct error *error);

/* Encoders append the body of a success. `output` may be NULL. `rows` say how members are
 * printed and, for XML, in which order; members without a row are printed by their JSON type. */
void json_codec_encode(const struct field *rows, const cJSON *output, struct buffer *buffer);
void query_codec_encode(const struct service *service, const struct operation *operation,
                        const cJSON *output, const char *request_id, struct buffer *buffer);
void cbor_codec_encode(const struct field *rows, const cJSON *output, struct buffer *buffer);

/* What an error says besides its text, and the rows of it; both NULL: nothing. */
struct error_members {
    const struct field *rows;
    const cJSON *tree;
};

/* A structure's members, in the order of their rows. */
void query_codec_print(const struct field *rows, const cJSON *structure, struct buffer *buffer);

/* Encoders of faults append the body of a failure. */
void rest_json_encode_fault(const struct service *service, const struct error *error,
                            struct buffer *buffer);
void aws_json_encode_fault(const struct service *service, const struct error *error,
                           const struct error_members *members, struct buffer *buffer);
void query_codec_encode_fault(const struct service *service, const struct error *error,
                              const struct error_members *members, const char *request_id,
                              struct buffer *buffer);
void cbor_codec_encode_fault(const struct service *service, const struct error *error,
                             const struct error_members *members, struct buffer *buffer);
/* S3's and EC2's clients read no other shape. */
void s3_encode_fault(const struct error *error, const char *request_id, struct buffer *buffer);
void ec2_encode_fault(const struct error *error, const char *request_id, struct buffer *buffer);

#endif
