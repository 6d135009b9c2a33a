#include "store/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"
#include "xalloc.h"

enum {
    HEADER = 32,
    HEADER_SUMMED = 24, /* of which the checksum is that follows */
    FRAME_HEAD = 24,
    FRAME_SUMMED = 8,
    SALTS = 8, /* that tell one round of the log from the next; in header and frames */
    SALTS_IN_HEADER = 16,
    SALTS_IN_FRAME = 8,
    SUM_IN_FRAME = 16,
    PAGE_MIN = 512,
    PAGE_MAX = 65536,
    COMMITS_MIN = 2,    /* the last may be part of a transaction that a power cut tore */
    MAGIC = 0x377f0682, /* its last bit: words are big-endian when they are summed up */
};

struct sum {
    uint32_t first, second;
};

struct wal {
    const unsigned char *bytes;
    size_t size;
    size_t frame; /* bytes of one, with its head */
    bool is_big_endian;
};

static uint32_t read_big(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

static uint32_t read_little(const unsigned char *bytes)
{
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 |
           (uint32_t)bytes[0];
}

static struct sum read_sum(const unsigned char *bytes)
{
    return (struct sum){ read_big(bytes), read_big(bytes + 4) };
}

static bool are_equal(struct sum a, struct sum b)
{
    return a.first == b.first && a.second == b.second;
}

/* Inlined for either order: a start reads megabytes through it. */
static inline struct sum add_ordered(struct sum sum, const unsigned char *word, size_t size,
                                     bool is_big_endian)
{
    for (const unsigned char *end = word + size; word < end; word += 8) {
        sum.first += (is_big_endian ? read_big(word) : read_little(word)) + sum.second;
        sum.second += (is_big_endian ? read_big(word + 4) : read_little(word + 4)) + sum.first;
    }
    return sum;
}

static struct sum add_words(const struct wal *wal, struct sum sum, size_t at, size_t size)
{
    return wal->is_big_endian ? add_ordered(sum, wal->bytes + at, size, true)
                              : add_ordered(sum, wal->bytes + at, size, false);
}

static bool read_header(struct wal *wal)
{
    uint32_t magic = read_big(wal->bytes);
    uint32_t page = read_big(wal->bytes + 8);
    wal->is_big_endian = magic & 1;
    wal->frame = FRAME_HEAD + page;
    return (magic & ~1U) == MAGIC && page >= PAGE_MIN && page <= PAGE_MAX &&
           (page & (page - 1)) == 0 &&
           are_equal(add_words(wal, (struct sum){ 0 }, 0, HEADER_SUMMED),
                     read_sum(wal->bytes + HEADER_SUMMED));
}

/* Is a frame of this round at `at`, one that follows what summed up to `before`? */
static bool is_sound(const struct wal *wal, size_t at, struct sum before)
{
    const unsigned char *head = wal->bytes + at;
    if (wal->size - at < wal->frame ||
        memcmp(head + SALTS_IN_FRAME, wal->bytes + SALTS_IN_HEADER, SALTS) != 0)
        return false;
    struct sum sum = add_words(wal, before, at, FRAME_SUMMED);
    return are_equal(add_words(wal, sum, at + FRAME_HEAD, wal->frame - FRAME_HEAD),
                     read_sum(head + SUM_IN_FRAME));
}

/* The last frame of a transaction says how many pages the database has after it. */
static bool is_commit(const struct wal *wal, size_t at)
{
    return read_big(wal->bytes + at + 4) != 0;
}

/* Where SQLite stops to read. */
static size_t find_end(const struct wal *wal)
{
    size_t at = HEADER;
    struct sum before = read_sum(wal->bytes + HEADER_SUMMED);
    while (is_sound(wal, at, before)) {
        before = read_sum(wal->bytes + at + SUM_IN_FRAME);
        at += wal->frame;
    }
    return at;
}

/* Are there sound ends of transactions behind the frame at `end`? Whatever its own bytes have
 * become, each frame holds the sum that the one behind it goes on from. What SQLite wrote before
 * its transaction was undone stands there too, but without an end. */
static bool has_transactions_behind(const struct wal *wal, size_t end)
{
    int commits = 0;
    size_t at = end + wal->frame;
    while (at < wal->size && commits < COMMITS_MIN) {
        const unsigned char *salts =
            memmem(wal->bytes + at, wal->size - at, wal->bytes + SALTS_IN_HEADER, SALTS);
        if (!salts)
            break;
        size_t frame = (size_t)(salts - wal->bytes) - SALTS_IN_FRAME;
        struct sum before = read_sum(wal->bytes + frame - wal->frame + SUM_IN_FRAME);
        commits += is_commit(wal, frame) && is_sound(wal, frame, before);
        at = frame + SALTS_IN_FRAME + SALTS;
    }
    return commits == COMMITS_MIN;
}

/* Room that was made for a log, and nothing was written to it. */
static bool is_blank(const struct wal *wal)
{
    return wal->bytes[0] == 0 && memcmp(wal->bytes, wal->bytes + 1, wal->size - 1) == 0;
}

/* A header is written at once, so a crash tears none; a file that is shorter has no frame. */
static bool find_damage(struct wal *wal, size_t *place_out)
{
    *place_out = 0;
    if (wal->size <= HEADER || is_blank(wal))
        return false;
    if (!read_header(wal))
        return true;
    *place_out = find_end(wal);
    return has_transactions_behind(wal, *place_out);
}

static bool check_bytes(const char *path, struct wal *wal, struct error *error)
{
    size_t place;
    return !find_damage(wal, &place) ||
           error_set(error, NULL,
                     "%s is damaged at byte %zu, and SQLite would drop what was saved behind it "
                     "(after a power cut without --durable that is what is lost). Restore the "
                     "directory from a copy, or do without it: truncate -s %zu '%s', and then "
                     "`coalmine check`",
                     path, place, place, path);
}

static bool check_file(const char *path, int fd, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return error_set(error, NULL, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, NULL, "%s is no file", path);
    if (status.st_size == 0)
        return true;
    size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED)
        return error_set(error, NULL, "cannot read %s: %s", path, strerror(errno));
    struct wal wal = { .bytes = bytes, .size = size };
    bool is_good = check_bytes(path, &wal, error);
    munmap(bytes, size);
    return is_good;
}

bool wal_check(const char *path, struct error *error)
{
    CLEANUP(freep) char *log = xformat("%s-wal", path);
    int fd = open(log, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ||
               error_set(error, NULL, "cannot read %s: %s", log, strerror(errno));
    bool is_good = check_file(log, fd, error);
    close(fd);
    return is_good;
}

bool wal_check_has_database(const char *path, struct error *error)
{
    struct stat status;
    CLEANUP(freep) char *log = xformat("%s-wal", path);
    bool has_bytes = stat(path, &status) == 0 && status.st_size > 0;
    bool has_log = stat(log, &status) == 0 && status.st_size > 0;
    return has_bytes || !has_log ||
           error_set(error, NULL,
                     "%s is gone or empty, but its write-ahead log is not: put it back from a copy",
                     path);
}
