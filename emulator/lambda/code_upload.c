#include "lambda/code_upload.h"

#include <stdlib.h>

#include "crypto.h"
#include "lambda/code.h"
#include "lambda/faults.h"
#include "log.h"
#include "runtime/tree.h"
#include "xalloc.h"

static const char hot_bucket[] = "hot-reload";

struct code_upload {
    struct call *call;
    operation_handler *next;
    const char *code_directory;
    const char *s3_directory;
    bool is_durable;
    struct code_source source;
    /* What the worker fills in. */
    bool is_taken;
    char *sha256;
    char *layers_sha256;
    size_t size;
    struct error error;
};

static bool refuse_too_large(struct error *error)
{
    return error_set(error, &LAMBDA_INVALID_PARAMETER,
                     "Unzipped size must be smaller than %d bytes", PACKAGE_UNZIPPED_MAX);
}

/* In AWS's words, but for what only a folder can have wrong. */
static bool refuse_package(struct code_upload *upload, enum package_fault fault,
                           const struct error *reason)
{
    switch (fault) {
    case PACKAGE_OK:
        return true;
    case PACKAGE_NOT_ZIP:
        if (upload->source.folder)
            return error_set(&upload->error, &LAMBDA_INVALID_PARAMETER,
                             "The folder %s cannot be made a version: %s", upload->source.folder,
                             reason->message);
        return error_set(&upload->error, &LAMBDA_INVALID_PARAMETER,
                         "Could not unzip uploaded file. Please check your file, then try to "
                         "upload again.");
    case PACKAGE_EMPTY:
        return error_set(&upload->error, &LAMBDA_INVALID_PARAMETER,
                         "Uploaded file must be a non-empty zip");
    case PACKAGE_TOO_LARGE:
        return refuse_too_large(&upload->error);
    case PACKAGE_IO:
        break;
    }
    return error_set(&upload->error, NULL, "%s",
                     reason->message ? reason->message : "unpacking failed");
}

static bool install(struct code_upload *upload, struct text zip)
{
    CLEANUP(error_clear) struct error reason = { 0 };
    upload->size = zip.size;
    enum package_fault fault = code_install(upload->code_directory, zip, &upload->sha256, &reason);
    return refuse_package(upload, fault, &reason);
}

static bool take_request(struct code_upload *upload)
{
    size_t size;
    CLEANUP(freep) char *zip = base64_decode(text_from(upload->source.zip_base64), &size);
    if (!zip)
        return error_set(&upload->error, &LAMBDA_SERIALIZATION,
                         "Member ZipFile is not a valid base64 text");
    if (size > CODE_ZIPPED_MAX)
        return error_set(&upload->error, &LAMBDA_REQUEST_TOO_LARGE,
                         "Zipped size must be smaller than %d bytes", CODE_ZIPPED_MAX);
    return install(upload, (struct text){ zip, size });
}

/* An object may be larger than a request, but a zip that is larger than its content can never be
 * is not worth reading. */
static bool take_object(struct code_upload *upload)
{
    size_t size;
    bool is_too_large = false;
    CLEANUP(freep)
    char *zip = object_read(upload->s3_directory, &upload->source.object, PACKAGE_UNZIPPED_MAX,
                            &size, &is_too_large, &upload->error);
    if (is_too_large)
        return refuse_too_large(&upload->error);
    return zip && install(upload, (struct text){ zip, size });
}

static bool look_at_folder(struct code_upload *upload)
{
    uint64_t fingerprint;
    CLEANUP(error_clear) struct error reason = { 0 };
    return tree_fingerprint(upload->source.folder, &fingerprint, &reason) ||
           error_set(&upload->error, &LAMBDA_INVALID_PARAMETER,
                     "%s cannot run from this folder: %s", hot_bucket, reason.message);
}

static bool freeze_folder(struct code_upload *upload)
{
    size_t size;
    char *zip = NULL;
    CLEANUP(error_clear) struct error reason = { 0 };
    enum package_fault fault = tree_pack(upload->source.folder, &zip, &size, &reason);
    bool is_taken = fault == PACKAGE_OK ? install(upload, (struct text){ zip, size })
                                        : refuse_package(upload, fault, &reason);
    free(zip);
    return is_taken;
}

static bool take_source(struct code_upload *upload)
{
    const struct code_source *source = &upload->source;
    if (source->zip_base64)
        return take_request(upload);
    if (source->object.bucket)
        return take_object(upload);
    if (source->folder)
        return look_at_folder(upload) && (!source->is_frozen || freeze_folder(upload));
    upload->sha256 = source->sha256 ? xstrdup(source->sha256) : NULL;
    return true;
}

/* The limit is for a function's code and its layers together. */
static bool take_layers(struct code_upload *upload)
{
    int64_t own = 0;
    int64_t layered;
    if (!upload->source.layers || !upload->source.layers[0])
        return true;
    if (!code_join_layers(upload->code_directory, upload->source.layers, &upload->layers_sha256,
                          &upload->error) ||
        !code_size(upload->code_directory, upload->layers_sha256, &layered, &upload->error))
        return false;
    if (upload->sha256 && !code_size(upload->code_directory, upload->sha256, &own, &upload->error))
        return false;
    return own + layered <= PACKAGE_UNZIPPED_MAX ||
           error_set(&upload->error, &LAMBDA_INVALID_PARAMETER,
                     "Function code combined with layers exceeds the maximum allowed size of %d "
                     "bytes. The actual size is %lld bytes.",
                     PACKAGE_UNZIPPED_MAX, (long long)(own + layered));
}

static void upload_work(void *owner)
{
    struct code_upload *upload = owner;
    upload->is_taken = take_source(upload) && take_layers(upload) &&
                       (!upload->is_durable || code_sync(upload->code_directory, &upload->error));
}

static void upload_done(void *owner)
{
    struct code_upload *upload = owner;
    struct call *call = upload->call;
    lambda_of(call)->uploads--;
    call->held = upload;
    call_continue(call, upload->next);
}

enum outcome code_upload_start(struct call *call, const struct code_source *source,
                               operation_handler *next)
{
    struct lambda *lambda = lambda_of(call);
    struct code_upload *upload = xcalloc(1, sizeof(*upload));
    upload->call = call;
    upload->next = next;
    upload->code_directory = lambda->code_directory;
    upload->s3_directory = lambda->parts.s3_directory;
    upload->is_durable = lambda->parts.is_durable;
    upload->source = *source;
    if (source->object.bucket && !lambda->parts.s3_directory)
        log_warn("lambda", "S3Bucket %s does not exist: start the server with --s3-dir DIR",
                 source->object.bucket);
    lambda->uploads++;
    loop_work(lambda->parts.loop, upload_work, upload_done, upload);
    return OUTCOME_LATER;
}

/* The call may still be refused, or fail to be stored: whether a version has what was unpacked is
 * looked at later. */
static void look_again_later(struct lambda *lambda, const struct code_upload *upload)
{
    if (upload->sha256)
        code_release(lambda, upload->sha256);
    if (upload->layers_sha256)
        code_release(lambda, upload->layers_sha256);
}

bool code_upload_end(struct call *call, struct code_taken *taken_out)
{
    struct code_upload *upload = call->held;
    bool is_taken = upload->is_taken;
    call->held = NULL;
    if (is_taken) {
        *taken_out = (struct code_taken){ .sha256 = arena_copy_string(&call->arena, upload->sha256),
                                          .size = (int64_t)upload->size,
                                          .layers_sha256 = arena_copy_string(&call->arena,
                                                                             upload->layers_sha256),
                                          .folder = upload->source.folder };
    } else {
        error_clear(&call->error);
        call->error = upload->error;
        upload->error = (struct error){ 0 };
    }
    look_again_later(lambda_of(call), upload);
    free(upload->sha256);
    free(upload->layers_sha256);
    error_clear(&upload->error);
    free(upload);
    return is_taken;
}

static bool read_folder(struct call *call, const char *key, struct code_source *source_out)
{
    if (!key || key[0] != '/')
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "%s needs the absolute path of a folder as S3Key, not '%s'", hot_bucket,
                         key ? key : "");
    source_out->folder = key;
    return true;
}

bool code_source_read(struct call *call, const cJSON *code, bool may_be_folder,
                      struct code_source *source_out)
{
    const char *bucket = json_text(code, "S3Bucket", NULL);
    const char *key = json_text(code, "S3Key", NULL);
    const char *key_arn = json_text(code, "SourceKMSKeyArn", "");
    *source_out = (struct code_source){ .zip_base64 = json_text(code, "ZipFile", NULL),
                                        .key_arn = *key_arn ? key_arn : NULL };
    if (source_out->zip_base64 && !bucket && !key)
        return true;
    if (source_out->zip_base64)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Please do not provide other FunctionCode parameters when providing a "
                         "ZipFile.");
    if (!bucket != !key)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "S3 Bucket and Key are required for uploading with S3 parameters.");
    if (!bucket)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Please provide a source for function code.");
    if (strcmp(bucket, hot_bucket) == 0 && may_be_folder)
        return read_folder(call, key, source_out);
    if (strcmp(bucket, hot_bucket) == 0)
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "%s is for the code of functions, not for layers", hot_bucket);
    source_out->object =
        (struct object_name){ bucket, key, json_text(code, "S3ObjectVersion", NULL) };
    return true;
}
