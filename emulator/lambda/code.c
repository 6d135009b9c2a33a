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
#include "lambda/function.h"
#include "lambda/layer.h"
#include "log.h"
#include "runtime/discard.h"
#include "runtime/tree.h"
#include "xalloc.h"

/* Of a package's directory while it is unpacked. */
static const char temporary_prefix[] = "new-";

struct garbage {
    struct garbage *next;
    struct lambda *lambda;
    struct loop_timer *timer;
    char *sha256;
};

char *code_name(const char *sha256_base64)
{
    size_t size = 0;
    CLEANUP(freep) char *digest = base64_decode(text_from(sha256_base64), &size);
    if (!digest || size != SHA256_SIZE)
        return NULL;
    char *name = xmalloc(SHA256_HEX_SIZE);
    crypto_hex(digest, size, name);
    return name;
}

/* What is no digest has a name that is never there: an empty one would be that of all code. */
static char *hex_of(const char *sha256_base64)
{
    char *name = code_name(sha256_base64);
    return name ? name : xstrdup("no-digest");
}

static char *files_directory(const char *code_directory, const char *sha256_base64)
{
    CLEANUP(freep) char *hex = hex_of(sha256_base64);
    return xformat("%s/%s/files", code_directory, hex);
}

static bool write_file(const char *path, struct text bytes, struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_whole = fd >= 0 && file_write(fd, bytes);
    if (!is_whole)
        error_set(error, NULL, "cannot write %s: %s", path, strerror(errno));
    if (fd >= 0 && close(fd) != 0 && is_whole)
        return error_set(error, NULL, "cannot write %s: %s", path, strerror(errno));
    return is_whole;
}

/* What a directory of code is filled with: a package, or layers laid over one another. */
struct content {
    const char *code_directory;
    struct text zip;
    const char *const *layers; /* NULL: it is a package */
};

static enum package_fault fill_from_zip(const struct content *content, const char *directory,
                                        struct error *error)
{
    CLEANUP(freep) char *files = xformat("%s/files", directory);
    CLEANUP(freep) char *package = xformat("%s/package.zip", directory);
    enum package_fault fault = package_unpack(content->zip, files, error);
    return fault == PACKAGE_OK && !write_file(package, content->zip, error) ? PACKAGE_IO : fault;
}

static enum package_fault fill_from_layers(const struct content *content, const char *directory,
                                           struct error *error)
{
    CLEANUP(freep) char *files = xformat("%s/files", directory);
    if (mkdir(files, 0755) != 0) {
        error_set(error, NULL, "cannot make %s: %s", files, strerror(errno));
        return PACKAGE_IO;
    }
    for (const char *const *layer = content->layers; *layer; layer++) {
        CLEANUP(freep) char *from = files_directory(content->code_directory, *layer);
        if (!tree_lay_over(from, files, error))
            return PACKAGE_IO;
    }
    return PACKAGE_OK;
}

/* Makes a directory of code under a temporary name, then gives it its own. Any thread. */
static enum package_fault make(const struct content *content, const char *sha256_base64,
                               struct error *error)
{
    CLEANUP(freep) char *hex = hex_of(sha256_base64);
    CLEANUP(freep) char *final = xformat("%s/%s", content->code_directory, hex);
    if (access(final, F_OK) == 0)
        return PACKAGE_OK;
    CLEANUP(freep)
    char *temporary = xformat("%s/%sXXXXXX", content->code_directory, temporary_prefix);
    if (!mkdtemp(temporary) || chmod(temporary, 0755) != 0) {
        error_set(error, NULL, "cannot make %s: %s", temporary, strerror(errno));
        return PACKAGE_IO;
    }
    enum package_fault fault = content->layers ? fill_from_layers(content, temporary, error)
                                               : fill_from_zip(content, temporary, error);
    /* Somebody else may have brought the same meanwhile: theirs is as good. */
    if (fault == PACKAGE_OK && rename(temporary, final) == 0)
        return PACKAGE_OK;
    if (fault == PACKAGE_OK && errno != EEXIST && errno != ENOTEMPTY) {
        error_set(error, NULL, "cannot make %s: %s", final, strerror(errno));
        fault = PACKAGE_IO;
    }
    package_remove(temporary);
    return fault;
}

static char *digest_of(struct text bytes)
{
    unsigned char digest[SHA256_SIZE];
    crypto_sha256(bytes, digest);
    return base64_encode((struct text){ (char *)digest, sizeof(digest) });
}

enum package_fault code_install(const char *code_directory, struct text zip, char **sha256_out,
                                struct error *error)
{
    struct content content = { .code_directory = code_directory, .zip = zip };
    CLEANUP(freep) char *sha256 = digest_of(zip);
    enum package_fault fault = zip.size ? make(&content, sha256, error) : PACKAGE_EMPTY;
    if (fault == PACKAGE_OK)
        *sha256_out = xstrdup(sha256);
    return fault;
}

bool code_join_layers(const char *code_directory, const char *const *layers, char **sha256_out,
                      struct error *error)
{
    struct content content = { .code_directory = code_directory, .layers = layers };
    if (!layers[1]) { /* one layer is what it is */
        *sha256_out = xstrdup(layers[0]);
        return true;
    }
    CLEANUP(buffer_clear) struct buffer list = { 0 };
    for (const char *const *layer = layers; *layer; layer++)
        buffer_add_format(&list, "layer %s\n", *layer);
    CLEANUP(freep) char *sha256 = digest_of(buffer_text(&list));
    if (make(&content, sha256, error) != PACKAGE_OK)
        return false;
    *sha256_out = xstrdup(sha256);
    return true;
}

/* A package has up to thousands of files: one call for the file system waits for all of them. */
bool code_sync(const char *code_directory, struct error *error)
{
    int fd = open(code_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = fd >= 0 && syncfs(fd) == 0;
    if (!is_done)
        error_set(error, NULL, "cannot sync %s: %s", code_directory, strerror(errno));
    if (fd >= 0)
        close(fd);
    return is_done;
}

bool code_size(const char *code_directory, const char *sha256_base64, int64_t *size_out,
               struct error *error)
{
    CLEANUP(freep) char *files = files_directory(code_directory, sha256_base64);
    return tree_size(files, size_out, error);
}

char *code_files_directory(const struct lambda *lambda, const char *sha256_base64)
{
    return files_directory(lambda->code_directory, sha256_base64);
}

char *code_add(struct lambda *lambda, struct text zip, struct error *error)
{
    char *sha256 = NULL;
    if (code_install(lambda->code_directory, zip, &sha256, error) == PACKAGE_OK &&
        (!lambda->parts.is_durable || code_sync(lambda->code_directory, error)))
        return sha256;
    free(sha256);
    return NULL;
}

char *code_package_path(const struct lambda *lambda, const char *sha256_base64)
{
    CLEANUP(freep) char *hex = hex_of(sha256_base64);
    return xformat("%s/%s/package.zip", lambda->code_directory, hex);
}

/* What a damaged database cannot tell may be used: it must not cost the code too. */
static bool is_used(const struct lambda *lambda, const char *sha256_base64)
{
    CLEANUP(error_clear) struct error error = { 0 };
    store_begin_reading(lambda->parts.store);
    return code_is_used(lambda->parts.store, sha256_base64) ||
           layer_code_is_used(lambda->parts.store, sha256_base64) ||
           !store_end_reading(lambda->parts.store, &error);
}

static void remove_package(struct lambda *lambda, const char *hex)
{
    CLEANUP(freep) char *path = xformat("%s/%s", lambda->code_directory, hex);
    discard_take(lambda->parts.discard, path);
}

static void garbage_free(struct garbage *garbage)
{
    loop_timer_stop(&garbage->timer);
    free(garbage->sha256);
    free(garbage);
}

static void on_removal(void *owner);

static void wait_for_removal(struct garbage *garbage)
{
    const struct lambda *lambda = garbage->lambda;
    loop_timer_stop(&garbage->timer);
    garbage->timer =
        loop_timer_start(lambda->parts.loop, lambda->removal_delay_ms, 0, on_removal, garbage);
}

static void on_removal(void *owner)
{
    struct garbage *garbage = owner;
    struct lambda *lambda = garbage->lambda;
    struct garbage **link = &lambda->garbage;
    if (lambda->uploads) { /* one may be about to use the same bytes */
        wait_for_removal(garbage);
        return;
    }
    while (*link != garbage)
        link = &(*link)->next;
    *link = garbage->next;
    if (!is_used(lambda, garbage->sha256)) {
        CLEANUP(freep) char *hex = hex_of(garbage->sha256);
        remove_package(lambda, hex);
    }
    garbage_free(garbage);
}

static void add_garbage(struct lambda *lambda, const char *sha256_base64)
{
    struct garbage *garbage = xcalloc(1, sizeof(*garbage));
    *garbage = (struct garbage){ .next = lambda->garbage,
                                 .lambda = lambda,
                                 .sha256 = xstrdup(sha256_base64) };
    wait_for_removal(garbage);
    lambda->garbage = garbage;
}

void code_release(struct lambda *lambda, const char *sha256_base64)
{
    for (struct garbage *waiting = lambda->garbage; waiting; waiting = waiting->next) {
        if (strcmp(waiting->sha256, sha256_base64) == 0) {
            wait_for_removal(waiting); /* it was used in between */
            return;
        }
    }
    add_garbage(lambda, sha256_base64);
}

void code_release_version(struct lambda *lambda, const struct function_version *version)
{
    CLEANUP(json_deletep) cJSON *configuration = json_parse(text_from(version->configuration));
    const char *layers = json_text(configuration, "LayersSha256", NULL);
    code_release(lambda, version->code_sha256);
    if (layers)
        code_release(lambda, layers);
}

void code_garbage_clear(struct lambda *lambda)
{
    while (lambda->garbage) {
        struct garbage *next = lambda->garbage->next;
        garbage_free(lambda->garbage);
        lambda->garbage = next;
    }
}

/* The digest of a directory's name, as versions have it; NULL if it is none. */
static char *digest_named(const char *name)
{
    unsigned char digest[SHA256_SIZE];
    return crypto_unhex(name, digest, sizeof(digest))
               ? base64_encode((struct text){ (char *)digest, SHA256_SIZE })
               : NULL;
}

/* Removes a package that nobody uses, or one whose unpacking broke off. Whatever else lies there is
 * none of ours. */
static void remove_left_over(struct lambda *lambda, const char *name)
{
    CLEANUP(freep) char *digest = digest_named(name);
    if (text_starts_with(text_from(name), temporary_prefix) || (digest && !is_used(lambda, digest)))
        remove_package(lambda, name);
}

static void release_named(struct lambda *lambda, const char *name)
{
    CLEANUP(freep) char *digest = digest_named(name);
    if (digest)
        add_garbage(lambda, digest);
}

static void each_package(struct lambda *lambda, void (*visit)(struct lambda *, const char *name))
{
    DIR *directory = opendir(lambda->code_directory);
    if (!directory) {
        log_warn("lambda", "cannot read %s: %s", lambda->code_directory, strerror(errno));
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(directory)))
        visit(lambda, entry->d_name);
    closedir(directory);
}

void code_sweep(struct lambda *lambda)
{
    each_package(lambda, remove_left_over);
}

void code_release_all(struct lambda *lambda)
{
    each_package(lambda, release_named);
}
