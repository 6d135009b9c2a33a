/*
 * Collects the function's lines and frames them as Lambda does. The buffers are reused from one
 * invocation to the next.
 */
#include "runtime/function_log.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "number.h"
#include "random.h"
#include "runtime/frame_channel.h"
#include "runtime/interpreters.h"
#include "runtime/platform_record.h"
#include "runtime/pool.h"
#include "timestamp.h"
#include "xalloc.h"

enum { READ_SIZE = 16 * 1024, READS_MAX = 8, MARKS_MAX = 4096, KEPT_CAPACITY = 256 * 1024 };
enum { STREAM_DIGITS = 32 };

/* Begins a turn mark. */
#define TURN_MARK "\0\0"
enum { TURN_MARK_SIZE = sizeof(TURN_MARK) - 1 };

/* Ends an event that has no newline. */
#define ADDED_NEWLINE "\0\0\n"
enum { ADDED_NEWLINE_SIZE = sizeof(ADDED_NEWLINE) - 1 };

static void empty(struct buffer *buffer)
{
    buffer_drop(buffer, buffer->size);
}

/* What comes in the same millisecond shares a mark; past the ceiling so does all that follows. */
static void mark(struct log_marks *marks, size_t end, int64_t time_ms)
{
    struct log_mark *last = marks->count ? &marks->list[marks->count - 1] : NULL;
    if (last && (last->time_ms == time_ms || marks->count == MARKS_MAX)) {
        *last = (struct log_mark){ end, time_ms };
        return;
    }
    if (marks->count == marks->capacity)
        marks->list = xgrow(marks->list, &marks->capacity, 8, sizeof(*marks->list));
    assert(marks->list);
    marks->list[marks->count++] = (struct log_mark){ end, time_ms };
}

static void drop_lines(struct function_log *log, size_t size)
{
    struct log_marks *marks = &log->marks;
    buffer_drop(&log->lines, size);
    size_t kept = 0;
    for (size_t i = 0; i < marks->count; i++)
        if (marks->list[i].end > size)
            marks->list[kept++] =
                (struct log_mark){ marks->list[i].end - size, marks->list[i].time_ms };
    marks->count = kept;
}

/* Of what stands before `end`, keeps the tail, from the start of a line unless one is all of it;
 * gives the new end. */
static size_t cut_head(struct function_log *log, size_t end)
{
    if (end <= FUNCTION_LOG_MAX)
        return end;
    size_t surplus = end - FUNCTION_LOG_MAX;
    const char *newline = memchr(log->lines.data + surplus, '\n', end - surplus - 1);
    if (newline)
        surplus = (size_t)(newline + 1 - log->lines.data);
    const char *start = log->lines.data + surplus;
    if (end - surplus > 1 && !start[0] && start[1])
        surplus++; /* a record's further line stands alone now */
    log->dropped += surplus;
    drop_lines(log, surplus);
    return end - surplus;
}

static void note_lines(struct function_log *log)
{
    mark(&log->marks, log->lines.size, clock_now_ms());
    if (log->lines.size > 2 * FUNCTION_LOG_MAX)
        cut_head(log, log->lines.size);
}

void function_log_add(struct function_log *log, struct text bytes)
{
    buffer_add_text(&log->lines, bytes);
    note_lines(log);
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
        note_lines(log);
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

void function_log_add_runtime(struct buffer *out, const char *runtime)
{
    add_runtime_version(out, runtime);
    buffer_add_string(out, ".v1");
}

static void add_init_start(struct function_log *log)
{
    CLEANUP(freep) char *arn = runtime_version_arn(log->owner.region, log->owner.runtime);
    buffer_add_string(&log->init, "INIT_START Runtime Version: ");
    function_log_add_runtime(&log->init, log->owner.runtime);
    buffer_add_format(&log->init, "\tRuntime Version ARN: %s\n", arn);
}

struct function_log_owner function_log_owner_of(const struct sandbox_plan *plan,
                                                const char *log_stream)
{
    return (struct function_log_owner){ .runtime = plan->runtime,
                                        .region = plan->region,
                                        .function_name = plan->function_name,
                                        .version = plan->version,
                                        .log_stream = log_stream,
                                        .memory_mb = plan->memory_mb,
                                        .initialization =
                                            sandbox_initialization_name(plan->initialization),
                                        .boots_ahead = plan->initialization != SANDBOX_ON_DEMAND,
                                        .format = plan->log_format };
}

/* The service time at which the line that ends at `end` was there. */
static int64_t time_of(const struct log_marks *marks, size_t *at, size_t end)
{
    while (*at + 1 < marks->count && marks->list[*at].end < end)
        (*at)++;
    return marks->count ? marks->list[*at].time_ms : 0;
}

static void add_lines_by_level(const struct function_log *log, struct text lines,
                               struct buffer *out, struct log_marks *marks)
{
    const char *line = lines.data;
    const char *end = line + lines.size;
    size_t at = 0;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *next = newline ? newline + 1 : end;
        int64_t time_ms = time_of(&log->marks, &at, (size_t)(next - lines.data));
        application_add_line(out, log->owner.format.application,
                             (struct text){ line, (size_t)(next - line) }, time_ms);
        if (!newline)
            buffer_add_char(out, '\n');
        mark(marks, out->size, time_ms);
        line = next;
    }
}

/* Says that lines are missing, ahead of the first one that is not. */
static void add_loss(struct function_log *log, struct buffer *out, struct log_marks *marks)
{
    if (!log->dropped)
        return;
    int64_t time_ms = log->marks.list[0].time_ms;
    if (log->owner.format.is_json)
        platform_add_logs_dropped(out, log->dropped, time_ms);
    else
        buffer_add_format(out,
                          "Coalmine keeps the last %d bytes that an invocation prints: %zu before "
                          "the next line are missing\n",
                          FUNCTION_LOG_MAX, log->dropped);
    mark(marks, out->size, time_ms);
    log->dropped = 0;
}

/* Moves the function's lines before `end` behind what `out` has. */
static void move_lines(struct function_log *log, size_t end, struct buffer *out,
                       struct log_marks *marks)
{
    end = cut_head(log, end);
    if (end == 0)
        return;
    add_loss(log, out, marks);
    struct text lines = { log->lines.data, end };
    if (log->owner.format.is_json) {
        add_lines_by_level(log, lines, out, marks);
    } else {
        size_t shift = out->size;
        size_t at = 0;
        buffer_add_text(out, lines);
        for (; log->marks.list[at].end < end; at++)
            mark(marks, shift + log->marks.list[at].end, log->marks.list[at].time_ms);
        if (lines.data[end - 1] != '\n')
            buffer_add_char(out, '\n');
        mark(marks, out->size, log->marks.list[at].time_ms);
    }
    drop_lines(log, end);
}

void function_log_begin_init(struct function_log *log, const struct function_log_owner *owner)
{
    log->owner = *owner;
    empty(&log->init);
    log->inits.count = 0;
    move_lines(log, log->lines.size, &log->init, &log->inits);
    log->has_unmarked = false;
    log->turns_without_mark = 0;
    if (owner->format.is_json)
        platform_add_init_start(&log->init, owner, clock_now_ms());
    else
        add_init_start(log);
    mark(&log->inits, log->init.size, clock_now_ms());
}

void function_log_end_init(struct function_log *log, double init_ms)
{
    move_lines(log, log->lines.size, &log->init, &log->inits);
    if (log->owner.format.is_json)
        platform_add_init_end(&log->init, &log->owner, init_ms, clock_now_ms());
    mark(&log->inits, log->init.size, clock_now_ms());
}

struct function_log function_log_take_init(struct function_log *log)
{
    struct function_log taken = { .init = log->init, .inits = log->inits };
    log->init = (struct buffer){ 0 };
    log->inits = (struct log_marks){ 0 };
    if (log->text.capacity > KEPT_CAPACITY) {
        taken.text = log->text;
        log->text = (struct buffer){ 0 };
    }
    return taken;
}

static void add_report(struct buffer *out, const struct function_report *report)
{
    buffer_add_string(out, "END RequestId: ");
    buffer_add_text(out, report->request_id);
    buffer_add_string(out, "\nREPORT RequestId: ");
    buffer_add_text(out, report->request_id);
    buffer_add_string(out, "\tDuration: ");
    number_print_hundredths(out, report->duration_ms);
    buffer_add_string(out, " ms\tBilled Duration: ");
    number_print(out, ceil(report->billed_ms), false);
    buffer_add_string(out, " ms\tMemory Size: ");
    number_print(out, report->memory_mb, false);
    buffer_add_string(out, " MB\tMax Memory Used: ");
    number_print(out, report->memory_used_mb, false);
    buffer_add_string(out, " MB\t");
    if (report->init_ms >= 0)
        buffer_add_format(out, "Init Duration: %.2f ms\t", report->init_ms);
    if (report->status)
        buffer_add_format(out, "Status: %s", report->status);
    if (report->error_type)
        buffer_add_format(out, "\tError Type: %s", report->error_type);
    buffer_add_char(out, '\n');
}

static void add_start_line(struct buffer *out, const struct function_report *report)
{
    buffer_add_string(out, "START RequestId: ");
    buffer_add_text(out, report->request_id);
    buffer_add_string(out, " Version: ");
    buffer_add_string(out, report->version);
    buffer_add_char(out, '\n');
}

/* Not before what the boot has said, though the invocation's time may have counted already; unless
 * the clock was set back since. */
static int64_t start_ms_of(const struct function_log *log, const struct function_report *report)
{
    const struct log_marks *marks = log->texts.count ? &log->texts : &log->inits;
    int64_t last_ms = marks->count ? marks->list[marks->count - 1].time_ms : 0;
    return last_ms > report->started_ms && last_ms <= clock_now_ms() ? last_ms : report->started_ms;
}

static void add_start(struct function_log *log, const struct function_report *report)
{
    int64_t start_ms = start_ms_of(log, report);
    if (log->owner.format.is_json)
        platform_add_start(&log->text, &log->owner, report, start_ms);
    else
        add_start_line(&log->text, report);
    mark(&log->texts, log->text.size, start_ms);
}

/* A remark is one event: see the NUL in the header. */
static void add_remark(struct buffer *out, const char *remark)
{
    for (; *remark; remark++) {
        buffer_add_char(out, *remark);
        if (*remark == '\n' && remark[1])
            buffer_add_char(out, '\0');
    }
}

static void add_end(struct function_log *log, const struct function_report *report)
{
    int64_t now_ms = clock_now_ms();
    if (log->owner.format.is_json) {
        platform_add_end(&log->text, &log->owner, report, now_ms);
    } else {
        if (report->remark)
            add_remark(&log->text, report->remark);
        add_report(&log->text, report);
    }
    mark(&log->texts, log->text.size, now_ms);
}

static void add_init_report(struct function_log *log, const struct function_report *report)
{
    int64_t now_ms = clock_now_ms();
    const char *status = report->status ? report->status : "error";
    if (log->owner.format.is_json) {
        platform_add_init_failure(&log->text, &log->owner, report, now_ms);
    } else {
        buffer_add_format(&log->text, "INIT_REPORT Init Duration: %.2f ms\tPhase: init\tStatus: %s",
                          report->failed_boot_ms, status);
        if (report->error_type)
            buffer_add_format(&log->text, "\tError Type: %s", report->error_type);
        buffer_add_char(&log->text, '\n');
    }
    mark(&log->texts, log->text.size, now_ms);
}

/* What was printed before an invocation's start counts as its own: between two the process is taken
 * to be frozen, and if it is ahead, it is so by less than shows. */
static void delay_lines(struct function_log *log, int64_t started_ms)
{
    for (size_t i = 0; i < log->marks.count && log->marks.list[i].time_ms < started_ms; i++)
        log->marks.list[i].time_ms = started_ms;
}

/* The lines of an invocation end at its turn mark, which is taken out. */
static void move_own_lines(struct function_log *log, struct text request_id,
                           enum function_log_rest rest)
{
    struct text lines = buffer_text(&log->lines);
    if (lines.size == 0)
        return;
    CLEANUP(buffer_clear) struct buffer turn = { 0 };
    buffer_add(&turn, TURN_MARK, TURN_MARK_SIZE);
    buffer_add_text(&turn, request_id);
    buffer_add_char(&turn, '\n');
    const char *found = memmem(lines.data, lines.size, turn.data, turn.size);
    if (found) {
        move_lines(log, (size_t)(found - lines.data), &log->text, &log->texts);
        drop_lines(log, turn.size);
        log->turns_without_mark = 0;
    } else if (rest == FUNCTION_LOG_REST_IS_ITS ||
               ++log->turns_without_mark > FRAMES_AHEAD_MAX + 1) {
        log->has_unmarked = true;
        move_lines(log, lines.size, &log->text, &log->texts);
    }
}

struct text function_log_finish(struct function_log *log, const struct function_report *report,
                                enum function_log_rest rest)
{
    empty(&log->text);
    log->texts.count = 0;
    if (report->has_failed_boot) { /* all lines are the boot's */
        move_lines(log, log->lines.size, &log->text, &log->texts);
        add_init_report(log, report);
    }
    add_start(log, report);
    delay_lines(log, report->started_ms);
    move_own_lines(log, report->request_id, rest);
    add_end(log, report);
    if (log->lines.size == 0 && log->lines.capacity > KEPT_CAPACITY)
        buffer_clear(&log->lines);
    return buffer_text(&log->text);
}

static void clear_marks(struct log_marks *marks)
{
    free(marks->list);
    *marks = (struct log_marks){ 0 };
}

void function_log_clear(struct function_log *log)
{
    buffer_clear(&log->lines);
    buffer_clear(&log->init);
    buffer_clear(&log->text);
    clear_marks(&log->marks);
    clear_marks(&log->inits);
    clear_marks(&log->texts);
}

/* Whether the newline before `end` is there for us alone. */
static bool is_added(const char *log, size_t end)
{
    return end >= ADDED_NEWLINE_SIZE &&
           memcmp(log + end - ADDED_NEWLINE_SIZE, ADDED_NEWLINE, ADDED_NEWLINE_SIZE) == 0;
}

static struct text without_added_newline(struct text event)
{
    return (struct text){ event.data, is_added(event.data, event.size)
                                          ? event.size - ADDED_NEWLINE_SIZE
                                          : event.size };
}

void function_log_add_plain(struct buffer *out, struct text log)
{
    for (size_t i = 0; i < log.size; i++)
        if (log.data[i] && !is_added(log.data, i + 1))
            buffer_add_char(out, log.data[i]);
}

void function_log_each(struct text log, const struct log_marks *marks,
                       void (*visit)(struct text event, int64_t time_ms, void *owner), void *owner)
{
    const char *event = log.data;
    const char *end = log.data + log.size;
    const char *search = event;
    size_t at = 0;
    while (event < end) {
        const char *newline = memchr(search, '\n', (size_t)(end - search));
        search = newline ? newline + 1 : end;
        if (search < end && *search == '\0')
            continue;
        visit(without_added_newline((struct text){ event, (size_t)(search - event) }),
              time_of(marks, &at, (size_t)(search - log.data)), owner);
        event = search;
    }
}

char *function_log_stream_name(const struct sandbox_plan *plan)
{
    char date[TIMESTAMP_SIZE];
    char hex[STREAM_DIGITS + 1];
    random_hex_aside(hex, STREAM_DIGITS);
    timestamp_print(clock_now_ms(), TIMESTAMP_SLASHED_DATE, date);
    CLEANUP(freep) char *usual_group = xformat("/aws/lambda/%s", plan->function_name);
    bool is_usual = strcmp(usual_group, plan->log_group) == 0;
    return xformat("%s/%s[%s]%s", date, is_usual ? "" : plan->function_name, plan->version, hex);
}
