/*
 * Replies in pieces. libmicrohttpd asks for bytes by its reader; without any the reader suspends
 * the connection, and the next piece resumes it.
 */
#include <stdlib.h>

#include "http/exchange.h"

enum { BLOCK_SIZE = 32 * 1024, FULL_SIZE = 1024 * 1024, ROOM_SIZE = FULL_SIZE / 2 };

static ssize_t on_read(void *owner, uint64_t position UNUSED, char *bytes, size_t size)
{
    struct http_exchange *exchange = owner;
    struct buffer *pieces = &exchange->pieces;
    if (exchange->is_dropped)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (pieces->size == 0 && exchange->is_ended)
        return exchange->is_broken ? MHD_CONTENT_READER_END_WITH_ERROR
                                   : MHD_CONTENT_READER_END_OF_STREAM;
    if (pieces->size == 0) {
        exchange->is_waiting = true;
        parking_suspend(exchange);
        return 0;
    }
    size_t count = pieces->size < size ? pieces->size : size;
    memcpy(bytes, pieces->data, count);
    buffer_drop(pieces, count);
    if (exchange->flow && pieces->size < ROOM_SIZE)
        flow_set_full(exchange->flow, false);
    return (ssize_t)count;
}

static void go_on(struct http_exchange *exchange)
{
    if (!exchange->is_waiting)
        return;
    exchange->is_waiting = false;
    MHD_resume_connection(exchange->connection);
    http_server_schedule_run(exchange->server);
}

void http_exchange_stream_begin(struct http_exchange *exchange, const struct http_reply *reply,
                                struct flow *flow)
{
    exchange->is_stream = true;
    exchange->flow = flow;
    exchange->status = reply->status;
    if (!exchange->connection) {
        free(reply->body);
        exchange->is_gone = true;
        return;
    }
    exchange->response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, on_read, exchange, NULL);
    if (!exchange->response)
        abort();
    exchange_add_headers(exchange->response, reply);
    buffer_add(&exchange->pieces, reply->body, reply->body_size);
    free(reply->body);
    exchange_send(exchange);
}

void http_exchange_stream_write(struct http_exchange *exchange, struct text piece)
{
    if (exchange->is_gone)
        return;
    buffer_add_text(&exchange->pieces, piece);
    if (exchange->flow && exchange->pieces.size > FULL_SIZE)
        flow_set_full(exchange->flow, true);
    go_on(exchange);
}

size_t http_exchange_stream_backlog(const struct http_exchange *exchange)
{
    return exchange->pieces.size;
}

bool http_exchange_is_gone(const struct http_exchange *exchange)
{
    return exchange->is_gone;
}

static void end(struct http_exchange *exchange)
{
    exchange->is_ended = true;
    if (exchange->is_gone) {
        exchange_destroy(exchange);
        return;
    }
    if (!exchange->is_broken)
        buffer_add_text(&exchange->pieces, buffer_text(&exchange->last_piece));
    go_on(exchange);
}

void http_exchange_stream_end(struct http_exchange *exchange, struct text last)
{
    exchange->flow = NULL;
    buffer_add_text(&exchange->last_piece, last);
    if (exchange_must_hold(exchange))
        exchange_hold(exchange);
    else
        end(exchange);
}

void http_exchange_stream_break(struct http_exchange *exchange)
{
    exchange->is_broken = true;
    http_exchange_stream_end(exchange, TEXT(""));
}

void stream_release(struct http_exchange *exchange, bool is_saved)
{
    exchange->is_broken |= !is_saved;
    end(exchange);
}

bool stream_leave(struct http_exchange *exchange)
{
    if (!exchange->is_stream || exchange->is_ended)
        return false;
    exchange->is_gone = true;
    exchange->connection = NULL;
    parking_leave(exchange);
    buffer_clear(&exchange->pieces);
    if (exchange->flow) /* the function goes on all the same */
        flow_set_full(exchange->flow, false);
    exchange->is_waiting = false;
    return true;
}
