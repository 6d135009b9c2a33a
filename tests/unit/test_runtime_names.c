/*
 * From runtime identifiers to interpreters, exit statuses to Lambda's words, sandbox states, and
 * the frames between the server and its bootstraps.
 */
#include "support/directory.h"
#include "support/suite.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lambda/configuration.h"
#include "runtime/frames.h"
#include "runtime/function_log.h"
#include "runtime/interpreters.h"
#include "runtime/process.h"
#include "runtime/sandbox.h"
#include "xalloc.h"

START_TEST(identifiers_have_a_kind)
{
    static const struct {
        const char *identifier;
        enum runtime_kind kind;
    } cases[] = {
        { "nodejs22.x", RUNTIME_NODE },          { "python3.12", RUNTIME_PYTHON },
        { "provided.al2023", RUNTIME_PROVIDED }, { "provided", RUNTIME_PROVIDED },
        { "java21", RUNTIME_FOREIGN },           { "ruby3.3", RUNTIME_FOREIGN },
        { "python2.7", RUNTIME_FOREIGN },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_int_eq(runtime_kind_of(cases[i].identifier), cases[i].kind);
}
END_TEST

static void write_program(const char *directory, const char *name, const char *content, mode_t mode)
{
    CLEANUP(freep) char *path = xformat("%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

START_TEST(the_exact_interpreter_is_found_and_shims_are_not)
{
    const char *directory = test_directory();
    write_program(directory, "node987", "ELF", 0755);
    write_program(directory, "node986", "#!/bin/sh\n", 0755);
    write_program(directory, "node985", "ELF", 0644);
    ck_assert_int_eq(setenv("PATH", directory, 1), 0);
    CLEANUP(freep) char *expected = xformat("%s/node987", directory);
    CLEANUP(freep) char *exact = interpreter_find("nodejs987.x");
    CLEANUP(freep) char *shim = interpreter_find("nodejs986.x");
    CLEANUP(freep) char *data = interpreter_find("nodejs985.x");
    ck_assert_str_eq(exact, expected);
    ck_assert(!shim || !strstr(shim, directory));
    ck_assert(!data || !strstr(data, directory));
    CLEANUP(freep) char *wanted = interpreter_wanted("nodejs22.x");
    ck_assert_str_eq(wanted, "Node.js (node22 or node)");
    CLEANUP(freep) char *wanted_python = interpreter_wanted("python3.12");
    ck_assert_str_eq(wanted_python, "Python (python3.12 or python3)");
}
END_TEST

START_TEST(mappings_are_made_once_and_name_real_programs)
{
    const struct runtime_mapping *rows = runtime_mappings();
    ck_assert_ptr_eq(rows, runtime_mappings());
    size_t count = 0;
    for (; rows->identifier; rows++, count++) {
        size_t at = 0; /* among those that Lambda takes */
        while (configuration_runtimes[at] &&
               strcmp(configuration_runtimes[at], rows->identifier) != 0)
            at++;
        ck_assert_msg(configuration_runtimes[at] != NULL, "%s", rows->identifier);
        bool is_own = runtime_kind_of(rows->identifier) == RUNTIME_PROVIDED;
        ck_assert(!rows->interpreter || rows->interpreter[0] == '/');
        ck_assert(is_own || !rows->interpreter || access(rows->interpreter, X_OK) == 0);
        ck_assert(rows->interpreter || rows->note);
    }
    ck_assert_ptr_null(configuration_runtimes[count]); /* and there is a row for each */
}
END_TEST

START_TEST(exits_are_told_in_lambdas_words)
{
    static const struct {
        int status; /* as of waitpid() */
        bool is_wrapped;
        const char *reason;
    } cases[] = {
        { 0, false, NULL },
        { 1 << 8, false, "exit status 1" },
        { 127 << 8, true, "exit status 127" },
        { SIGKILL, false, "signal: killed" },
        { SIGSEGV, false, "signal: segmentation fault" },
        { SIGINT, false, "signal: interrupt" },
        { SIGUSR1, false, "signal: user defined signal 1" },
        { SIGHUP, false, "signal: hangup" },
        { SIGPIPE, false, "signal: broken pipe" },
        { SIGPROF, false, "signal: signal 27" },
        { (128 + SIGKILL) << 8, true, "signal: killed" },
        { (128 + SIGABRT) << 8, true, "signal: aborted" },
        { (128 + SIGKILL) << 8, false, "exit status 137" },
        { (128 + SIGINT) << 8, true, "signal: interrupt" },
        { 129 << 8, true, "exit status 129" }, /* of node's runtime client */
        { 141 << 8, true, "exit status 141" }, /* of a shell with pipefail */
        { 255 << 8, true, "exit status 255" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[PROCESS_REASON_SIZE];
        const char *reason = process_exit_reason(cases[i].status, cases[i].is_wrapped, text);
        ck_assert_pstr_eq(reason, cases[i].reason);
    }
}
END_TEST

START_TEST(a_stopping_sandbox_never_comes_back)
{
    for (int to = 0; to < SANDBOX_STATES; to++)
        ck_assert_msg(!sandbox_state_allows(SANDBOX_STOPPING, to), "stopping -> %s",
                      sandbox_state_name(to));
    ck_assert(!sandbox_state_allows(SANDBOX_BUSY, SANDBOX_STOPPING));
    ck_assert(!sandbox_state_allows(SANDBOX_DOWN, SANDBOX_IDLE));
    ck_assert(sandbox_state_allows(SANDBOX_DOWN, SANDBOX_STARTING));
}
END_TEST

static void put_frame(int fd, int type, int flags, size_t size, char fill)
{
    CLEANUP(freep) char *frame = xcalloc(1, FRAME_HEADER_SIZE + size);
    uint32_t wire = (uint32_t)size;
    memcpy(frame, &wire, sizeof(wire)); /* tests run where numbers are little-endian */
    frame[4] = (char)type;
    frame[5] = (char)flags;
    memset(frame + FRAME_HEADER_SIZE, fill, size);
    ck_assert_int_eq(write(fd, frame, FRAME_HEADER_SIZE + size),
                     (ssize_t)(FRAME_HEADER_SIZE + size));
}

START_TEST(frames_are_cut_out_of_a_stream)
{
    int read_end;
    int write_end;
    struct frame frame;
    struct frame_reader reader = { .body_max = 100 };
    ck_assert(process_pipe(&read_end, &write_end));
    process_make_nonblocking(read_end);
    ck_assert_int_eq(frame_reader_next(&reader, read_end, &frame), FRAME_READ_LATER);
    put_frame(write_end, FRAME_NEXT, 0, 0, 0);
    put_frame(write_end, FRAME_RESPONSE, 0, 101, 'x');
    put_frame(write_end, FRAME_ERROR, FRAME_FINAL, 100, 'y');
    ck_assert_int_eq(frame_reader_next(&reader, read_end, &frame), FRAME_READ_WHOLE);
    ck_assert_int_eq(frame.type, FRAME_NEXT);
    ck_assert_int_eq(frame_reader_next(&reader, read_end, &frame), FRAME_READ_WHOLE);
    ck_assert_int_eq(frame.type, FRAME_RESPONSE);
    ck_assert(frame.is_oversized && frame.body.size == 0);
    ck_assert_int_eq(frame_reader_next(&reader, read_end, &frame), FRAME_READ_WHOLE);
    ck_assert_int_eq(frame.type, FRAME_ERROR);
    ck_assert(frame.is_final && !frame.is_oversized);
    ck_assert_uint_eq(frame.body.size, 100);
    ck_assert_int_eq(frame.body.data[99], 'y');
    ck_assert_int_eq(frame_reader_next(&reader, read_end, &frame), FRAME_READ_LATER);
    put_frame(write_end, 77, 0, 0, 0);
    ck_assert_int_eq(frame_reader_next(&reader, read_end, &frame), FRAME_READ_END);
    frame_reader_clear(&reader);
    process_close(&read_end);
    process_close(&write_end);
}
END_TEST

START_TEST(a_frame_may_come_byte_by_byte)
{
    int read_end;
    int write_end;
    struct frame frame;
    struct frame_reader reader = { .body_max = 4 };
    static const char bytes[] = "\x04\0\0\0\x03\0\0\0good\x05\0\0\0\x03\0\0\0large";
    ck_assert(process_pipe(&read_end, &write_end));
    process_make_nonblocking(read_end);
    int whole = 0;
    for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
        ck_assert_int_eq(write(write_end, bytes + i, 1), 1);
        if (frame_reader_next(&reader, read_end, &frame) != FRAME_READ_WHOLE)
            continue;
        whole++;
        ck_assert_uint_eq(i, whole == 1 ? 11 : sizeof(bytes) - 2);
        ck_assert(whole == 1 ? text_equal(frame.body, "good") : frame.is_oversized);
    }
    ck_assert_int_eq(whole, 2);
    process_close(&write_end);
    ck_assert_int_eq(frame_reader_next(&reader, read_end, &frame), FRAME_READ_END);
    frame_reader_clear(&reader);
    process_close(&read_end);
}
END_TEST

START_TEST(an_event_frame_holds_its_texts)
{
    struct frame_event event = { .deadline_ms = 2.5,
                                 .request_id = TEXT("id"),
                                 .invoked_arn = TEXT("arn"),
                                 .payload = TEXT("{}") };
    size_t size = frame_event_size(&event);
    ck_assert_uint_eq(size, 8 + 24 + 2 + 3 + 2);
    CLEANUP(freep) char *bytes = xmalloc(size);
    frame_event_write(&event, bytes);
    ck_assert_int_eq(memcmp(bytes, "\x1f\0\0\0\x01\0\0\0", 8), 0);
    ck_assert_int_eq(memcmp(bytes + 16, "\x02\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0idarn{}", 23), 0);
    ck_assert(text_equal(event.invoked_arn, "arn") && event.invoked_arn.data == bytes + 34);
    double deadline;
    memcpy(&deadline, bytes + 8, sizeof(deadline));
    ck_assert_double_eq(deadline, 2.5);
}
END_TEST

START_TEST(the_report_is_lambdas_to_the_letter)
{
    struct function_log log = { 0 };
    struct function_report report = { .request_id = TEXT("r"),
                                      .version = "$LATEST",
                                      .duration_ms = 3.006,
                                      .billed_ms = 113.1,
                                      .init_ms = 110.1,
                                      .memory_mb = 128,
                                      .memory_used_mb = 36 };
    const struct function_log_owner owner = { .runtime = "python3.13", .region = "us-east-1" };
    function_log_begin_init(&log, &owner);
    function_log_add(&log, TEXT("at boot\n"));
    function_log_end_init(&log, 110.1);
    function_log_add(&log, TEXT("line"));
    ck_assert_str_eq(function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS).data,
                     "START RequestId: r Version: $LATEST\nline\nEND RequestId: r\n"
                     "REPORT RequestId: r\tDuration: 3.01 ms\tBilled Duration: 114 ms\tMemory "
                     "Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 110.10 ms\t\n");
    ck_assert_ptr_nonnull(strstr(log.init.data,
                                 "INIT_START Runtime Version: python:3.13.v1\tRuntime "
                                 "Version ARN: arn:aws:lambda:us-east-1::runtime:"));
    CLEANUP(freep) char *elsewhere = runtime_version_arn("cn-north-1", "python3.13");
    ck_assert(text_starts_with(text_from(elsewhere), "arn:aws-cn:lambda:cn-north-1::runtime:"));
    ck_assert_ptr_nonnull(strstr(log.init.data, "\nat boot\n"));
    report.init_ms = -1;
    report.status = "error";
    report.error_type = "Runtime.ExitError";
    report.remark = "why\n";
    ck_assert_str_eq(function_log_finish(&log, &report, FUNCTION_LOG_REST_IS_ITS).data,
                     "START RequestId: r Version: $LATEST\nwhy\nEND RequestId: r\n"
                     "REPORT RequestId: r\tDuration: 3.01 ms\tBilled Duration: 114 ms\tMemory "
                     "Size: 128 MB\tMax Memory Used: 36 MB\tStatus: error\tError Type: "
                     "Runtime.ExitError\n");
    function_log_clear(&log);
}
END_TEST

SUITE("runtime_names", identifiers_have_a_kind, the_exact_interpreter_is_found_and_shims_are_not,
      mappings_are_made_once_and_name_real_programs, exits_are_told_in_lambdas_words,
      a_stopping_sandbox_never_comes_back, frames_are_cut_out_of_a_stream,
      a_frame_may_come_byte_by_byte, an_event_frame_holds_its_texts,
      the_report_is_lambdas_to_the_letter)
