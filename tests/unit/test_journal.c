/* journal: what was flushed is replayed, a torn tail is cut, damage is refused, positions go on. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/journal.h"
#include "support/directory.h"
#include "support/limits.h"
#include "support/suite.h"
#include "xalloc.h"

enum { RECORDS = 5, FRAME_HEAD = 9, SEGMENT_BYTES = 64 << 20 };

static const char *const payloads[RECORDS] = { "first", "", "a third one", "4",
                                               "the last of five" };

static const char *directory;

/* How often a directory was synced, in place of the C library's; -1: it fails. */
static int directory_syncs;

int fsync(int fd)
{
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    errno = EIO;
    if (!S_ISDIR(status.st_mode) || directory_syncs < 0)
        return -1;
    directory_syncs++;
    return 0;
}

struct seen {
    int count;
    char text[1000];
};

static void note(uint8_t kind, struct text payload, void *owner)
{
    struct seen *seen = owner;
    seen->count++;
    size_t size = strlen(seen->text);
    if (payload.size < 100)
        snprintf(seen->text + size, sizeof(seen->text) - size, "%d:%.*s|", kind,
                 TEXT_ARGS(payload));
}

static void make_directory(void)
{
    directory = test_directory();
}

static bool is_limited(void)
{
    CLEANUP(freep) char *probe = xformat("%s/probe", directory);
    rlim_t usual = limit_set(RLIMIT_NOFILE, 0);
    bool is_held = limit_keeps_files_away(probe);
    limit_set(RLIMIT_NOFILE, usual);
    return is_held;
}

static void empty_directory(void)
{
    DIR *list = opendir(directory);
    const struct dirent *entry;
    while ((entry = readdir(list))) {
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(list), entry->d_name, 0);
    }
    closedir(list);
}

static int file_count(void)
{
    DIR *list = opendir(directory);
    const struct dirent *entry;
    int count = 0;
    while ((entry = readdir(list)))
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

static char *only_file(void)
{
    DIR *list = opendir(directory);
    const struct dirent *entry;
    char *path = NULL;
    while ((entry = readdir(list))) {
        if (entry->d_name[0] != '.')
            path = xformat("%s/%s", directory, entry->d_name);
    }
    closedir(list);
    return path;
}

static struct journal *open_journal(void)
{
    struct error error = { 0 };
    struct journal *journal = journal_open(directory, false, &error);
    ck_assert_msg(journal != NULL, "%s", error.message ? error.message : "");
    return journal;
}

static void flush(struct journal *journal)
{
    struct error error = { 0 };
    ck_assert_msg(journal_flush(journal, &error), "%s", error.message);
}

static void write_records(void)
{
    struct journal *journal = open_journal();
    for (int i = 0; i < RECORDS; i++)
        journal_append(journal, (uint8_t)(1 + i % 2), text_from(payloads[i]));
    ck_assert(journal_is_dirty(journal));
    flush(journal);
    ck_assert(!journal_is_dirty(journal));
    journal_close(journal);
}

/* Opens, replays from `position`, closes; false if the journal is refused. */
static bool replay(uint64_t position, struct seen *seen)
{
    struct error error = { 0 };
    struct journal *journal = open_journal();
    *seen = (struct seen){ 0 };
    bool is_good = journal_replay(journal, position, note, seen, &error);
    ck_assert(is_good == !error.message);
    error_clear(&error);
    journal_close(journal);
    return is_good;
}

static uint64_t end_of(int records)
{
    uint64_t end = 0;
    for (int i = 0; i < records; i++)
        end += FRAME_HEAD + strlen(payloads[i]);
    return end;
}

/* Else a power cut could leave what was acknowledged without a name. */
START_TEST(a_durable_segment_keeps_its_name_before_anything_in_it_is_acknowledged)
{
    struct error error = { 0 };
    make_directory();
    struct journal *journal = journal_open(directory, true, &error);
    CLEANUP(freep) char *bytes = xcalloc(1, 1 << 20);
    ck_assert_ptr_nonnull(journal);
    directory_syncs = -1;
    journal_append(journal, 1, text_from("refused"));
    ck_assert(!journal_flush(journal, &error));
    error_clear(&error);
    directory_syncs = 0;
    for (int written = 0; written < SEGMENT_BYTES; written += 1 << 20) {
        journal_append(journal, 1, (struct text){ bytes, 1 << 20 });
        flush(journal);
        ck_assert_int_eq(directory_syncs, 1);
    }
    ck_assert_int_eq(file_count(), 2);
    journal_append(journal, 1, text_from("first of the second"));
    flush(journal);
    ck_assert_int_eq(directory_syncs, 2);
    journal_close(journal);
}
END_TEST

START_TEST(what_was_flushed_is_replayed_in_order)
{
    struct seen seen;
    make_directory();
    write_records();
    ck_assert(replay(0, &seen));
    ck_assert_str_eq(seen.text, "1:first|2:|1:a third one|2:4|1:the last of five|");
    for (int i = 0; i <= RECORDS; i++) {
        ck_assert(replay(end_of(i), &seen));
        ck_assert_int_eq(seen.count, RECORDS - i);
    }
}
END_TEST

/* The checkpoint's position lies in any segment, at any of its records. */
START_TEST(a_replay_begins_within_a_later_segment)
{
    enum { BEFORE = 5000 };
    struct seen seen;
    struct error error = { 0 };
    make_directory();
    struct journal *journal = open_journal();
    ck_assert(journal_replay(journal, BEFORE, note, &seen, &error)); /* begins another segment */
    journal_close(journal);
    write_records();
    for (int i = 0; i <= RECORDS; i++) {
        ck_assert(replay(BEFORE + end_of(i), &seen));
        ck_assert_int_eq(seen.count, RECORDS - i);
    }
}
END_TEST

START_TEST(what_was_not_flushed_is_not_there)
{
    struct seen seen;
    make_directory();
    write_records();
    struct journal *journal = open_journal();
    journal_append(journal, 1, TEXT("never"));
    ck_assert_uint_eq(journal_position(journal), end_of(RECORDS) + FRAME_HEAD + 5);
    journal_close(journal);
    ck_assert(replay(0, &seen));
    ck_assert_int_eq(seen.count, RECORDS);
}
END_TEST

START_TEST(a_tail_torn_at_any_byte_is_cut_off_and_writing_goes_on)
{
    make_directory();
    for (uint64_t size = 0; size <= end_of(RECORDS); size++) {
        struct seen seen;
        empty_directory();
        write_records();
        CLEANUP(freep) char *path = only_file();
        ck_assert_int_eq(truncate(path, (off_t)size), 0);
        int whole = 0;
        while (whole < RECORDS && end_of(whole + 1) <= size)
            whole++;
        ck_assert_msg(replay(0, &seen), "%d bytes", (int)size);
        ck_assert_int_eq(seen.count, whole);
        struct journal *journal = open_journal();
        ck_assert_uint_eq(journal_position(journal), end_of(whole));
        journal_append(journal, 9, TEXT("new"));
        flush(journal);
        journal_close(journal);
        ck_assert(replay(end_of(whole), &seen));
        ck_assert_str_eq(seen.text, "9:new|");
    }
}
END_TEST

/* A checksum over the rest at each of its bytes would take hours: the test would time out. */
START_TEST(a_long_torn_tail_is_looked_through_quickly)
{
    enum { SIZE = 15 << 20 };
    static const unsigned char heads[] = { 0x00, 0x00, 0x80, 0x00 };
    struct seen seen;
    make_directory();
    char *payload = xmalloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        payload[i] = (char)heads[i % sizeof(heads)];
    write_records();
    struct journal *journal = open_journal();
    journal_append(journal, 1, (struct text){ payload, SIZE });
    flush(journal);
    journal_close(journal);
    CLEANUP(freep) char *path = only_file();
    ck_assert_int_eq(truncate(path, (off_t)end_of(RECORDS) + SIZE), 0);
    ck_assert(replay(0, &seen));
    ck_assert_int_eq(seen.count, RECORDS);
    free(payload);
}
END_TEST

static void flip(const char *path, uint64_t at)
{
    unsigned char byte;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= 0x10;
    ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
}

START_TEST(damage_before_the_last_record_is_refused_and_nothing_is_cut)
{
    make_directory();
    for (uint64_t at = 0; at < end_of(RECORDS); at++) {
        struct seen seen;
        struct stat status;
        empty_directory();
        write_records();
        CLEANUP(freep) char *path = only_file();
        flip(path, at);
        bool is_in_last = at >= end_of(RECORDS - 1);
        ck_assert_msg(replay(0, &seen) == is_in_last, "byte %d", (int)at);
        ck_assert_int_eq(stat(path, &status), 0);
        ck_assert_uint_eq((uint64_t)status.st_size, end_of(is_in_last ? RECORDS - 1 : RECORDS));
    }
}
END_TEST

START_TEST(what_stands_before_the_position_is_not_looked_at)
{
    struct seen seen;
    make_directory();
    write_records();
    CLEANUP(freep) char *path = only_file();
    flip(path, 0);
    flip(path, end_of(2));
    ck_assert(!replay(0, &seen));
    ck_assert(!replay(end_of(2), &seen));
    ck_assert(replay(end_of(3), &seen));
    ck_assert_str_eq(seen.text, "2:4|1:the last of five|");
}
END_TEST

/* Only the last segment can end in what a crash tore. */
START_TEST(a_record_that_lacks_its_end_before_another_segment_is_damage)
{
    struct seen seen = { 0 };
    struct stat status;
    struct error error = { 0 };
    make_directory();
    write_records();
    CLEANUP(freep) char *path = only_file();
    struct journal *journal = open_journal();
    ck_assert(journal_replay(journal, 5000, note, &seen, &error)); /* begins another segment */
    journal_append(journal, 1, TEXT("x"));
    flush(journal);
    journal_close(journal);
    ck_assert_int_eq(truncate(path, (off_t)end_of(RECORDS) - 1), 0);
    ck_assert(!replay(0, &seen));
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq((uint64_t)status.st_size, end_of(RECORDS) - 1);
    ck_assert(replay(end_of(RECORDS), &seen));
    ck_assert_str_eq(seen.text, "1:x|");
}
END_TEST

START_TEST(segments_rotate_and_the_forgotten_ones_go)
{
    enum { BLOCK = 8 << 20 };
    struct seen seen;
    make_directory();
    char *block = xcalloc(1, BLOCK);
    struct journal *journal = open_journal();
    uint64_t position = 0;
    for (int i = 0; i < SEGMENT_BYTES / BLOCK * 2; i++) {
        journal_append(journal, 1, (struct text){ block, BLOCK });
        flush(journal);
        position += FRAME_HEAD + BLOCK;
        ck_assert_uint_eq(journal_position(journal), position);
    }
    ck_assert_int_eq(file_count(), 3);
    journal_append(journal, 2, TEXT("end"));
    flush(journal);
    journal_forget(journal, position / 2 - 1);
    ck_assert_int_eq(file_count(), 3);
    journal_forget(journal, position / 2);
    ck_assert_int_eq(file_count(), 2);
    journal_forget(journal, journal_position(journal));
    ck_assert_int_eq(file_count(), 1);
    ck_assert_uint_eq(journal_position(journal), position + FRAME_HEAD + 3);
    journal_close(journal);
    ck_assert(replay(position, &seen));
    ck_assert_str_eq(seen.text, "2:end|");
    free(block);
}
END_TEST

START_TEST(without_descriptors_a_segment_becomes_longer)
{
    enum { BLOCK = 8 << 20, BLOCKS = SEGMENT_BYTES / BLOCK, FILES = 64 };
    struct error error = { 0 };
    struct seen seen;
    make_directory();
    if (!is_limited())
        return;
    char *block = xcalloc(1, BLOCK);
    struct journal *journal = open_journal();
    limit_set(RLIMIT_NOFILE, 0);
    for (int i = 0; i <= BLOCKS; i++) {
        journal_append(journal, 1, (struct text){ block, BLOCK });
        flush(journal);
    }
    journal_append(journal, 2, TEXT("still the first"));
    ck_assert(!journal_reset(journal, &error)); /* as if nothing had been asked */
    ck_assert(journal_is_dirty(journal));
    error_clear(&error);
    flush(journal);
    uint64_t position = journal_position(journal);
    limit_set(RLIMIT_NOFILE, FILES);
    journal_forget(journal, position);
    ck_assert_int_eq(file_count(), 1);
    for (int i = 0; i < BLOCKS; i++) {
        journal_append(journal, 1, (struct text){ block, BLOCK });
        flush(journal);
    }
    ck_assert_int_eq(file_count(), 2);
    journal_close(journal);
    ck_assert(replay(position - FRAME_HEAD - strlen("still the first"), &seen));
    ck_assert_str_eq(seen.text, "2:still the first|");
    ck_assert_int_eq(seen.count, 1 + BLOCKS);
    free(block);
}
END_TEST

static bool may_cut = true;

/* In place of the C library's. */
int ftruncate(int fd, off_t size)
{
    if (may_cut)
        return (int)syscall(SYS_ftruncate, fd, size);
    errno = EIO;
    return -1;
}

START_TEST(nothing_is_written_behind_half_a_record)
{
    struct error error = { 0 };
    struct seen seen;
    make_directory();
    signal(SIGXFSZ, SIG_IGN);
    write_records();
    struct journal *journal = open_journal();
    limit_set(RLIMIT_FSIZE, end_of(RECORDS) + FRAME_HEAD);
    may_cut = false;
    journal_append(journal, 1, TEXT("half"));
    ck_assert(!journal_flush(journal, &error));
    error_clear(&error);
    limit_set(RLIMIT_FSIZE, RLIM_INFINITY);
    journal_append(journal, 1, TEXT("refused"));
    ck_assert(!journal_flush(journal, &error));
    error_clear(&error);
    ck_assert_uint_eq(journal_position(journal), end_of(RECORDS));
    may_cut = true;
    journal_append(journal, 1, TEXT("whole"));
    flush(journal);
    journal_close(journal);
    ck_assert(replay(end_of(RECORDS), &seen));
    ck_assert_str_eq(seen.text, "1:whole|");
}
END_TEST

START_TEST(a_reset_empties_but_positions_go_on)
{
    struct seen seen;
    struct error error = { 0 };
    make_directory();
    write_records();
    struct journal *journal = open_journal();
    uint64_t position = journal_position(journal);
    journal_append(journal, 1, TEXT("queued, then reset"));
    ck_assert(journal_reset(journal, &error));
    ck_assert(!journal_is_dirty(journal));
    ck_assert_uint_ge(journal_position(journal), position);
    position = journal_position(journal);
    ck_assert(journal_reset(journal, &error));
    ck_assert_uint_eq(journal_position(journal), position);
    journal_append(journal, 3, TEXT("after"));
    flush(journal);
    journal_close(journal);
    ck_assert(replay(0, &seen));
    ck_assert_str_eq(seen.text, "3:after|");
    ck_assert(replay(position, &seen));
    ck_assert_str_eq(seen.text, "3:after|");
}
END_TEST

START_TEST(positions_do_not_repeat_when_the_files_were_lost)
{
    struct seen seen;
    struct error error = { 0 };
    make_directory();
    struct journal *journal = open_journal();
    ck_assert(journal_replay(journal, 5000, note, &seen, &error));
    ck_assert_uint_eq(journal_position(journal), 5000);
    journal_append(journal, 1, TEXT("x"));
    flush(journal);
    journal_close(journal);
    ck_assert(replay(5000, &seen));
    ck_assert_str_eq(seen.text, "1:x|");
}
END_TEST

/* Whoever is told to move a damaged segment away may only name it otherwise. */
START_TEST(what_is_named_almost_like_a_segment_is_none)
{
    static const char *const others[] = { "%s.bak", "%s~", "%s.1" };
    struct seen seen;
    make_directory();
    write_records();
    CLEANUP(freep) char *path = only_file();
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        CLEANUP(freep) char *other = xformat(others[i], path);
        ck_assert_int_eq(link(path, other), 0);
    }
    CLEANUP(freep) char *short_name = xformat("%s/journal-7.log", directory);
    ck_assert_int_eq(link(path, short_name), 0);
    ck_assert(replay(0, &seen));
    ck_assert_int_eq(seen.count, RECORDS);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(replay(0, &seen));
    ck_assert_int_eq(seen.count, 0);
}
END_TEST

START_TEST(a_directory_that_is_none_is_an_error)
{
    struct error error = { 0 };
    ck_assert_ptr_null(journal_open("/nonexistent/coalmine", false, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "/nonexistent/coalmine"));
    error_clear(&error);
}
END_TEST

SUITE("journal", what_was_flushed_is_replayed_in_order, a_replay_begins_within_a_later_segment,
      a_durable_segment_keeps_its_name_before_anything_in_it_is_acknowledged,
      what_was_not_flushed_is_not_there, a_tail_torn_at_any_byte_is_cut_off_and_writing_goes_on,
      a_long_torn_tail_is_looked_through_quickly,
      damage_before_the_last_record_is_refused_and_nothing_is_cut,
      what_stands_before_the_position_is_not_looked_at,
      a_record_that_lacks_its_end_before_another_segment_is_damage,
      segments_rotate_and_the_forgotten_ones_go, without_descriptors_a_segment_becomes_longer,
      nothing_is_written_behind_half_a_record, a_reset_empties_but_positions_go_on,
      positions_do_not_repeat_when_the_files_were_lost, what_is_named_almost_like_a_segment_is_none,
      a_directory_that_is_none_is_an_error)
