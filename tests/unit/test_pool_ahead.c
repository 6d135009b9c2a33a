/*
 * Events that are sent ahead to a process at work: who runs them, what each has printed, and what
 * becomes of them when the process is slow or ends.
 */
#include "support/suite.h"

#include "runtime/lane.h"
#include "runtime/pool_parts.h"
#include "runtime/sandbox_parts.h"
#include "support/pool_bench.h"

enum { EVENTS = 12 };

#define NODE "nodejs20.x"
#define PYTHON "python3.11"

/* All but "grow" and "hang" is quick. One that dies waits for a file "go", and what does not end is
 * said to be at work. */
static const char node_code[] =
    "const fs = require('fs'), go = process.env.LAMBDA_TASK_ROOT + '/go';\n"
    "exports.handler = (event, context, done) => {\n"
    "  const id = context.awsRequestId;\n"
    "  if (event.does === 'print') {\n"
    "    console.log('console', id);\n"
    "    process.stdout.write('stdout ' + id + '\\n');\n"
    "    console.error('several\\nlines', id);\n"
    "  }\n"
    "  if (event.does === 'write') fs.writeSync(1, 'raw ' + id + '\\n');\n"
    "  if (event.does === 'exit') process.exit(3);\n"
    "  if (event.does === 'die') {\n"
    "    process.on('exit', () => { while (!fs.existsSync(go)); });\n"
    "    setImmediate(() => { throw new Error('died'); });\n"
    "    return;\n"
    "  }\n"
    "  if (event.does === 'fail') throw new Error('failed ' + id);\n"
    "  if (event.does === 'grow') process.grown = Buffer.alloc(300 << 20, 1);\n"
    "  if (event.does === 'hang' || event.does === 'grow') {\n"
    "    fs.writeSync(1, 'at work\\n');\n"
    "    for (;;);\n"
    "  }\n"
    "  if (event.does === 'forge') fs.writeSync(4, Buffer.from('AQAAAAMAAAAxAQAAAAMAAAAy', "
    "'base64'));\n"
    "  if (event.does === 'garble') fs.writeSync(4, 'no frame');\n"
    "  const has_time = context.getRemainingTimeInMillis() > 0;\n"
    "  done(null, { id, size: (event.text || '').length, has_time });\n"
    "};\n";

static const char python_code[] =
    "import logging, os, sys\n"
    "def handler(event, context):\n"
    "    does, request_id = event.get('does'), context.aws_request_id\n"
    "    if does == 'print':\n"
    "        print('stdout', request_id)\n"
    "        sys.stderr.write('stderr ' + request_id + '\\n')\n"
    "        logging.getLogger().error('several\\nlines %s', request_id)\n"
    "    if does == 'write':\n"
    "        os.write(1, b'raw %s\\n' % request_id.encode())\n"
    "    if does == 'exit':\n"
    "        os._exit(3)\n"
    "    if does == 'forge':\n"
    "        os.write(4, bytes([1, 0, 0, 0, 3, 0, 0, 0, 49]) * 2)\n"
    "    grown = bytearray(300 << 20) if does == 'grow' else None\n"
    "    if does == 'garble':\n"
    "        os.write(4, b'no frame')\n"
    "    if does == 'hang' or grown:\n"
    "        os.write(1, b'at work\\n')\n"
    "    while does == 'hang' or grown:\n"
    "        pass\n"
    "    if does == 'fail':\n"
    "        raise ValueError('failed ' + request_id)\n"
    "    has_time = context.get_remaining_time_in_millis() > 0\n"
    "    return {'id': request_id, 'size': len(event.get('text', '')), 'has_time': has_time}\n";

static const struct {
    const char *runtime;
    const char *file;
    const char *code;
} languages[] = { { NODE, "index.js", node_code }, { PYTHON, "index.py", python_code } };

#define FOR_EACH_LANGUAGE(name)                                                                    \
    START_TEST(name)                                                                               \
    {                                                                                              \
        for (size_t i = 0; i < COUNT_OF(languages); i++)                                           \
            check_##name((int)i);                                                                  \
    }                                                                                              \
    END_TEST

struct run {
    struct bench bench;
    struct sandbox_plan plan;
    char ids[EVENTS][37];
    struct ending endings[EVENTS];
};

/* It is known to be quick: on a busy machine no clock would tell so, whatever was measured. */
static void be_quick(const struct run *run)
{
    struct lane *lane = bench_lane(&run->bench);
    lane->handler_ms = 0.001;
    lane->average_ms = 0.1;
}

/* The function is known to be quick, and one process is there. */
static void start_with(struct run *run, int language, int memory_mb)
{
    struct ending ending;
    bench_init(&run->bench, 0);
    run->plan = bench_function(&run->bench, languages[language].runtime, languages[language].file,
                               languages[language].code);
    run->plan.memory_mb = memory_mb;
    bench_invoke(&run->bench, &run->plan, "{}", &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_OK);
    ending_clear(&ending);
    be_quick(run);
}

static void start(struct run *run, int language)
{
    start_with(run, language, 512);
}

static void submit(struct run *run, int i, struct text event)
{
    snprintf(run->ids[i], sizeof(run->ids[i]), "00000000-0000-4000-8000-%012d", i);
    bench_submit_as(&run->bench, &run->plan, run->ids[i], event, &run->endings[i]);
}

static void await_all(struct run *run, int count)
{
    for (int i = 0; i < count; i++)
        bench_wait(&run->bench, &run->endings[i]);
}

/* All but one, which is at work and then has been for as long as it may. */
static void await_all_but(struct run *run, int count, int last)
{
    for (int i = 0; i < count; i++)
        if (i != last)
            bench_wait(&run->bench, &run->endings[i]);
    ck_assert(!run->endings[last].is_done);
    bench_pass(run->plan.timeout_ms);
    bench_wait(&run->bench, &run->endings[last]);
}

static void end(struct run *run, int count)
{
    for (int i = 0; i < count; i++)
        ending_clear(&run->endings[i]);
    bench_clear(&run->bench);
}

static void expect_own_answer(const struct run *run, int i)
{
    ck_assert_int_eq(run->endings[i].result.end, INVOCATION_OK);
    const char *payload = run->endings[i].payload;
    ck_assert_msg(strstr(payload, run->ids[i]) != NULL, "%s: %s", run->ids[i], payload);
    ck_assert_msg(strstr(payload, "true") != NULL, "it is told that its time is over: %s", payload);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    while ((text = strstr(text, part)) != NULL) {
        count++;
        text++;
    }
    return count;
}

/* START, END and REPORT are there once, and no other id is. */
static void expect_own_log(const struct run *run, int i, int lines)
{
    const char *log = run->endings[i].log;
    ck_assert_msg(strncmp(log, "START ", 6) == 0, "%s", log);
    ck_assert_int_eq(count_of(log, run->ids[i]), 3 + lines);
    ck_assert_msg(count_of(log, "00000000-0000-4000-8000-") == 3 + lines, "%s: %s", run->ids[i],
                  log);
    ck_assert_ptr_null(memchr(log, '\0', strlen(log)));
}

static void check_one_process_takes_many_and_each_has_its_own_answer(int language)
{
    struct run run;
    start(&run, language);
    run.bench.pool->ceiling = 1; /* a busy machine might take the process for a slow one */
    for (int i = 0; i < EVENTS; i++)
        submit(&run, i, TEXT("{}"));
    await_all(&run, EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        expect_own_answer(&run, i);
        expect_own_log(&run, i, 0);
        ck_assert_str_eq(run.endings[i].log_stream, run.endings[0].log_stream);
        ck_assert_double_lt(run.endings[i].result.init_ms, 0);
    }
    end(&run, EVENTS);
}

FOR_EACH_LANGUAGE(one_process_takes_many_and_each_has_its_own_answer)

static void check_what_each_prints_is_in_its_own_log(int language)
{
    struct run run;
    start(&run, language);
    for (int i = 0; i < EVENTS; i++)
        submit(&run, i, i % 3 == 2 ? TEXT("{}") : TEXT("{\"does\":\"print\"}"));
    await_all(&run, EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        expect_own_answer(&run, i);
        /* console.log() and console.error() put the id in front as well, and so does logging. */
        expect_own_log(&run, i, i % 3 == 2 ? 0 : language == 0 ? 5 : 4);
    }
    end(&run, EVENTS);
}

FOR_EACH_LANGUAGE(what_each_prints_is_in_its_own_log)

static void write_in_all(struct run *run)
{
    for (int i = 0; i < EVENTS; i++)
        submit(run, i, TEXT("{\"does\":\"write\"}"));
    await_all(run, EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        expect_own_answer(run, i);
        expect_own_log(run, i, 1);
    }
}

/* What is written past the language's own streams has no mark, and ends the sending ahead. */
static void check_what_is_printed_without_a_mark_is_in_its_own_log_too(int language)
{
    struct run run;
    start(&run, language);
    struct ending ending;
    bench_invoke(&run.bench, &run.plan, "{\"does\":\"write\"}", &ending);
    ck_assert_ptr_nonnull(strstr(ending.log, "raw " REQUEST_ID));
    ending_clear(&ending);
    write_in_all(&run);
    end(&run, EVENTS);
}

FOR_EACH_LANGUAGE(what_is_printed_without_a_mark_is_in_its_own_log_too)

/* It is the function that does so, not the one process that was seen to. */
static void check_the_next_process_prints_without_a_mark_as_well(int language)
{
    struct run run;
    start(&run, language);
    run.bench.pool->ceiling = 1;
    for (int i = 0; i < 2; i++) {
        submit(&run, i, i ? TEXT("{\"does\":\"exit\"}") : TEXT("{\"does\":\"write\"}"));
        bench_wait(&run.bench, &run.endings[i]);
        ending_clear(&run.endings[i]);
    }
    be_quick(&run);
    write_in_all(&run);
    end(&run, EVENTS);
}

FOR_EACH_LANGUAGE(the_next_process_prints_without_a_mark_as_well)

static void check_an_error_is_its_own_event_s(int language)
{
    struct run run;
    start(&run, language);
    for (int i = 0; i < EVENTS; i++)
        submit(&run, i, i % 2 ? TEXT("{\"does\":\"fail\"}") : TEXT("{}"));
    await_all(&run, EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        if (i % 2 == 0) {
            expect_own_answer(&run, i);
            expect_own_log(&run, i, 0);
            continue;
        }
        CLEANUP(freep) char *message = xformat("failed %s", run.ids[i]);
        ck_assert_int_eq(run.endings[i].result.end, INVOCATION_ERROR);
        ck_assert_ptr_nonnull(strstr(run.endings[i].payload, message));
        ck_assert_ptr_nonnull(strstr(run.endings[i].log, message));
        ck_assert_int_eq(count_of(run.endings[i].log, "START "), 1);
    }
    end(&run, EVENTS);
}

FOR_EACH_LANGUAGE(an_error_is_its_own_event_s)

static void check_an_exit_ends_its_own_event_only(int language)
{
    struct run run;
    start(&run, language);
    for (int i = 0; i < EVENTS; i++)
        submit(&run, i, i == 3 || i == 4 || i == 9 ? TEXT("{\"does\":\"exit\"}") : TEXT("{}"));
    await_all(&run, EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        if (i != 3 && i != 4 && i != 9)
            expect_own_answer(&run, i);
        else
            ck_assert_int_eq(run.endings[i].result.end, INVOCATION_EXIT);
        ck_assert_int_eq(count_of(run.endings[i].log, "START "), 1);
    }
    end(&run, EVENTS);
}

FOR_EACH_LANGUAGE(an_exit_ends_its_own_event_only)

static void check_a_timeout_ends_its_own_event_only(int language)
{
    struct run run;
    start(&run, language);
    for (int i = 0; i < EVENTS; i++)
        submit(&run, i, i == 2 ? TEXT("{\"does\":\"hang\"}") : TEXT("{}"));
    await_all_but(&run, EVENTS, 2);
    for (int i = 0; i < EVENTS; i++)
        if (i != 2)
            expect_own_answer(&run, i);
    ck_assert_int_eq(run.endings[2].result.end, INVOCATION_TIMEOUT);
    end(&run, EVENTS);
}

FOR_EACH_LANGUAGE(a_timeout_ends_its_own_event_only)

/* Four leave at once: the process has answered the first, and is at the second, before the loop
 * hears of either. Nor has this process been held up between two of them. */
static void submit_four(struct run *run, const char *second, const char *fourth)
{
    bench_hold_clock();
    submit(run, 0, TEXT("{}"));
    submit(run, 1, text_from(second));
    submit(run, 2, TEXT("{}"));
    submit(run, 3, text_from(fourth));
    bench_release_clock();
}

START_TEST(what_comes_at_once_is_sent_ahead)
{
    struct run run;
    start(&run, 0);
    submit_four(&run, "{}", "{}");
    ck_assert_int_eq(bench_busy(bench_lane(&run.bench))->ahead.count, 3);
    await_all(&run, 4);
    end(&run, 4);
}
END_TEST

static void check_a_kill_ends_only_the_event_that_the_process_is_at(int language)
{
    struct run run;
    start_with(&run, language, 128);
    submit_four(&run, "{\"does\":\"grow\"}", "{}");
    bench_await_print(bench_busy(bench_lane(&run.bench)));
    bench_pass(1000); /* then memory is looked at */
    await_all(&run, 4);
    for (int i = 0; i < 4; i++)
        if (i != 1)
            expect_own_answer(&run, i);
    ck_assert_str_eq(run.endings[1].error_type, "Runtime.OutOfMemory");
    end(&run, 4);
}

FOR_EACH_LANGUAGE(a_kill_ends_only_the_event_that_the_process_is_at)

/* Not what was left of the time of those before it. */
static void check_the_last_that_was_sent_ahead_has_its_own_time(int language)
{
    struct run run;
    start(&run, language);
    bench_hold_clock();
    for (int i = 0; i < 4; i++)
        submit(&run, i, i < 3 ? TEXT("{}") : TEXT("{\"does\":\"hang\"}"));
    await_all(&run, 3);
    const struct sandbox *sandbox = bench_busy(bench_lane(&run.bench));
    bench_await_line(&run.bench, sandbox, &run.endings[3]);
    bench_release_clock();
    bench_pass(1000);
    bench_turn(&run.bench);
    bench_turn(&run.bench);
    ck_assert_int_eq(sandbox->end_reason, ENDED_ITSELF);
    bench_pass(run.plan.timeout_ms);
    bench_wait(&run.bench, &run.endings[3]);
    ck_assert_int_eq(run.endings[3].result.end, INVOCATION_TIMEOUT);
    end(&run, 4);
}

FOR_EACH_LANGUAGE(the_last_that_was_sent_ahead_has_its_own_time)

/* The machine, or the loop, was busy elsewhere: what was answered meanwhile was in time. */
static void check_an_answer_that_is_read_late_is_in_time(int language)
{
    struct run run;
    start(&run, language);
    submit_four(&run, "{\"does\":\"hang\"}", "{}");
    bench_await_print(bench_busy(bench_lane(&run.bench)));
    bench_pass(run.plan.timeout_ms + 100);
    await_all_but(&run, 4, 1);
    for (int i = 0; i < 4; i++)
        if (i != 1)
            expect_own_answer(&run, i);
    ck_assert_int_eq(run.endings[1].result.end, INVOCATION_TIMEOUT);
    end(&run, 4);
}

FOR_EACH_LANGUAGE(an_answer_that_is_read_late_is_in_time)

/* It says why it ends, and takes its time to end. */
START_TEST(what_stands_behind_last_words_is_run_elsewhere)
{
    struct run run;
    start(&run, 0);
    run.bench.pool->cpu_count = 2; /* one is free, whatever this machine has */
    submit_four(&run, "{\"does\":\"die\"}", "{}");
    bench_hold_clock(); /* it may take two seconds, and no more */
    for (int i = 0; i < 4; i++)
        if (i != 1)
            bench_wait(&run.bench, &run.endings[i]);
    ck_assert(!run.endings[1].is_done);
    bench_release_clock();
    bench_write(run.plan.code_directory, "go", "", 0644);
    await_all(&run, 4);
    for (int i = 0; i < 4; i++)
        if (i != 1)
            expect_own_answer(&run, i);
    ck_assert_ptr_nonnull(strstr(run.endings[1].payload, "died"));
    end(&run, 4);
}
END_TEST

static void check_what_stands_behind_a_slow_one_is_run_elsewhere(int language)
{
    struct run run;
    start(&run, language);
    submit(&run, 0, TEXT("{\"does\":\"hang\"}"));
    for (int i = 1; i < EVENTS; i++)
        submit(&run, i, TEXT("{}"));
    for (int i = 1; i < EVENTS; i++) {
        bench_wait(&run.bench, &run.endings[i]);
        expect_own_answer(&run, i);
        expect_own_log(&run, i, 0);
    }
    ck_assert(!run.endings[0].is_done);
    bench_clear(&run.bench);
    ck_assert_int_eq(run.endings[0].result.end, INVOCATION_EXIT);
    for (int i = 0; i < EVENTS; i++)
        ending_clear(&run.endings[i]);
}

FOR_EACH_LANGUAGE(what_stands_behind_a_slow_one_is_run_elsewhere)

static void check_large_events_go_between_small_ones(int language)
{
    enum { LARGE = 300 * 1000 };
    struct run run;
    start(&run, language);
    CLEANUP(buffer_clear) struct buffer large = { 0 };
    buffer_add_string(&large, "{\"text\":\"");
    memset(buffer_reserve(&large, LARGE), 'x', LARGE);
    buffer_commit(&large, LARGE);
    buffer_add_string(&large, "\"}");
    for (int i = 0; i < EVENTS; i++)
        submit(&run, i, i % 4 == 1 ? buffer_text(&large) : TEXT("{}"));
    await_all(&run, EVENTS);
    for (int i = 0; i < EVENTS; i++) {
        expect_own_answer(&run, i);
        ck_assert_ptr_nonnull(strstr(run.endings[i].payload, i % 4 == 1 ? "300000" : "0"));
    }
    end(&run, EVENTS);
}

FOR_EACH_LANGUAGE(large_events_go_between_small_ones)

/* It answers events that it has not read: all end, each once, and the next process is as good as
 * ever. */
static void check_answers_to_what_was_not_read_harm_their_function_only(int language)
{
    struct run run;
    start(&run, language);
    bench_lane(&run.bench)->plan->timeout_ms = 500; /* some answers are lost */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < EVENTS; i++)
            submit(&run, i, i % 5 == 1 ? TEXT("{\"does\":\"forge\"}") : TEXT("{}"));
        await_all(&run, EVENTS);
        for (int i = 0; i < EVENTS; i++)
            ending_clear(&run.endings[i]);
    }
    ck_assert_uint_eq(pool_pending(run.bench.pool), 0);
    struct ending ending;
    pool_retire(run.bench.pool, run.plan.key);
    bench_invoke(&run.bench, &run.plan, "{}", &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_OK);
    ending_clear(&ending);
    bench_clear(&run.bench);
}

FOR_EACH_LANGUAGE(answers_to_what_was_not_read_harm_their_function_only)

/* Nothing more is heard of the process: all that it has read end, each once. */
static void check_what_is_no_answer_harms_its_function_only(int language)
{
    struct run run;
    start(&run, language);
    submit_four(&run, "{\"does\":\"garble\"}", "{\"does\":\"write\"}");
    bench_await_print(bench_busy(bench_lane(&run.bench))); /* it is at the last */
    bench_wait(&run.bench, &run.endings[0]);
    expect_own_answer(&run, 0);
    bench_pass(run.plan.timeout_ms);
    await_all(&run, 4);
    for (int i = 1; i < 4; i++)
        ck_assert_int_ne(run.endings[i].result.end, INVOCATION_OK);
    ck_assert_uint_eq(pool_pending(run.bench.pool), 0);
    end(&run, 4);
}

FOR_EACH_LANGUAGE(what_is_no_answer_harms_its_function_only)

static int ahead_after(struct lane *lane, double handler_ms, int times)
{
    const struct invocation_result result = { .init_ms = -1, .handler_ms = handler_ms };
    for (int i = 0; i < times; i++)
        lane_learn(lane, &result);
    return lane_ahead_max(lane);
}

START_TEST(only_what_is_quicker_than_a_wake_up_is_sent_ahead)
{
    const struct sandbox_plan plan = { .key = "key" };
    struct lane *lane = lane_create(&plan, 1);
    ck_assert_int_eq(lane_ahead_max(lane), 0); /* nothing is known */
    ck_assert_int_eq(ahead_after(lane, 20, 1), 0);
    ck_assert_int_gt(ahead_after(lane, 0.005, 100), 8);
    ck_assert_int_le(lane_ahead_max(lane), 15);     /* what a pipe holds, but one */
    ck_assert_int_gt(ahead_after(lane, 500, 1), 0); /* an accident of the machine */
    ck_assert_int_eq(ahead_after(lane, 500, 20), 0);
    ck_assert_int_gt(ahead_after(lane, 0.04, 100), 0);
    ck_assert_int_eq(ahead_after(lane, 0.06, 100), 0);
    ck_assert_int_gt(ahead_after(lane, 0.005, 100), 0);
    struct invocation_result printed = { .init_ms = -1, .has_unmarked = true };
    printed.end = INVOCATION_EXIT; /* last words */
    lane_learn(lane, &printed);
    ck_assert_int_gt(lane_ahead_max(lane), 0);
    printed.end = INVOCATION_OK;
    lane_learn(lane, &printed);
    ck_assert_int_eq(lane_ahead_max(lane), 0);
    lane_destroy(lane);
}
END_TEST

START_TEST(another_process_pays_by_how_long_boots_have_taken)
{
    const struct sandbox_plan plan = { .key = "k" };
    struct lane *lane = lane_create(&plan, 1);
    struct job first = { 0 };
    struct job second = { 0 };
    lane->count = 1;
    job_queue_add(&lane->waiting, &first);
    job_queue_add(&lane->waiting, &second);
    lane_learn(lane, &(struct invocation_result){ .duration_ms = 100, .init_ms = -1 });
    ck_assert(lane_wants_more(lane)); /* two would wait 200 ms, a boot is thought to take 100 */
    for (int i = 0; i < 20; i++)
        lane_learn(lane, &(struct invocation_result){ .duration_ms = 100, .init_ms = 1000 });
    ck_assert(!lane_wants_more(lane));
    lane->waiting = (struct job_queue){ 0 };
    lane->count = 0;
    lane_destroy(lane);
}
END_TEST

SUITE("pool_ahead", what_is_no_answer_harms_its_function_only,
      answers_to_what_was_not_read_harm_their_function_only,
      only_what_is_quicker_than_a_wake_up_is_sent_ahead, what_comes_at_once_is_sent_ahead,
      one_process_takes_many_and_each_has_its_own_answer, what_each_prints_is_in_its_own_log,
      what_is_printed_without_a_mark_is_in_its_own_log_too,
      the_next_process_prints_without_a_mark_as_well, an_error_is_its_own_event_s,
      an_exit_ends_its_own_event_only, the_last_that_was_sent_ahead_has_its_own_time,
      a_timeout_ends_its_own_event_only, a_kill_ends_only_the_event_that_the_process_is_at,
      an_answer_that_is_read_late_is_in_time, what_stands_behind_last_words_is_run_elsewhere,
      what_stands_behind_a_slow_one_is_run_elsewhere, large_events_go_between_small_ones,
      another_process_pays_by_how_long_boots_have_taken)
