/*
 * Taking code in, on a worker: decoding, reading an object, packing a folder, unpacking, joining
 * layers. A call waits for it between its two halves.
 */
#ifndef COALMINE_CODE_UPLOAD_H
#define COALMINE_CODE_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "lambda/object.h"
#include "operation/operation.h"

/* Bytes of a zip that comes in a request; and of such a request, where it is base64. */
enum { CODE_ZIPPED_MAX = 52428800, CODE_BODY_MAX = 70167211 };

/* Where code comes from: one of the first four, or none. All borrowed from the call. */
struct code_source {
    const char *zip_base64;
    struct object_name object; /* bucket NULL: none */
    const char *folder;        /* a developer's, absolute: looked at, not taken in */
    const char *sha256;        /* code that is here already */
    const char *key_arn;       /* SourceKMSKeyArn; NULL: none */
    bool is_frozen;            /* the folder is packed and taken in after all */
    const char *const *layers; /* digests in the order of Layers, NULL-ended; NULL: none */
};

/* What was taken in; texts in the call's arena. */
struct code_taken {
    const char *sha256;        /* base64; NULL: a folder that was not frozen */
    int64_t size;              /* of the zip */
    const char *layers_sha256; /* of the layers joined; NULL: none */
    const char *folder;        /* that was looked at; NULL: none */
};

/* Where a function's or a layer's code may be; the rows need lambda/configuration.h. */
#define CODE_S3_FIELDS                                                                             \
    { .name = "S3Bucket",                                                                          \
      .type = FIELD_STRING,                                                                        \
      .length = BETWEEN(3, 63),                                                                    \
      .pattern = configuration_bucket_pattern },                                                   \
        { .name = "S3Key", .type = FIELD_STRING, .length = BETWEEN(1, 1024) },                     \
        { .name = "S3ObjectVersion", .type = FIELD_STRING, .length = BETWEEN(1, 1024) },           \
    {                                                                                              \
        .name = "S3ObjectStorageMode", .type = FIELD_STRING, .values = configuration_storage_modes \
    }
#define CODE_FIELDS                                                                                \
    { .name = "ZipFile", .type = FIELD_BLOB, .is_sensitive = true }, CODE_S3_FIELDS,               \
        { .name = "ImageUri", .type = FIELD_STRING },                                              \
    {                                                                                              \
        .name = "SourceKMSKeyArn", .type = FIELD_STRING, .pattern = CONFIGURATION_ARN_OR_EMPTY     \
    }

/* Reads ZipFile, S3Bucket, S3Key, S3ObjectVersion and SourceKMSKeyArn of `code`: CreateFunction's
 * Code, PublishLayerVersion's Content, UpdateFunctionCode's own members. `may_be_folder`: bucket
 * "hot-reload" names a folder. False with the fault. */
MUST_CHECK bool code_source_read(struct call *call, const cJSON *code, bool may_be_folder,
                                 struct code_source *source_out);

/* Takes the code in, then continues the call with `next`, which calls code_upload_end(). Always
 * OUTCOME_LATER. */
enum outcome code_upload_start(struct call *call, const struct code_source *source,
                               operation_handler *next);

/* What came of it; false with the fault in AWS's words. The upload is freed. */
MUST_CHECK bool code_upload_end(struct call *call, struct code_taken *taken_out);

#endif
