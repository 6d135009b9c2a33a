/*
 * A write-ahead log that a crash, or something worse, left. An even first byte: the rest are the
 * file's bytes. An odd one: the next eight bytes are its salts, and each one behind them is a frame
 * with that byte on its page, which ends a transaction if it is odd; the log is then cut, or one
 * byte changed, where the second and third byte say. A log that was cut passes; one with a changed
 * byte does unless that takes two transactions away.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/wal.h"
#include "support/fuzz_directory.h"
#include "xalloc.h"

enum {
    CONTROL = 3, /* bytes of the input that say what becomes of the log */
    SALTS = 8,
    HEADER = 32,
    FRAME_HEAD = 24,
    SUM_IN_FRAME = 16,
    PAGE = 512,
    FRAME = FRAME_HEAD + PAGE,
    FRAMES_MAX = 16,
};

struct log {
    unsigned char bytes[HEADER + FRAMES_MAX * FRAME];
    size_t size;
};

static char *path;

static bool passes(const unsigned char *bytes, size_t size)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(freep) char *log = xformat("%s-wal", path);
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_assert(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    bool is_sound = wal_check(path, &error);
    fuzz_assert(is_sound == !error.message);
    return is_sound;
}

static void put(unsigned char *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* SQLite's checksum, big-endian words; its two halves are in `sum`. */
static void sum_up(uint32_t sum[2], const unsigned char *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += 4) {
        uint32_t word = (uint32_t)bytes[at] << 24 | (uint32_t)bytes[at + 1] << 16 |
                        (uint32_t)bytes[at + 2] << 8 | bytes[at + 3];
        int half = at / 4 % 2;
        sum[half] += word + sum[!half];
    }
}

static void make_log(struct log *log, const uint8_t *salts, const uint8_t *pages, size_t count)
{
    uint32_t sum[2] = { 0, 0 };
    put(log->bytes, 0x377f0683);
    put(log->bytes + 4, 3007000);
    put(log->bytes + 8, PAGE);
    put(log->bytes + 12, 0);
    memcpy(log->bytes + 16, salts, SALTS);
    sum_up(sum, log->bytes, HEADER - 8);
    put(log->bytes + HEADER - 8, sum[0]);
    put(log->bytes + HEADER - 4, sum[1]);
    for (size_t i = 0; i < count; i++) {
        unsigned char *frame = log->bytes + HEADER + i * FRAME;
        put(frame, (uint32_t)i + 1);
        put(frame + 4, pages[i] % 2 ? (uint32_t)count : 0);
        memcpy(frame + 8, salts, SALTS);
        memset(frame + FRAME_HEAD, pages[i], PAGE);
        sum_up(sum, frame, 8);
        sum_up(sum, frame + FRAME_HEAD, PAGE);
        put(frame + SUM_IN_FRAME, sum[0]);
        put(frame + SUM_IN_FRAME + 4, sum[1]);
    }
    log->size = HEADER + count * FRAME;
}

/* Does a change of the byte at `at` take two transactions or more out of reach? Without its sum a
 * frame does not say what the next one goes on from. */
static bool is_loss(const uint8_t *pages, size_t count, size_t at)
{
    if (at < HEADER)
        return count > 0;
    size_t place = (at - HEADER) % FRAME;
    size_t next = (at - HEADER) / FRAME + 1;
    int commits = 0;
    for (size_t i = next + (place >= SUM_IN_FRAME && place < FRAME_HEAD); i < count; i++)
        commits += pages[i] % 2;
    return commits >= 2;
}

static void check_made(const uint8_t *data, size_t size)
{
    static struct log log;
    const uint8_t *pages = data + CONTROL + SALTS;
    size_t count = size - CONTROL - SALTS < FRAMES_MAX ? size - CONTROL - SALTS : FRAMES_MAX;
    make_log(&log, data + CONTROL, pages, count);
    size_t at = (data[1] << 8 | data[2]) % log.size;
    fuzz_assert(passes(log.bytes, log.size));
    fuzz_assert(passes(log.bytes, at));
    log.bytes[at] ^= data[0];
    fuzz_assert(passes(log.bytes, log.size) == !is_loss(pages, count, at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!path)
        path = xformat("%s/x.db", fuzz_directory());
    if (size > CONTROL + SALTS && data[0] % 2)
        check_made(data, size);
    else if (size > 0)
        passes(data + 1, size - 1);
    return 0;
}
