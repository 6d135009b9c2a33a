/*
 * Collects the function's lines and frames them as Lambda does. The buffers are reused from one
 * invocation to the next.
 */
#include "runtime/function_log.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "crypto.h"

enum { READ_SIZE = 16 * 1024, READS_MAX = 8 };

static void empty(struct buffer *buffer)
{
    buffer_drop(buffer, buffer->size);
}

/* Keeps the tail, from the start of a line. */
static void cut_head(struct buffer *lines)
{
    size_t surplus = lines->size - FUNCTION_LOG_MAX;
    const char *newline = memchr(lines->data + surplus, '\n', lines->size - surplus);
    buffer_drop(lines, newline ? (size_t)(newline + 1 - lines->data) : surplus);
}

void function_log_add(struct function_log *log, struct text bytes)
{
    buffer_add_text(&log->lines, bytes);
    if (log->lines.size > 2 * FUNCTION_LOG_MAX)
        cut_head(&log->lines);
}

bool function_log_read(struct function_log *log, int fd)
{
    for (int i = 0; i < READS_MAX; i++) {
        ssize_t count = read(fd, buffer_reserve(&log->lines, READ_SIZE), READ_SIZE);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        if (count < 0)
            break;
        buffer_commit(&log->lines, (size_t)count);
        if (log->lines.size > 2 * FUNCTION_LOG_MAX)
            cut_head(&log->lines);
        if (count < READ_SIZE)
            break;
    }
    return true;
}

/* "nodejs22.x" is called "nodejs:22", "python3.12" "python:3.12". */
static void add_runtime_version(struct buffer *out, const char *runtime)
{
    size_t name = strcspn(runtime, "0123456789.");
    const char *version = runtime + name;
    version += *version == '.'; /* "provided.al2023" */
    size_t size = strlen(version);
    if (size > 2 && strcmp(version + size - 2, ".x") == 0)
        size -= 2;
    buffer_add(out, runtime, name);
    buffer_add_char(out, ':');
    buffer_add(out, version, size);
}

void function_log_begin_init(struct function_log *log, const char *runtime, const char *region)
{
    char hash[SHA256_HEX_SIZE];
    crypto_sha256_hex(text_from(runtime), hash);
    empty(&log->lines);
    empty(&log->init);
    buffer_add_string(&log->init, "INIT_START Runtime Version: ");
    add_runtime_version(&log->init, runtime);
    buffer_add_format(&log->init, ".v1\tRuntime Version ARN: arn:aws:lambda:%s::runtime:%s\n",
                      region, hash);
}

void function_log_end_init(struct function_log *log)
{
    buffer_add_text(&log->init, buffer_text(&log->lines));
    empty(&log->lines);
}

static void add_lines(struct function_log *log)
{
    if (log->lines.size > FUNCTION_LOG_MAX)
        cut_head(&log->lines);
    struct text lines = buffer_text(&log->lines);
    buffer_add_text(&log->text, lines);
    if (lines.size && lines.data[lines.size - 1] != '\n')
        buffer_add_char(&log->text, '\n');
    empty(&log->lines);
}

static void add_report(struct buffer *out, const struct function_report *report)
{
    buffer_add_format(out,
                      "END RequestId: %.*s\nREPORT RequestId: %.*s\tDuration: %.2f ms\t"
                      "Billed Duration: %.0f ms\tMemory Size: %d MB\tMax Memory Used: %d MB\t",
                      TEXT_ARGS(report->request_id), TEXT_ARGS(report->request_id),
                      report->duration_ms, ceil(report->billed_ms), report->memory_mb,
                      report->memory_used_mb);
    if (report->init_ms >= 0)
        buffer_add_format(out, "Init Duration: %.2f ms\t", report->init_ms);
    if (report->status)
        buffer_add_format(out, "Status: %s", report->status);
    if (report->error_type)
        buffer_add_format(out, "\tError Type: %s", report->error_type);
    buffer_add_char(out, '\n');
}

struct text function_log_finish(struct function_log *log, const struct function_report *report)
{
    empty(&log->text);
    buffer_add_format(&log->text, "START RequestId: %.*s Version: %s\n",
                      TEXT_ARGS(report->request_id), report->version);
    add_lines(log);
    if (report->remark)
        buffer_add_string(&log->text, report->remark);
    add_report(&log->text, report);
    if (log->lines.capacity > FUNCTION_LOG_MAX)
        buffer_clear(&log->lines);
    return buffer_text(&log->text);
}

void function_log_clear(struct function_log *log)
{
    buffer_clear(&log->lines);
    buffer_clear(&log->init);
    buffer_clear(&log->text);
}
