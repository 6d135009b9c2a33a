#include "edge/inflate.h"

#include <zlib.h>

enum { STEP = 64 * 1024, GZIP_WINDOW = 16 + MAX_WBITS };

bool inflate_gzip(struct text compressed, struct buffer *buffer)
{
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)compressed.data,
                        .avail_in = (uInt)compressed.size };
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return false;
    int result = Z_OK;
    while (result == Z_OK) {
        size_t room = buffer->ceiling && buffer->ceiling - buffer->size < STEP
                          ? buffer->ceiling - buffer->size
                          : STEP;
        if (room == 0) {
            buffer->overflowed = true;
            break;
        }
        stream.next_out = (Bytef *)buffer_reserve(buffer, room);
        stream.avail_out = (uInt)room;
        result = inflate(&stream, Z_NO_FLUSH);
        buffer_commit(buffer, room - stream.avail_out);
    }
    inflateEnd(&stream);
    return result == Z_STREAM_END && stream.avail_in == 0;
}
