/*
 * A journal of bytes that a crash, or something worse, left. An even first byte: the rest are the
 * file's bytes. An odd one: the rest are records (a kind, a size, that many bytes), the file is
 * then cut, or one byte changed, where the second and third byte say. Whatever can be replayed is
 * replayed as the same again, and takes new records.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "logs/event_record.h"
#include "store/journal.h"
#include "support/fuzz_directory.h"
#include "xalloc.h"

static char *directory;
static char *path;

static void make_directory(void)
{
    directory = fuzz_directory();
    path = xformat("%s/journal-%020d.log", directory, 0);
    log_set_level(LOG_LEVEL_ERROR);
}

static void write_file(const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_assert(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

static void write_records(struct text records)
{
    struct error error = { 0 };
    struct journal *journal = journal_open(directory, false, &error);
    while (records.size >= 2) {
        size_t size = (unsigned char)records.data[1];
        if (size > records.size - 2)
            size = records.size - 2;
        journal_append(journal, 1 + (uint8_t)records.data[0] % 15,
                       (struct text){ records.data + 2, size });
        records = (struct text){ records.data + 2 + size, records.size - 2 - size };
    }
    fuzz_assert(journal_flush(journal, &error));
    journal_close(journal);
}

static void harm(uint8_t how, uint8_t where)
{
    unsigned char byte;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (how % 2)
        fuzz_assert(ftruncate(fd, where) == 0);
    else if (pread(fd, &byte, 1, where) == 1) {
        byte ^= how;
        fuzz_assert(pwrite(fd, &byte, 1, where) == 1);
    }
    close(fd);
}

static void note(uint8_t kind, struct text payload, void *owner)
{
    struct arena arena = { 0 };
    struct event_batch batch = { 0 };
    int64_t first;
    if (kind == JOURNAL_LOG_EVENTS && event_record_decode(payload, &arena, &batch, &first))
        fuzz_assert(batch.count <= payload.size);
    arena_clear(&arena);
    ++*(size_t *)owner;
}

/* The number of records, -1 if the journal is refused. Appends one if asked to. */
static ssize_t replay(bool appends)
{
    struct error error = { 0 };
    size_t count = 0;
    struct journal *journal = journal_open(directory, false, &error);
    bool is_good = journal_replay(journal, 0, note, &count, &error);
    fuzz_assert(is_good == !error.message);
    if (is_good && appends) {
        journal_append(journal, JOURNAL_INVOCATION, TEXT("new"));
        fuzz_assert(journal_flush(journal, &error));
    }
    journal_close(journal);
    error_clear(&error);
    return is_good ? (ssize_t)count : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!path)
        make_directory();
    if (size < 3)
        return 0;
    unlink(path);
    if (data[0] % 2) {
        write_records((struct text){ (const char *)data + 3, size - 3 });
        harm(data[1], data[2]);
    } else {
        write_file(data + 1, size - 1);
    }
    ssize_t count = replay(true);
    if (count >= 0)
        fuzz_assert(replay(false) == count + 1);
    return 0;
}
