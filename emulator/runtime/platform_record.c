#include "runtime/platform_record.h"

#include <math.h>
#include <stdlib.h>

#include "json.h"
#include "runtime/interpreters.h"
#include "timestamp.h"
#include "xalloc.h"

enum { BYTES_PER_MB = 1 << 20 };

static void add_record(struct buffer *out, const char *type, cJSON *takes_record, int64_t time_ms)
{
    char time[TIMESTAMP_SIZE];
    CLEANUP(json_deletep) cJSON *line = cJSON_CreateObject();
    json_set_text(line, "time", timestamp_print(time_ms, TIMESTAMP_ISO_MS, time));
    json_set_text(line, "type", type);
    json_set(line, "record", takes_record);
    CLEANUP(freep) char *text = json_print(line);
    buffer_add_string(out, text);
    buffer_add_char(out, '\n');
}

static bool is_kept(const struct function_log_owner *owner, enum log_severity severity)
{
    return severity >= owner->format.system;
}

/* The stream's name, always with the function's in it. */
static void set_instance(cJSON *record, const struct function_log_owner *owner)
{
    const char *bracket = strchr(owner->log_stream, '[');
    if (!bracket)
        return;
    int date = (int)strlen("2025/11/25/");
    CLEANUP(freep)
    char *id = xformat("%.*s%s%s", date, owner->log_stream, owner->function_name, bracket);
    json_set_text(record, "instanceId", id);
}

void platform_add_init_start(struct buffer *out, const struct function_log_owner *owner,
                             int64_t time_ms)
{
    CLEANUP(buffer_clear) struct buffer version = { 0 };
    if (!is_kept(owner, LOG_INFO_RECORDS))
        return;
    CLEANUP(freep) char *arn = runtime_version_arn(owner->region, owner->runtime);
    function_log_add_runtime(&version, owner->runtime);
    cJSON *record = cJSON_CreateObject();
    json_set_text(record, "initializationType", owner->initialization);
    json_set_text(record, "phase", "init");
    json_set_text(record, "runtimeVersion", version.data);
    json_set_text(record, "runtimeVersionArn", arn);
    json_set_text(record, "functionName", owner->function_name);
    json_set_text(record, "functionVersion", owner->version);
    set_instance(record, owner);
    json_set_double(record, "instanceMaxMemory", (double)owner->memory_mb * BYTES_PER_MB);
    add_record(out, "platform.initStart", record, time_ms);
}

static cJSON *begin_init_record(const struct function_log_owner *owner, const char *status,
                                const char *error_type)
{
    cJSON *record = cJSON_CreateObject();
    json_set_text(record, "initializationType", owner->initialization);
    json_set_text(record, "phase", "init");
    json_set_text(record, "status", status);
    json_set_text(record, "errorType", error_type);
    return record;
}

static double round_to(double value, double places)
{
    return round(value * places) / places;
}

static void add_init_done(struct buffer *out, const struct function_log_owner *owner,
                          const char *status, const char *error_type, int64_t time_ms)
{
    add_record(out, "platform.initRuntimeDone", begin_init_record(owner, status, error_type),
               time_ms);
}

static void add_init_report(struct buffer *out, const struct function_log_owner *owner,
                            const char *status, const char *error_type, double init_ms,
                            int64_t time_ms)
{
    cJSON *record = begin_init_record(owner, status, error_type);
    json_set_double(json_set_object(record, "metrics"), "durationMs", round_to(init_ms, 1000));
    add_record(out, "platform.initReport", record, time_ms);
}

/* A boot ahead of all invocations has no report but this. */
void platform_add_init_end(struct buffer *out, const struct function_log_owner *owner,
                           double init_ms, int64_t time_ms)
{
    if (is_kept(owner, LOG_DEBUG_RECORDS))
        add_init_done(out, owner, "success", NULL, time_ms);
    if (is_kept(owner, owner->boots_ahead ? LOG_INFO_RECORDS : LOG_DEBUG_RECORDS))
        add_init_report(out, owner, "success", NULL, init_ms, time_ms);
}

void platform_add_init_failure(struct buffer *out, const struct function_log_owner *owner,
                               const struct function_report *report, int64_t time_ms)
{
    const char *status = report->status ? report->status : "error";
    if (!is_kept(owner, LOG_WARN_RECORDS))
        return;
    add_init_done(out, owner, status, report->error_type, time_ms);
    add_init_report(out, owner, status, report->error_type, report->failed_boot_ms, time_ms);
}

static cJSON *begin_record(const struct function_report *report)
{
    CLEANUP(freep) char *id = xstrndup(report->request_id.data, report->request_id.size);
    cJSON *record = cJSON_CreateObject();
    json_set_text(record, "requestId", id);
    return record;
}

void platform_add_start(struct buffer *out, const struct function_log_owner *owner,
                        const struct function_report *report, int64_t time_ms)
{
    if (!is_kept(owner, LOG_INFO_RECORDS))
        return;
    CLEANUP(freep) char *arn = xstrndup(report->invoked_arn.data, report->invoked_arn.size);
    cJSON *record = begin_record(report);
    json_set_text(record, "functionArn", arn);
    json_set_text(record, "version", report->version);
    add_record(out, "platform.start", record, time_ms);
}

static const char *status_of(const struct function_report *report)
{
    return report->status ? report->status : report->is_failure ? "failure" : "success";
}

static void set_status(cJSON *record, const struct function_report *report)
{
    json_set_text(record, "status", status_of(report));
    json_set_text(record, "errorType", report->error_type);
}

static void add_report(struct buffer *out, const struct function_report *report, int64_t time_ms)
{
    cJSON *record = begin_record(report);
    cJSON *metrics = json_set_object(record, "metrics");
    json_set_double(metrics, "durationMs", round_to(report->duration_ms, 1000));
    json_set_double(metrics, "billedDurationMs", ceil(report->billed_ms));
    json_set_double(metrics, "memorySizeMB", report->memory_mb);
    json_set_double(metrics, "maxMemoryUsedMB", report->memory_used_mb);
    if (report->init_ms >= 0)
        json_set_double(metrics, "initDurationMs", round_to(report->init_ms, 1000));
    set_status(record, report);
    add_record(out, "platform.report", record, time_ms);
}

void platform_add_end(struct buffer *out, const struct function_log_owner *owner,
                      const struct function_report *report, int64_t time_ms)
{
    bool is_success = !report->status && !report->is_failure;
    if (is_kept(owner, is_success ? LOG_DEBUG_RECORDS : LOG_WARN_RECORDS)) {
        cJSON *record = begin_record(report);
        set_status(record, report);
        cJSON *metrics = json_set_object(record, "metrics");
        json_set_double(metrics, "durationMs", round_to(report->duration_ms, 1000));
        json_set_double(metrics, "producedBytes", (double)report->produced_bytes);
        add_record(out, "platform.runtimeDone", record, time_ms);
    }
    if (is_kept(owner, is_success ? LOG_INFO_RECORDS : LOG_WARN_RECORDS))
        add_report(out, report, time_ms);
}

void platform_add_logs_dropped(struct buffer *out, size_t bytes, int64_t time_ms)
{
    cJSON *record = cJSON_CreateObject();
    json_set_text(record, "reason", "Coalmine keeps the last part of what an invocation prints");
    json_set_double(record, "droppedBytes", (double)bytes);
    add_record(out, "platform.logsDropped", record, time_ms);
}

static bool has_time(const cJSON *line)
{
    int64_t ms;
    const char *time = json_text(line, "timestamp", NULL);
    return time && timestamp_parse(text_from(time), &ms);
}

/* At the comma or bracket behind the member that begins at `at`. */
static const char *find_member_end(const char *at, const char *end)
{
    int depth = 0;
    bool is_in_string = false;
    for (; at < end; at++) {
        if (*at == '"')
            is_in_string = !is_in_string;
        else if (is_in_string)
            at += *at == '\\';
        else if (depth == 0 && (*at == ',' || *at == '}'))
            break;
        else if (*at == '{' || *at == '[')
            depth++;
        else if (*at == '}' || *at == ']')
            depth--;
    }
    return at;
}

static bool is_named(const char *member, const char *name)
{
    size_t size = strlen(name);
    return member[0] == '"' && strncmp(member + 1, name, size) == 0 && member[size + 1] == '"';
}

/* Begins an object of the members of `line`, a JSON object, without these two. They stay in the
 * function's words: a tree would hold their numbers as doubles. */
static void begin_without(struct buffer *out, struct text line, const char *name,
                          const char *other_name)
{
    const char *end = line.data + line.size;
    const char *at = line.data; /* a bracket or comma */
    char separator = '{';
    while (at < end && (at == line.data || *at == ',')) {
        const char *member = at + 1 + strspn(at + 1, " \t\r\n");
        at = find_member_end(member, end);
        if (at == member || is_named(member, name) || is_named(member, other_name))
            continue;
        buffer_add_char(out, separator);
        buffer_add(out, member, (size_t)(at - member));
        separator = ',';
    }
    buffer_add_char(out, separator);
}

static void add_completed(struct buffer *out, struct text line, bool has_own_time, int64_t time_ms)
{
    char time[TIMESTAMP_SIZE];
    begin_without(out, line, "level", has_own_time ? "level" : "timestamp");
    buffer_add_format(out, "\"level\":\"%s\"", log_severity_name(LOG_INFO_RECORDS));
    if (!has_own_time)
        buffer_add_format(out, ",\"timestamp\":\"%s\"",
                          timestamp_print(time_ms, TIMESTAMP_ISO_MS, time));
    buffer_add_string(out, "}\n");
}

void application_add_line(struct buffer *out, enum log_severity least, struct text line,
                          int64_t time_ms)
{
    CLEANUP(json_deletep)
    cJSON *object = text_starts_with(line, "{") ? json_parse_mended(line) : NULL;
    if (!cJSON_IsObject(object)) {
        buffer_add_text(out, line);
        return;
    }
    /* One above the highest stands for none. */
    const enum log_severity none = (enum log_severity)(LOG_FATAL_RECORDS + 1);
    const char *level = json_text(object, "level", "");
    enum log_severity severity = log_severity_parse(level, none);
    bool is_complete = severity != none && has_time(object);
    if ((is_complete ? severity : LOG_INFO_RECORDS) < least)
        return;
    if (is_complete) {
        buffer_add_text(out, line);
        return;
    }
    add_completed(out, line, has_time(object), time_ms);
}
