#include "store/journal.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "crypto.h"
#include "file.h"
#include "log.h"
#include "store/inspection.h"
#include "xalloc.h"

enum {
    FRAME_HEAD = 9,
    SEGMENT_MAX = 64 << 20,
    RECORD_MAX = 16 << 20,
    KIND_MAX = 15, /* the largest that there may ever be */
};

/* With its position. In full: whatever is named a little otherwise (a copy that was put aside) is
 * none. */
#define SEGMENT_NAME "journal-%020llu.log"

/* Segments by the position of their first byte, ascending; the last one is written to. */
struct segment {
    uint64_t start;
    uint64_t size;
};

struct journal {
    char *directory;
    bool is_durable;
    int fd;
    bool is_torn;  /* what was not written whole could not be cut off either */
    bool is_named; /* a power cut leaves the last segment its name */
    struct segment *segments;
    size_t segment_count;
    struct buffer queue;
};

static char *segment_path(const struct journal *journal, uint64_t start)
{
    return xformat("%s/" SEGMENT_NAME, journal->directory, (unsigned long long)start);
}

static struct segment *last_segment(const struct journal *journal)
{
    return &journal->segments[journal->segment_count - 1];
}

static uint64_t segment_end(const struct segment *segment)
{
    return segment->start + segment->size;
}

static void add_segment(struct journal *journal, uint64_t start, uint64_t size)
{
    journal->segments =
        xrealloc(journal->segments, (journal->segment_count + 1) * sizeof(*journal->segments));
    journal->segments[journal->segment_count++] = (struct segment){ start, size };
}

static int compare_segments(const void *a, const void *b)
{
    const struct segment *first = a;
    const struct segment *second = b;
    return first->start < second->start ? -1 : first->start > second->start;
}

static bool is_segment_name(const char *name, unsigned long long *start_out)
{
    if (sscanf(name, "journal-%20llu", start_out) != 1)
        return false;
    CLEANUP(freep) char *exact = xformat(SEGMENT_NAME, *start_out);
    return strcmp(name, exact) == 0;
}

/* A file of the directory; false with a sentence if it is a segment that cannot be read. */
static bool note_file(struct journal *journal, int directory, const char *name, struct error *error)
{
    unsigned long long start;
    struct stat status;
    if (!is_segment_name(name, &start))
        return true;
    if (fstatat(directory, name, &status, 0) != 0)
        return error_set(error, NULL, "cannot read %s/%s: %s", journal->directory, name,
                         strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, NULL, "%s/%s is no file: put it back from a copy",
                         journal->directory, name);
    add_segment(journal, start, (uint64_t)status.st_size);
    return true;
}

/* One that is overlooked would be lost: positions go on, and the next checkpoint is behind it. */
static bool note_files(struct journal *journal, DIR *directory, struct error *error)
{
    const struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(directory);
        if (entry && !note_file(journal, dirfd(directory), entry->d_name, error))
            return false;
    } while (entry);
    return errno == 0 ||
           error_set(error, NULL, "cannot read %s: %s", journal->directory, strerror(errno));
}

static bool find_segments(struct journal *journal, struct error *error)
{
    DIR *directory = opendir(journal->directory);
    if (!directory)
        return error_set(error, NULL, "cannot read %s: %s", journal->directory, strerror(errno));
    bool is_whole = note_files(journal, directory, error);
    closedir(directory);
    if (journal->segment_count)
        qsort(journal->segments, journal->segment_count, sizeof(*journal->segments),
              compare_segments);
    return is_whole;
}

/* Opens a segment for writing, making it if need be. */
static bool open_segment(struct journal *journal, uint64_t start, struct error *error)
{
    CLEANUP(freep) char *path = segment_path(journal, start);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, NULL, "cannot open %s: %s", path, strerror(errno));
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = fd;
    journal->is_torn = false;
    journal->is_named = false;
    return true;
}

/* What is written from now on stands in a new segment. If it cannot be made, nothing changes. */
static bool begin_segment(struct journal *journal, uint64_t start, struct error *error)
{
    if (!open_segment(journal, start, error))
        return false;
    add_segment(journal, start, 0);
    return true;
}

struct journal *journal_open(const char *directory, bool is_durable, struct error *error)
{
    struct journal *journal = xcalloc(1, sizeof(*journal));
    journal->directory = xstrdup(directory);
    journal->is_durable = is_durable;
    journal->fd = -1;
    if (find_segments(journal, error) &&
        (journal->segment_count ? open_segment(journal, last_segment(journal)->start, error)
                                : begin_segment(journal, 0, error)))
        return journal;
    journal_close(journal);
    return NULL;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    buffer_clear(&journal->queue);
    free(journal->segments);
    free(journal->directory);
    free(journal);
}

static uint32_t read_u32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* The size of the whole record at `bytes`, or 0 if none is whole and sound there. */
static size_t check_record(const unsigned char *bytes, size_t left)
{
    if (left < FRAME_HEAD)
        return 0;
    uint32_t size = read_u32(bytes);
    if (size > RECORD_MAX || left - FRAME_HEAD < size)
        return 0;
    return crypto_crc32c(bytes + 8, (size_t)size + 1) == read_u32(bytes + 4)
               ? FRAME_HEAD + (size_t)size
               : 0;
}

/* Is there a sound record anywhere behind `at`? Then what stands at `at` is damage, not a tail
 * that a crash tore. Bytes that cannot be a kind are looked at first: a checksum over the rest at
 * every byte would take the square of the tail's size. */
static bool has_record_behind(const unsigned char *bytes, size_t at, size_t size)
{
    for (size_t next = at + 1; next + FRAME_HEAD <= size; next++) {
        unsigned char kind = bytes[next + FRAME_HEAD - 1];
        if (kind > 0 && kind <= KIND_MAX && check_record(bytes + next, size - next))
            return true;
    }
    return false;
}

struct replay {
    struct journal *journal;
    uint64_t position;
    void (*on_record)(uint8_t kind, struct text payload, void *owner);
    void *owner;
    bool only_looks; /* the files stay as they are */
};

static bool cut_tail(const struct replay *replay, struct segment *segment, size_t size,
                     struct error *error)
{
    struct journal *journal = replay->journal;
    if (replay->only_looks) {
        segment->size = size;
        return true;
    }
    CLEANUP(freep) char *path = segment_path(journal, segment->start);
    log_warn("journal", "the last %llu bytes of %s are a torn record; they were cut off",
             (unsigned long long)(segment->size - size), path);
    if (truncate(path, (off_t)size) != 0)
        return error_set(error, NULL, "cannot cut %s: %s", path, strerror(errno));
    segment->size = size;
    return true;
}

static bool replay_bytes(const struct replay *replay, struct segment *segment,
                         const unsigned char *bytes, struct error *error)
{
    size_t size = (size_t)segment->size;
    size_t at = replay->position > segment->start ? (size_t)(replay->position - segment->start) : 0;
    while (at < size) {
        size_t record = check_record(bytes + at, size - at);
        if (record == 0) {
            CLEANUP(freep) char *path = segment_path(replay->journal, segment->start);
            bool is_last = segment == last_segment(replay->journal);
            if (is_last && !has_record_behind(bytes, at, size))
                return cut_tail(replay, segment, at, error);
            return error_set(error, NULL,
                             "%s is damaged at byte %zu; restore it, or move it away to start "
                             "without the metrics it holds",
                             path, at);
        }
        struct text payload = { (const char *)bytes + at + FRAME_HEAD, record - FRAME_HEAD };
        replay->on_record(bytes[at + 8], payload, replay->owner);
        at += record;
    }
    return true;
}

static bool replay_segment(const struct replay *replay, struct segment *segment,
                           struct error *error)
{
    if (segment->size == 0 || segment_end(segment) <= replay->position)
        return true;
    CLEANUP(freep) char *path = segment_path(replay->journal, segment->start);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *bytes =
        fd < 0 ? MAP_FAILED : mmap(NULL, (size_t)segment->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    if (bytes == MAP_FAILED)
        return error_set(error, NULL, "cannot read %s: %s", path, strerror(errno));
    size_t mapped = (size_t)segment->size;
    bool is_good = replay_bytes(replay, segment, bytes, error);
    munmap(bytes, mapped);
    return is_good;
}

/* The sentence, if what comes before the segment is there up to `end` only. Owned by the caller. */
static char *describe_gap(const struct journal *journal, uint64_t end,
                          const struct segment *segment)
{
    return segment->start <= end
               ? NULL
               : xformat("%s: the journal lacks the bytes from %llu to %llu: what came with them "
                         "is in no metric and no log",
                         journal->directory, (unsigned long long)end,
                         (unsigned long long)segment->start);
}

/* The sentence, if the journal ends before what the checkpoint has of it: a crash leaves no such
 * one. Owned by the caller. */
static char *describe_loss(const struct journal *journal, uint64_t end, uint64_t position)
{
    return end >= position
               ? NULL
               : xformat("%s: the journal ends at byte %llu, but the checkpoint has it up to %llu: "
                         "it is an older one, or has lost its end, and what came after the "
                         "checkpoint is in no metric and no log",
                         journal->directory, (unsigned long long)end, (unsigned long long)position);
}

/* Where the last file ends; 0 if there is none. */
static uint64_t find_end(const struct journal *journal)
{
    return journal->segment_count ? segment_end(last_segment(journal)) : 0;
}

bool journal_replay(struct journal *journal, uint64_t position,
                    void (*on_record)(uint8_t kind, struct text payload, void *owner), void *owner,
                    struct error *error)
{
    struct replay replay = { journal, position, on_record, owner, false };
    uint64_t end = position;
    for (size_t i = 0; i < journal->segment_count; i++) {
        struct segment *segment = &journal->segments[i];
        CLEANUP(freep) char *gap = describe_gap(journal, end, segment);
        if (gap)
            log_warn("journal", "%s", gap);
        if (!replay_segment(&replay, segment, error))
            return false;
        end = segment_end(segment) > end ? segment_end(segment) : end;
    }
    CLEANUP(freep) char *loss = describe_loss(journal, find_end(journal), position);
    if (loss)
        log_warn("journal", "%s", loss);
    /* Positions never repeat, even if the files were lost after a checkpoint. */
    return !loss || begin_segment(journal, position, error);
}

static void add_u32(struct buffer *buffer, uint32_t value)
{
    const unsigned char bytes[] = { (unsigned char)value, (unsigned char)(value >> 8),
                                    (unsigned char)(value >> 16), (unsigned char)(value >> 24) };
    buffer_add(buffer, bytes, sizeof(bytes));
}

void journal_append(struct journal *journal, uint8_t kind, struct text payload)
{
    assert(kind > 0 && kind <= KIND_MAX && payload.size <= RECORD_MAX);
    struct buffer *queue = &journal->queue;
    size_t start = queue->size;
    add_u32(queue, (uint32_t)payload.size);
    add_u32(queue, 0);
    buffer_add_char(queue, (char)kind);
    buffer_add_text(queue, payload);
    uint32_t checksum = crypto_crc32c(queue->data + start + 8, payload.size + 1);
    for (int i = 0; i < 4; i++)
        queue->data[start + 4 + (size_t)i] = (char)(checksum >> (8 * i));
}

bool journal_is_dirty(const struct journal *journal)
{
    return journal->queue.size > 0;
}

/* Back to the last whole record. */
static void cut(struct journal *journal)
{
    journal->is_torn = ftruncate(journal->fd, (off_t)last_segment(journal)->size) != 0;
    if (journal->is_torn)
        log_error("journal", "cannot cut a half-written record: %s", strerror(errno));
}

/* Never behind half a record: that would be damage to the next start. */
static bool write_queue(struct journal *journal)
{
    if (journal->is_torn)
        cut(journal);
    if (journal->is_torn || !file_write(journal->fd, buffer_text(&journal->queue)))
        return false;
    if (!journal->is_durable)
        return true;
    journal->is_named = journal->is_named || file_sync_directory(journal->directory);
    return journal->is_named && fdatasync(journal->fd) == 0;
}

/* Without room for a further file the records go on into this one, for as long again: what was
 * written is written. */
static void rotate(struct journal *journal)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const struct segment *segment = last_segment(journal);
    if (!begin_segment(journal, segment_end(segment), &error))
        log_warn("journal", "%s; the segment before it becomes longer", error.message);
}

bool journal_flush(struct journal *journal, struct error *error)
{
    if (journal->queue.size == 0)
        return true;
    struct segment *segment = last_segment(journal);
    uint64_t full = segment->size / SEGMENT_MAX;
    bool is_written = write_queue(journal);
    if (!is_written) {
        error_set(error, NULL, "cannot write to the journal in %s: %s", journal->directory,
                  strerror(errno));
        if (!journal->is_torn)
            cut(journal);
    } else {
        segment->size += journal->queue.size;
    }
    journal->queue.size = 0;
    if (segment->size / SEGMENT_MAX > full)
        rotate(journal);
    return is_written;
}

uint64_t journal_position(const struct journal *journal)
{
    return segment_end(last_segment(journal)) + journal->queue.size;
}

static void remove_first_segments(struct journal *journal, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP(freep) char *path = segment_path(journal, journal->segments[i].start);
        if (unlink(path) != 0 && errno != ENOENT)
            log_warn("journal", "cannot remove %s: %s", path, strerror(errno));
    }
    memmove(journal->segments, journal->segments + count,
            (journal->segment_count - count) * sizeof(*journal->segments));
    journal->segment_count -= count;
}

void journal_forget(struct journal *journal, uint64_t position)
{
    size_t count = 0;
    while (count + 1 < journal->segment_count && segment_end(&journal->segments[count]) <= position)
        count++;
    if (count)
        remove_first_segments(journal, count);
}

bool journal_reset(struct journal *journal, struct error *error)
{
    const struct segment *segment = last_segment(journal);
    if (segment->size > 0 && !begin_segment(journal, segment_end(segment), error))
        return false;
    journal->queue.size = 0;
    remove_first_segments(journal, journal->segment_count - 1);
    return true;
}

struct journal_tally {
    size_t records;
};

static void count_record(uint8_t kind UNUSED, struct text payload UNUSED, void *owner)
{
    struct journal_tally *tally = owner;
    tally->records++;
}

/* Like a replay that only looks: a torn tail is told, not cut. */
void journal_inspect(struct inspection *inspection, const char *directory, uint64_t position)
{
    CLEANUP(error_clear) struct error error = { 0 };
    struct journal_tally tally = { 0 };
    struct journal journal = { .directory = xstrdup(directory), .fd = -1 };
    struct replay replay = { &journal, 0, count_record, &tally, true };
    uint64_t end = position;
    bool is_good = find_segments(&journal, &error);
    for (size_t i = 0; i < journal.segment_count && is_good; i++) {
        struct segment *segment = &journal.segments[i];
        CLEANUP(freep) char *gap = describe_gap(&journal, end, segment);
        if (gap)
            inspection_problem(inspection, "%s", gap);
        uint64_t size = segment->size;
        is_good = replay_segment(&replay, segment, &error);
        end = segment_end(segment) > end ? segment_end(segment) : end;
        if (size != segment->size)
            inspection_note(inspection,
                            "%s: the journal ends in a record that a crash tore; the next start "
                            "cuts it off",
                            directory);
    }
    CLEANUP(freep) char *loss = describe_loss(&journal, find_end(&journal), position);
    if (!is_good)
        inspection_problem(inspection, "%s", error.message);
    else if (loss)
        inspection_problem(inspection, "%s", loss);
    else
        inspection_note(inspection, "%s: %zu sound records in the journal", directory,
                        tally.records);
    free(journal.segments);
    free(journal.directory);
}
