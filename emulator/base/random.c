#include "random.h"

#include <stdio.h>

#include "crypto.h"
#include "hash.h"

static struct {
    bool is_set;
    uint64_t value;
} seed;

struct id_stream {
    const char *name;
    bool is_ready;
    struct random_stream stream;
};

static int64_t run = 1;
static struct id_stream calls = { .name = "ids" };
static struct id_stream aside = { .name = "ids aside" };

static void begin_ids_anew(void)
{
    calls.is_ready = false;
    aside.is_ready = false;
}

static uint64_t split_mix(uint64_t *state)
{
    uint64_t mixed = (*state += 0x9E3779B97F4A7C15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

void random_set_seed(uint64_t value)
{
    seed.is_set = true;
    seed.value = value;
    begin_ids_anew();
}

static uint64_t current_seed(void)
{
    if (!seed.is_set) {
        crypto_random(&seed.value, sizeof(seed.value));
        seed.is_set = true;
    }
    return seed.value;
}

struct random_stream random_stream_for(const char *name)
{
    uint64_t state = hash_string(name) ^ current_seed();
    struct random_stream stream;
    for (int i = 0; i < 4; i++)
        stream.state[i] = split_mix(&state);
    return stream;
}

static uint64_t rotate_left(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

uint64_t random_next(struct random_stream *stream)
{
    uint64_t *s = stream->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double random_unit(struct random_stream *stream)
{
    return (double)(random_next(stream) >> 11) * 0x1.0p-53;
}

void random_set_run(int64_t number)
{
    run = number;
    begin_ids_anew();
}

static uint64_t next_id(struct id_stream *ids)
{
    if (!ids->is_ready) {
        char name[32];
        snprintf(name, sizeof(name), "%s", ids->name);
        if (run > 1)
            snprintf(name, sizeof(name), "%s %lld", ids->name, (long long)run);
        ids->stream = random_stream_for(name);
        ids->is_ready = true;
    }
    return random_next(&ids->stream);
}

uint64_t random_next_aside(void)
{
    return next_id(&aside);
}

/* The lowest `digits` digits of `value`. Every call has an id, so this is worth not printing. */
static char *add_hex(char *at, uint64_t value, int digits)
{
    while (digits-- > 0)
        *at++ = "0123456789abcdef"[value >> (4 * digits) & 15];
    return at;
}

void random_hex_aside(char *hex_out, size_t digits)
{
    while (digits > 0) {
        int part = digits < 16 ? (int)digits : 16;
        hex_out = add_hex(hex_out, random_next_aside(), part);
        digits -= (size_t)part;
    }
    *hex_out = '\0';
}

static void print_uuid(struct id_stream *ids, char uuid_out[UUID_SIZE])
{
    uint64_t high = (next_id(ids) & 0xFFFFFFFFFFFF0FFFu) | 0x4000u;
    uint64_t low = (next_id(ids) & 0x3FFFFFFFFFFFFFFFu) | 0x8000000000000000u;
    const struct {
        uint64_t value;
        int digits;
    } parts[] = {
        { high >> 32, 8 }, { high >> 16, 4 }, { high, 4 }, { low >> 48, 4 }, { low, 12 }
    };
    char *at = uuid_out;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (i)
            *at++ = '-';
        at = add_hex(at, parts[i].value, parts[i].digits);
    }
    *at = '\0';
}

void random_uuid(char uuid_out[UUID_SIZE])
{
    print_uuid(&calls, uuid_out);
}

void random_uuid_aside(char uuid_out[UUID_SIZE])
{
    print_uuid(&aside, uuid_out);
}
