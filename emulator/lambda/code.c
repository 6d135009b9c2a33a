#include "lambda/code.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "crypto.h"
#include "file.h"
#include "lambda/faults.h"
#include "lambda/function.h"
#include "log.h"
#include "runtime/package.h"
#include "xalloc.h"

enum { ZIPPED_MAX = 52428800, REMOVAL_DELAY_MS = 900 * 1000 };

struct code_upload {
    struct call *call;
    operation_handler *next;
    const char *code_directory;
    struct text base64;
    char *zip;
    size_t size;
    bool is_decoded;
    unsigned char digest[SHA256_SIZE];
    enum package_fault fault;
    struct error error;
};

struct garbage {
    struct garbage *next;
    struct lambda *lambda;
    struct loop_timer *timer;
    char *sha256;
};

static char *hex_of(const char *sha256_base64)
{
    size_t size;
    CLEANUP(freep) char *digest = base64_decode(text_from(sha256_base64), &size);
    char *hex = xcalloc(1, SHA256_HEX_SIZE);
    if (digest && size == SHA256_SIZE)
        crypto_hex(digest, size, hex);
    return hex;
}

static bool write_file(const char *path, struct text bytes, struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t written = 0;
    while (fd >= 0 && written < bytes.size) {
        ssize_t size = write(fd, bytes.data + written, bytes.size - written);
        if (size < 0 && errno != EINTR)
            break;
        written += size > 0 ? (size_t)size : 0;
    }
    bool is_whole = fd >= 0 && written == bytes.size;
    if (!is_whole)
        error_set(error, NULL, "cannot write %s: %s", path, strerror(errno));
    if (fd >= 0 && close(fd) != 0 && is_whole)
        return error_set(error, NULL, "cannot write %s: %s", path, strerror(errno));
    return is_whole;
}

/* Makes the package's directory under a temporary name, then gives it its own: the digest. Any
 * thread. */
static enum package_fault install(const char *code_directory, struct text zip,
                                  unsigned char digest_out[SHA256_SIZE], struct error *error)
{
    char hex[SHA256_HEX_SIZE];
    crypto_sha256(zip, digest_out);
    crypto_hex(digest_out, SHA256_SIZE, hex);
    CLEANUP(freep) char *final = xformat("%s/%s", code_directory, hex);
    if (access(final, F_OK) == 0)
        return PACKAGE_OK;
    CLEANUP(freep) char *temporary = xformat("%s/new-XXXXXX", code_directory);
    if (!mkdtemp(temporary) || chmod(temporary, 0755) != 0) {
        error_set(error, NULL, "cannot make %s: %s", temporary, strerror(errno));
        return PACKAGE_IO;
    }
    CLEANUP(freep) char *files = xformat("%s/files", temporary);
    CLEANUP(freep) char *package = xformat("%s/package.zip", temporary);
    enum package_fault fault = package_unpack(zip, files, error);
    if (fault == PACKAGE_OK && !write_file(package, zip, error))
        fault = PACKAGE_IO;
    /* Somebody else may have uploaded the same bytes meanwhile: theirs are as good. */
    if (fault == PACKAGE_OK && rename(temporary, final) == 0)
        return PACKAGE_OK;
    if (fault == PACKAGE_OK && errno != EEXIST && errno != ENOTEMPTY) {
        error_set(error, NULL, "cannot make %s: %s", final, strerror(errno));
        fault = PACKAGE_IO;
    }
    package_remove(temporary);
    return fault;
}

static void upload_work(void *owner)
{
    struct code_upload *upload = owner;
    upload->zip = base64_decode(upload->base64, &upload->size);
    upload->is_decoded = upload->zip != NULL;
    if (!upload->is_decoded || upload->size > ZIPPED_MAX)
        return;
    struct text zip = { upload->zip, upload->size };
    upload->fault = zip.size ? install(upload->code_directory, zip, upload->digest, &upload->error)
                             : PACKAGE_EMPTY;
}

static void upload_done(void *owner)
{
    struct code_upload *upload = owner;
    struct call *call = upload->call;
    lambda_of(call)->uploads--;
    call->held = upload;
    call_continue(call, upload->next);
}

enum outcome code_upload_start(struct call *call, const char *zip_base64, operation_handler *next)
{
    struct lambda *lambda = lambda_of(call);
    struct code_upload *upload = xcalloc(1, sizeof(*upload));
    upload->call = call;
    upload->next = next;
    upload->code_directory = lambda->code_directory;
    upload->base64 = text_from(zip_base64);
    lambda->uploads++;
    loop_work(lambda->parts.loop, upload_work, upload_done, upload);
    return OUTCOME_LATER;
}

static bool set_package_fault(struct call *call, struct code_upload *upload)
{
    switch (upload->fault) {
    case PACKAGE_OK:
        return true;
    case PACKAGE_NOT_ZIP:
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Could not unzip uploaded file. Please check your file, then try to "
                         "upload again.");
    case PACKAGE_EMPTY:
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Uploaded file must be a non-empty zip");
    case PACKAGE_TOO_LARGE:
        return error_set(&call->error, &LAMBDA_INVALID_PARAMETER,
                         "Unzipped size must be smaller than %d bytes", PACKAGE_UNZIPPED_MAX);
    case PACKAGE_IO:
        break;
    }
    return error_set(&call->error, NULL, "%s",
                     upload->error.message ? upload->error.message : "unpacking failed");
}

static bool judge(struct call *call, struct code_upload *upload)
{
    if (!upload->is_decoded)
        return error_set(&call->error, &LAMBDA_SERIALIZATION,
                         "Member ZipFile is not a valid base64 text");
    if (upload->size > ZIPPED_MAX)
        return error_set(&call->error, &LAMBDA_REQUEST_TOO_LARGE,
                         "Zipped size must be smaller than %d bytes", ZIPPED_MAX);
    return set_package_fault(call, upload);
}

bool code_upload_end(struct call *call, const char **sha256_out, int64_t *size_out)
{
    struct code_upload *upload = call->held;
    call->held = NULL;
    bool is_good = judge(call, upload);
    if (is_good) {
        CLEANUP(freep)
        char *base64 = base64_encode((struct text){ (char *)upload->digest, SHA256_SIZE });
        *sha256_out = arena_copy(&call->arena, text_from(base64));
        *size_out = (int64_t)upload->size;
    }
    error_clear(&upload->error);
    free(upload->zip);
    free(upload);
    return is_good;
}

char *code_files_directory(const struct lambda *lambda, const char *sha256_base64)
{
    CLEANUP(freep) char *hex = hex_of(sha256_base64);
    return xformat("%s/%s/files", lambda->code_directory, hex);
}

char *code_add(struct lambda *lambda, struct text zip, struct error *error)
{
    unsigned char digest[SHA256_SIZE];
    if (install(lambda->code_directory, zip, digest, error) != PACKAGE_OK)
        return NULL;
    return base64_encode((struct text){ (char *)digest, sizeof(digest) });
}

char *code_read_package(const struct lambda *lambda, const char *sha256_base64, size_t *size_out)
{
    CLEANUP(freep) char *hex = hex_of(sha256_base64);
    CLEANUP(freep) char *path = xformat("%s/%s/package.zip", lambda->code_directory, hex);
    CLEANUP(error_clear) struct error gone = { 0 };
    return file_read(path, ZIPPED_MAX, size_out, &gone);
}

static void remove_package(struct lambda *lambda, const char *hex)
{
    CLEANUP(freep) char *path = xformat("%s/%s", lambda->code_directory, hex);
    package_remove(path);
}

static void garbage_free(struct garbage *garbage)
{
    loop_timer_stop(&garbage->timer);
    free(garbage->sha256);
    free(garbage);
}

static void on_removal(void *owner)
{
    struct garbage *garbage = owner;
    struct lambda *lambda = garbage->lambda;
    struct garbage **link = &lambda->garbage;
    while (*link != garbage)
        link = &(*link)->next;
    *link = garbage->next;
    /* An upload under way may be about to use the same bytes. */
    if (lambda->uploads == 0 && !code_is_used(lambda->parts.store, garbage->sha256)) {
        CLEANUP(freep) char *hex = hex_of(garbage->sha256);
        remove_package(lambda, hex);
    }
    garbage_free(garbage);
}

void code_release(struct lambda *lambda, const char *sha256_base64)
{
    for (const struct garbage *waiting = lambda->garbage; waiting; waiting = waiting->next) {
        if (strcmp(waiting->sha256, sha256_base64) == 0)
            return;
    }
    struct garbage *garbage = xcalloc(1, sizeof(*garbage));
    *garbage = (struct garbage){ .next = lambda->garbage,
                                 .lambda = lambda,
                                 .sha256 = xstrdup(sha256_base64) };
    garbage->timer = loop_timer_start(lambda->parts.loop, REMOVAL_DELAY_MS, 0, on_removal, garbage);
    lambda->garbage = garbage;
}

void code_garbage_clear(struct lambda *lambda)
{
    while (lambda->garbage) {
        struct garbage *next = lambda->garbage->next;
        garbage_free(lambda->garbage);
        lambda->garbage = next;
    }
}

static bool is_used_hex(struct lambda *lambda, const char *hex)
{
    unsigned char digest[SHA256_SIZE];
    if (strlen(hex) != SHA256_HEX_SIZE - 1)
        return false;
    for (int i = 0; i < SHA256_SIZE; i++) {
        unsigned value;
        if (sscanf(hex + (ptrdiff_t)2 * i, "%2x", &value) != 1)
            return false;
        digest[i] = (unsigned char)value;
    }
    CLEANUP(freep) char *base64 = base64_encode((struct text){ (char *)digest, SHA256_SIZE });
    return code_is_used(lambda->parts.store, base64);
}

void code_sweep(struct lambda *lambda)
{
    DIR *directory = opendir(lambda->code_directory);
    if (!directory) {
        log_warn("lambda", "cannot read %s: %s", lambda->code_directory, strerror(errno));
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] != '.' && !is_used_hex(lambda, entry->d_name))
            remove_package(lambda, entry->d_name);
    }
    closedir(directory);
}
