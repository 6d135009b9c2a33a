#include "runtime/answer_stream.h"

#include "runtime/channel.h"

void answer_stream_begin(struct answer_stream *stream, const struct job *job,
                         struct text content_type)
{
    stream->is_open = true;
    stream->size = 0;
    if (job->on_stream)
        job->on_stream(content_type, job->owner);
}

/* Beyond its limit nothing is kept, but the function may go on: it hears of it at the end. */
void answer_stream_add(struct answer_stream *stream, const struct job *job, struct text bytes)
{
    size_t limit = job->on_chunk ? ANSWER_STREAM_MAX : CHANNEL_PAYLOAD_MAX;
    stream->size += bytes.size;
    if (bytes.size == 0 || stream->size > limit)
        return;
    if (job->on_chunk)
        job->on_chunk(bytes, job->owner);
    else
        buffer_add_text(&stream->collected, bytes);
}

struct conclusion answer_stream_conclusion(const struct answer_stream *stream,
                                           const struct job *job, struct text error)
{
    size_t limit = job->on_chunk ? ANSWER_STREAM_MAX : CHANNEL_PAYLOAD_MAX;
    if (error.size)
        return conclusion_error(error);
    if (stream->size > limit)
        return conclusion_too_large();
    return conclusion_success(buffer_text(&stream->collected));
}

size_t answer_stream_produced(const struct answer_stream *stream,
                              const struct conclusion *conclusion)
{
    if (stream->is_open)
        return stream->size;
    return conclusion->end == INVOCATION_OK ? conclusion->payload.size : 0;
}

void answer_stream_close(struct answer_stream *stream)
{
    stream->is_open = false;
    buffer_clear(&stream->collected);
}
