/* Small languages, by the first byte: markers of pages, times, gzip, percent-encoding. */
#include "arena.h"
#include "edge/inflate.h"
#include "operation/page.h"
#include "support/fuzz.h"
#include "timestamp.h"
#include "url.h"

enum { CEILING = 100000 };

static void read_marker(struct text text, struct arena *arena)
{
    char *key = page_key(arena_copy(arena, text));
    if (key) {
        char *marker = page_marker(key);
        char *again = page_key(marker);
        fuzz_assert(again && strcmp(key, again) == 0);
        free(marker);
        free(again);
    }
    free(key);
}

static void read_time(struct text text)
{
    int64_t ms;
    int64_t again;
    char printed[TIMESTAMP_SIZE];
    if (!timestamp_parse(text, &ms))
        return;
    timestamp_print(ms, TIMESTAMP_ISO_MS, printed);
    fuzz_assert(timestamp_parse(text_from(printed), &again));
    /* An offset may lead out of the years that can be printed. */
    fuzz_assert(again == ms || text_starts_with(text_from(printed), "0000-01-01") ||
                text_starts_with(text_from(printed), "9999-12-31"));
}

static void read_gzip(struct text text)
{
    struct buffer buffer;
    buffer_init(&buffer, CEILING);
    bool is_whole = inflate_gzip(text, &buffer);
    fuzz_assert(buffer.size <= CEILING && !(is_whole && buffer.overflowed));
    buffer_clear(&buffer);
}

static void read_url(struct text text)
{
    struct buffer decoded = { 0 };
    struct buffer encoded = { 0 };
    struct buffer again = { 0 };
    url_decode(&decoded, text, true);
    url_encode(&encoded, buffer_text(&decoded), false);
    url_decode(&again, buffer_text(&encoded), true);
    fuzz_assert(decoded.size <= text.size && again.size == decoded.size);
    fuzz_assert(!again.size || memcmp(again.data, decoded.data, again.size) == 0);
    buffer_clear(&decoded);
    buffer_clear(&encoded);
    buffer_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    if (size == 0)
        return 0;
    struct text text = { (const char *)data + 1, size - 1 };
    if (data[0] % 4 == 0)
        read_marker(text, &arena);
    else if (data[0] % 4 == 1)
        read_time(text);
    else if (data[0] % 4 == 2)
        read_gzip(text);
    else
        read_url(text);
    arena_clear(&arena);
    return 0;
}
