#include "edge/cbor_check.h"

#include <cbor.h>
#include <stdint.h>

enum { UNTIL_BREAK = -1 };

/* Items still to come in each open container; tags count as containers of one. */
struct walk {
    int64_t left[CBOR_DEPTH_MAX];
    int depth;
    size_t bytes_left;
    bool is_bad;
};

static void count_item(struct walk *walk)
{
    if (walk->depth && walk->left[walk->depth - 1] > 0)
        walk->left[walk->depth - 1]--;
}

static void open_container(struct walk *walk, int64_t members)
{
    count_item(walk);
    if (walk->depth == CBOR_DEPTH_MAX) {
        walk->is_bad = true;
        return;
    }
    walk->left[walk->depth++] = members;
}

static void on_sized(struct walk *walk, uint64_t members, uint64_t items_each)
{
    if (members > walk->bytes_left)
        walk->is_bad = true;
    else
        open_container(walk, (int64_t)(members * items_each));
}

static void on_array(void *owner, size_t members)
{
    on_sized(owner, members, 1);
}

static void on_map(void *owner, size_t members)
{
    on_sized(owner, members, 2);
}

static void on_indefinite(void *owner)
{
    open_container(owner, UNTIL_BREAK);
}

static void on_tag(void *owner, uint64_t tag)
{
    (void)tag;
    open_container(owner, 1);
}

static void on_break(void *owner)
{
    struct walk *walk = owner;
    if (walk->depth && walk->left[walk->depth - 1] == UNTIL_BREAK)
        walk->depth--;
    else
        walk->is_bad = true;
}

static void on_bytes(void *owner, cbor_data data, size_t size)
{
    (void)data;
    (void)size;
    count_item(owner);
}

static void on_uint8(void *owner, uint8_t value)
{
    (void)value;
    count_item(owner);
}

static void on_uint16(void *owner, uint16_t value)
{
    (void)value;
    count_item(owner);
}

static void on_uint32(void *owner, uint32_t value)
{
    (void)value;
    count_item(owner);
}

static void on_uint64(void *owner, uint64_t value)
{
    (void)value;
    count_item(owner);
}

static void on_float(void *owner, float value)
{
    (void)value;
    count_item(owner);
}

static void on_double(void *owner, double value)
{
    (void)value;
    count_item(owner);
}

static void on_nothing(void *owner)
{
    count_item(owner);
}

static void on_boolean(void *owner, bool value)
{
    (void)value;
    count_item(owner);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_uint8,
    .negint16 = on_uint16,
    .negint32 = on_uint32,
    .negint64 = on_uint64,
    .byte_string_start = on_indefinite,
    .byte_string = on_bytes,
    .string = on_bytes,
    .string_start = on_indefinite,
    .indef_array_start = on_indefinite,
    .array_start = on_array,
    .indef_map_start = on_indefinite,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_nothing,
    .null = on_nothing,
    .boolean = on_boolean,
    .indef_break = on_break,
};

bool cbor_is_safe(struct text bytes)
{
    struct walk walk = { 0 };
    size_t at = 0;
    do {
        walk.bytes_left = bytes.size - at;
        struct cbor_decoder_result result =
            cbor_stream_decode((cbor_data)bytes.data + at, bytes.size - at, &callbacks, &walk);
        if (result.status != CBOR_DECODER_FINISHED || walk.is_bad)
            return false;
        at += result.read;
        while (walk.depth && walk.left[walk.depth - 1] == 0)
            walk.depth--;
    } while (walk.depth);
    return at == bytes.size;
}
