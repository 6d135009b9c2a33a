#include "traffic/reply.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "crypto.h"
#include "json.h"
#include "xalloc.h"

enum { LINE_MAX_SIZE = 4096 };

static bool is_same(struct text text, const char *word)
{
    return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

static void on_length(struct reply *reply, struct text value)
{
    int64_t length;
    if (!text_to_int64(value, &length) || length < 0) {
        reply->state = REPLY_BAD;
    } else if (reply->state == REPLY_TO_THE_END) {
        reply->left = (uint64_t)length;
        reply->state = REPLY_BODY;
    }
}

static void on_encoding(struct reply *reply, struct text value)
{
    reply->state = is_same(value, "chunked") ? REPLY_CHUNK_SIZE : REPLY_BAD;
}

static void on_connection(struct reply *reply, struct text value)
{
    reply->is_last |= is_same(value, "close");
}

static void on_version(struct reply *reply, struct text value)
{
    snprintf(reply->version, sizeof(reply->version), "%.*s", TEXT_ARGS(value));
}

static void on_error(struct reply *reply, struct text value)
{
    snprintf(reply->error, sizeof(reply->error), "%.*s", TEXT_ARGS(value));
}

static void on_function_error(struct reply *reply, struct text value)
{
    reply->is_function_error = value.size > 0;
}

/* Lambda's REPORT line names an Init Duration when the environment was started for this call. */
static void on_log_tail(struct reply *reply, struct text value)
{
    size_t size;
    CLEANUP(freep) char *log = base64_decode(value, &size);
    reply->is_cold = log && memmem(log, size, "Init Duration:", 14);
}

void reply_header(struct reply *reply, struct text line)
{
    static const struct {
        const char *name;
        void (*take)(struct reply *reply, struct text value);
    } rows[] = {
        { "content-length", on_length },
        { "transfer-encoding", on_encoding },
        { "connection", on_connection },
        { "x-amz-executed-version", on_version },
        { "x-amz-function-error", on_function_error },
        { "x-amzn-errortype", on_error },
        { "x-amz-log-result", on_log_tail },
    };
    struct text value = line;
    struct text name = text_cut(&value, ':');
    for (size_t i = 0; value.data && i < COUNT_OF(rows); i++) {
        if (is_same(name, rows[i].name))
            rows[i].take(reply, text_trimmed(value));
    }
}

static bool read_status(struct reply *reply, struct text line)
{
    if (line.size < 12 || strncmp(line.data, "HTTP/1.", 7) != 0 || line.data[8] != ' ')
        return false;
    for (int i = 9; i < 12; i++) {
        if (!isdigit((unsigned char)line.data[i]))
            return false;
    }
    reply->status = (line.data[9] - '0') * 100 + (line.data[10] - '0') * 10 + line.data[11] - '0';
    reply->is_last = line.data[7] == '0';
    return true;
}

static void take_head(struct reply *reply, struct text head)
{
    struct text line = text_cut(&head, '\n');
    if (!read_status(reply, line)) {
        reply->state = REPLY_BAD;
        return;
    }
    if (reply->status < 200) /* 100 Continue: the real one follows */
        return;
    reply->state = REPLY_TO_THE_END;
    while (head.size && reply->state != REPLY_BAD)
        reply_header(reply, text_trimmed(text_cut(&head, '\n')));
    bool has_no_body = reply->status == 204 || reply->status == 304 ||
                       (reply->state == REPLY_BODY && reply->left == 0);
    if (has_no_body && reply->state != REPLY_BAD)
        reply->state = REPLY_DONE;
    reply->is_last |= reply->state == REPLY_TO_THE_END;
}

/* Where the head ends within `bytes`; 0: not yet. */
static size_t head_end(const char *bytes, size_t size)
{
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    return end ? (size_t)(end - bytes) + 4 : 0;
}

static size_t feed_head(struct reply *reply, const char *bytes, size_t size)
{
    size_t end = reply->head.size ? 0 : head_end(bytes, size);
    if (end) { /* the usual case: all of it in one piece, looked at where it lies */
        take_head(reply, (struct text){ bytes, end });
        return end;
    }
    size_t before = reply->head.size;
    reply->head.ceiling = REPLY_HEAD_MAX;
    if (!buffer_add(&reply->head, bytes, size)) {
        reply->state = REPLY_BAD;
        return 0;
    }
    end = head_end(reply->head.data, reply->head.size);
    if (!end)
        return size;
    take_head(reply, (struct text){ reply->head.data, end });
    buffer_drop(&reply->head, reply->head.size);
    return end - before;
}

static void keep(struct reply *reply, const char *bytes, size_t size)
{
    size_t room = REPLY_BODY_MAX - reply->body.size;
    if (reply->status != 200)
        buffer_add(&reply->body, bytes, size < room ? size : room);
}

static size_t feed_body(struct reply *reply, const char *bytes, size_t size)
{
    size_t taken = reply->left < size ? (size_t)reply->left : size;
    keep(reply, bytes, taken);
    reply->left -= taken;
    if (reply->left == 0)
        reply->state = reply->state == REPLY_CHUNK ? REPLY_CHUNK_END : REPLY_DONE;
    return taken;
}

static void take_chunk_size(struct reply *reply, struct text line)
{
    char *end;
    bool is_number = line.size && line.size < 16 && isxdigit((unsigned char)line.data[0]);
    reply->left = is_number ? strtoull(line.data, &end, 16) : 0;
    if (!is_number || (*end && *end != ';' && !isspace((unsigned char)*end)))
        reply->state = REPLY_BAD;
    else
        reply->state = reply->left ? REPLY_CHUNK : REPLY_TRAILER;
}

static void take_line(struct reply *reply, struct text line)
{
    if (reply->state == REPLY_CHUNK_SIZE)
        take_chunk_size(reply, line);
    else if (reply->state == REPLY_CHUNK_END)
        reply->state = line.size ? REPLY_BAD : REPLY_CHUNK_SIZE;
    else if (line.size == 0)
        reply->state = REPLY_DONE;
}

static size_t feed_line(struct reply *reply, const char *bytes, size_t size)
{
    const char *end = memchr(bytes, '\n', size);
    size_t taken = end ? (size_t)(end - bytes) + 1 : size;
    if (reply->head.size + taken > LINE_MAX_SIZE) {
        reply->state = REPLY_BAD;
        return 0;
    }
    buffer_add(&reply->head, bytes, taken);
    if (!end)
        return taken;
    struct text line = text_trimmed(buffer_text(&reply->head));
    take_line(reply, line);
    buffer_drop(&reply->head, reply->head.size);
    return taken;
}

static size_t feed_some(struct reply *reply, const char *bytes, size_t size)
{
    switch (reply->state) {
    case REPLY_HEAD:
        return feed_head(reply, bytes, size);
    case REPLY_BODY:
    case REPLY_CHUNK:
        return feed_body(reply, bytes, size);
    case REPLY_CHUNK_SIZE:
    case REPLY_CHUNK_END:
    case REPLY_TRAILER:
        return feed_line(reply, bytes, size);
    case REPLY_TO_THE_END:
        keep(reply, bytes, size);
        return size;
    case REPLY_DONE:
    case REPLY_BAD:
        break;
    }
    return 0;
}

size_t reply_feed(struct reply *reply, const char *bytes, size_t size)
{
    size_t taken = 0;
    while (taken < size && reply->state != REPLY_DONE && reply->state != REPLY_BAD)
        taken += feed_some(reply, bytes + taken, size - taken);
    reply->seen += taken;
    return taken;
}

bool reply_end(struct reply *reply)
{
    if (reply->state == REPLY_TO_THE_END)
        reply->state = REPLY_DONE;
    return reply->state == REPLY_DONE;
}

void reply_message(const struct reply *reply, char *message_out, size_t size)
{
    CLEANUP(json_deletep) cJSON *tree = json_parse(buffer_text(&reply->body));
    const char *message = json_text(tree, "message", json_text(tree, "Message", "no message"));
    snprintf(message_out, size, "HTTP %d: %s", reply->status, message);
}

void reply_reset(struct reply *reply)
{
    struct buffer head = reply->head;
    struct buffer body = reply->body;
    if (head.size)
        buffer_drop(&head, head.size);
    if (body.size)
        buffer_drop(&body, body.size);
    *reply = (struct reply){ .head = head, .body = body };
}

void reply_clear(struct reply *reply)
{
    buffer_clear(&reply->head);
    buffer_clear(&reply->body);
    *reply = (struct reply){ 0 };
}
