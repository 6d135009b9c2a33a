/*
 * Invocations on real processes: node, Python and custom bootstraps, how they end, and which
 * environment runs what.
 */
#include "support/suite.h"

#include "clock.h"
#include "json.h"
#include "support/pool_bench.h"

static const char counter_js[] =
    "let count = 0;\n"
    "const fs = require('fs'), tmp = process.env.TMPDIR || '/tmp';\n"
    "exports.handler = async (event) => {\n"
    "  count++;\n"
    "  if (event.write) fs.writeFileSync(tmp + '/kept', event.write);\n"
    "  if (event.write) fs.writeSync(1, 'written\\n');\n"
    "  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60000));\n"
    "  if (event.spin) for (;;);\n"
    "  if (event.exit !== undefined) process.exit(event.exit);\n"
    "  if (event.kill) process.kill(process.pid, event.kill);\n"
    "  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));\n"
    "  if (event.kill) await new Promise((resolve) => setTimeout(resolve, 60000));\n"
    "  let kept = null;\n"
    "  try { kept = fs.readFileSync(tmp + '/kept', 'utf8'); } catch {}\n"
    "  return { count, kept };\n"
    "};\n";

/* One file, one event, what comes back; in the order in which a row is read, padding or not. */
struct handler_case { /* NOLINT(clang-analyzer-optin.performance.Padding) */
    const char *runtime;
    const char *file;
    const char *code;
    const char *event;
    enum invocation_end end;
    const char *payload; /* all of it, or how it begins if `is_prefix` */
    bool is_prefix;
    const char *log_part; /* NULL: any */
};

#define NODE "nodejs20.x"
#define PYTHON "python3.12"

static const struct handler_case handler_cases[] = {
    { NODE, "index.js", "exports.handler = async (e) => ({ got: e.a, text: 'h\\u00e9' });",
      "{\"a\":[1,\"\xc3\xa4\"]}", INVOCATION_OK,
      "{\"got\":[1,\"\xc3\xa4\"],\"text\":\"h\xc3\xa9\"}", false, NULL },
    { NODE, "index.mjs",
      "const x = await Promise.resolve(7); export const handler = async () => x;", "{}",
      INVOCATION_OK, "7", false, NULL },
    { NODE, "index.cjs", "exports.handler = (e, c, done) => setTimeout(done, 5, null, 'late');",
      "{}", INVOCATION_OK, "\"late\"", false, NULL },
    { NODE, "index.js", "exports.handler = async () => {};", "{}", INVOCATION_OK, "null", false,
      NULL },
    { NODE, "index.js", "exports.handler = () => 5;", "{}", INVOCATION_OK, "null", false, NULL },
    { NODE, "index.js", "exports.handler = (e, c) => { c.succeed({ok: 1}); c.fail('no'); };", "{}",
      INVOCATION_OK, "{\"ok\":1}", false, NULL },
    { NODE, "index.js", "exports.handler = (e, c) => c.fail();", "{}", INVOCATION_ERROR,
      "{\"errorType\":\"string\",\"errorMessage\":\"handled\",\"trace\":[]}", false,
      "\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"handled\",\"stack\":[" },
    { NODE, "index.js", "exports.handler = (e, c, done) => done(null, 1, setTimeout(done, 1, 2));",
      "{}", INVOCATION_OK, "1", false, NULL },
    { NODE, "index.js",
      "exports.handler = (e, c, done) => { c.callbackWaitsForEmptyEventLoop = false;"
      " setTimeout(() => {}, 60000); done(null, 'now'); };",
      "{}", INVOCATION_OK, "\"now\"", false, NULL },
    { NODE, "index.js", "exports.handler = async () => { throw new TypeError('boom'); };", "{}",
      INVOCATION_ERROR,
      "{\"errorType\":\"TypeError\",\"errorMessage\":\"boom\",\"trace\":[\"TypeError: boom\",\"    "
      "at ",
      true, "\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"boom\"" },
    { NODE, "index.js", "exports.handler = async () => new Promise(() => {});", "{}",
      INVOCATION_ERROR,
      "{\"errorType\":\"Runtime.NodeJsExit\",\"errorMessage\":\"The Lambda runtime client detected "
      "an unexpected Node.js exit code.",
      true, NULL },
    { NODE, "index.js", "exports.handler = async () => { const a = {}; a.a = a; return a; };", "{}",
      INVOCATION_ERROR,
      "{\"errorType\":\"Error\",\"errorMessage\":\"Unable to stringify response body\"", true,
      NULL },
    { NODE, "index.js",
      "exports.handler = () => setTimeout(() => { throw new Error('late'); }, 1);", "{}",
      INVOCATION_ERROR, "{\"errorType\":\"Error\",\"errorMessage\":\"late\",\"trace\":[", true,
      "\tERROR\tUncaught Exception \t{" },
    { NODE, "index.js",
      "exports.handler = () => { Promise.reject(new Error('lost')); setTimeout(() => {}, 9000); };",
      "{}", INVOCATION_ERROR,
      "{\"errorType\":\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"Error: lost\"", true,
      "\tERROR\tUnhandled Promise Rejection \t{" },
    { NODE, "index.js", "exports.handler = 5;", "{}", INVOCATION_ERROR,
      "{\"errorType\":\"Runtime.HandlerNotFound\",\"errorMessage\":\"index.handler is not a "
      "function\"",
      true, "Status: error\tError Type: Runtime.HandlerNotFound\n" },
    { NODE, "index.js", "exports.other = 5;", "{}", INVOCATION_ERROR,
      "{\"errorType\":\"Runtime.HandlerNotFound\",\"errorMessage\":\"index.handler is undefined or "
      "not exported\"",
      true, "\tundefined\tERROR\tUncaught Exception \t" },
    { NODE, "index.js", "require('absent');", "{}", INVOCATION_ERROR,
      "{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"Error: Cannot find module "
      "'absent'\\nRequire stack:\\n- ",
      true, NULL },
    { NODE, "other.js", "exports.handler = 1;", "{}", INVOCATION_ERROR,
      "{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"Error: Cannot find module "
      "'index'\\nRequire stack:\\n- ",
      true, NULL },
    { NODE, "index.js", "exports.handler = (;", "{}", INVOCATION_ERROR,
      "{\"errorType\":\"Runtime.UserCodeSyntaxError\",\"errorMessage\":\"SyntaxError: ", true,
      NULL },
    { NODE, "index.mjs", "throw new RangeError('at load');", "{}", INVOCATION_ERROR,
      "{\"errorType\":\"RangeError\",\"errorMessage\":\"at load\",\"trace\":[", true, NULL },
    { NODE, "index.mjs", "process.exit(3);", "{}", INVOCATION_EXIT,
      "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: " REQUEST_ID
      " Error: Runtime exited with error: exit status 3\"}",
      false,
      "RequestId: " REQUEST_ID " Error: Runtime exited with error: exit status 3\n"
      "Runtime.ExitError\nEND " },
    { NODE, "index.js", counter_js, "{\"exit\":0}", INVOCATION_EXIT,
      "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: " REQUEST_ID
      " Error: Runtime exited without providing a reason\"}",
      false, "Status: error\tError Type: Runtime.ExitError\n" },
    { NODE, "index.js", counter_js, "{\"kill\":\"SIGKILL\"}", INVOCATION_EXIT,
      "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: " REQUEST_ID
      " Error: Runtime exited with error: signal: killed\"}",
      false, NULL },
    { PYTHON, "index.py",
      "def handler(event, context):\n  return {'got': event['a'], 'e': 'h\\u00e9'}",
      "{\"a\":[1,\"\xc3\xa4\"]}", INVOCATION_OK,
      "{\"got\": [1, \"\xc3\xa4\"], \"e\": \"h\xc3\xa9\"}", false, NULL },
    { PYTHON, "index.py",
      "import decimal\ndef handler(event, context):\n  return decimal.Decimal('1.5')", "{}",
      INVOCATION_OK, "1.5", false, NULL },
    { PYTHON, "index.py", "def handler(event, context):\n  pass", "{}", INVOCATION_OK, "null",
      false, NULL },
    { PYTHON, "index.py", "def handler(event, context):\n  raise ValueError('boom')", "{}",
      INVOCATION_ERROR,
      "{\"errorMessage\": \"boom\", \"errorType\": \"ValueError\", \"requestId\": \"" REQUEST_ID
      "\", \"stackTrace\": [\"  File \\\"/",
      true,
      "[ERROR] ValueError: boom\nTraceback (most recent call last):\n\xc2\xa0\xc2\xa0"
      "File \"/" },
    { PYTHON, "index.py", "def handler(event, context):\n  return object()", "{}", INVOCATION_ERROR,
      "{\"errorMessage\": \"Unable to marshal response: Object of type object is not JSON "
      "serializable\", \"errorType\": \"Runtime.MarshalError\", \"requestId\": \"" REQUEST_ID
      "\", \"stackTrace\": []}",
      false, NULL },
    { PYTHON, "index.py", "import absent", "{}", INVOCATION_ERROR,
      "{\"errorMessage\": \"Unable to import module 'index': No module named 'absent'\", "
      "\"errorType\": \"Runtime.ImportModuleError\", \"requestId\": \"\", \"stackTrace\": []}",
      false, "[ERROR] Runtime.ImportModuleError: Unable to import module" },
    { PYTHON, "index.py", "x = 1", "{}", INVOCATION_ERROR,
      "{\"errorMessage\": \"Handler 'handler' missing on module 'index'\", \"errorType\": "
      "\"Runtime.HandlerNotFound\", \"requestId\": \"\", \"stackTrace\": []}",
      false, NULL },
    { PYTHON, "index.py", "x = 1\n\nx = = 2\n", "{}", INVOCATION_ERROR,
      "{\"errorMessage\": \"Syntax error in module 'index': invalid syntax (index.py, line 3)\", "
      "\"errorType\": \"Runtime.UserCodeSyntaxError\", \"requestId\": \"\", \"stackTrace\": [\"  "
      "File \\\"",
      true, NULL },
    { PYTHON, "index.py", "1 / 0", "{}", INVOCATION_ERROR,
      "{\"errorMessage\": \"division by zero\", \"errorType\": \"ZeroDivisionError\", "
      "\"requestId\": \"\", \"stackTrace\": [\"  File \\\"",
      true, "importlib" },
    { PYTHON, "index.py", "import sys\ndef handler(event, context):\n  sys.exit(0)", "{}",
      INVOCATION_EXIT,
      "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: " REQUEST_ID
      " Error: Runtime exited without providing a reason\"}",
      false, NULL },
    { "provided.al2023", "index.js", "", "{}", INVOCATION_EXIT,
      "{\"errorType\":\"Runtime.InvalidEntrypoint\",\"errorMessage\":\"RequestId: " REQUEST_ID
      " Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]\"}",
      false, "Runtime.InvalidEntrypoint\nEND " },
    { "java21", "index.js", "", "{}", INVOCATION_EXIT,
      "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: " REQUEST_ID
      " Error: Runtime java21 cannot run on this machine: install ",
      true, NULL },
};

/* What a boot that failed has said comes first. */
static bool begins_well(const char *log)
{
    const char *start = strstr(log, "START RequestId: " REQUEST_ID " Version: 3\n");
    const char *report = strstr(log, "INIT_REPORT ");
    return start && start == (report ? strchr(report, '\n') + 1 : log);
}

static void check_case(const struct handler_case *test, const struct ending *ending)
{
    const char *found = ending->payload;
    ck_assert_msg(ending->result.end == test->end, "%s\nended as %d: %s\n%s", test->code,
                  ending->result.end, found, ending->log);
    bool is_right = test->is_prefix ? strncmp(found, test->payload, strlen(test->payload)) == 0
                                    : strcmp(found, test->payload) == 0;
    ck_assert_msg(is_right, "%s\nanswered %s\nnot      %s", test->code, found, test->payload);
    ck_assert_msg(!test->log_part || strstr(ending->log, test->log_part), "%s\nlogged\n%s",
                  test->code, ending->log);
    ck_assert_msg(begins_well(ending->log), "%s", ending->log);
}

START_TEST(handlers_end_as_on_lambda)
{
    for (size_t i = 0; i < COUNT_OF(handler_cases); i++) {
        const struct handler_case *test = &handler_cases[i];
        struct bench bench;
        struct ending ending;
        bench_init(&bench, 0);
        struct sandbox_plan plan = bench_function(&bench, test->runtime, test->file, test->code);
        bench_invoke(&bench, &plan, test->event, &ending);
        check_case(test, &ending);
        ending_clear(&ending);
        bench_clear(&bench);
    }
}
END_TEST

/* Takes the number after `label` out of the text and checks its form. */
static double take_number(const char **at, const char *label, int decimals)
{
    char *end;
    ck_assert_msg(strncmp(*at, label, strlen(label)) == 0, "'%s' is not at '%s'", label, *at);
    const char *digits = *at + strlen(label);
    double value = strtod(digits, &end);
    const char *point = memchr(digits, '.', (size_t)(end - digits));
    ck_assert_int_eq(point ? end - point - 1 : 0, decimals);
    *at = end;
    return value;
}

START_TEST(log_has_the_form_of_lambda)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(
        &bench, NODE, "index.js",
        "console.log('booting');\n"
        "exports.handler = async () => { process.stdout.write('raw\\n'); console.warn('a', {b: 1});"
        " process.stderr.write('cut'); return 1; };");
    bench_invoke(&bench, &plan, "{}", &ending);
    const char *at = ending.log;
    static const char start[] = "START RequestId: " REQUEST_ID " Version: 3\nraw\n";
    ck_assert_msg(strncmp(at, start, strlen(start)) == 0, "%s", at);
    at += strlen(start) + strlen("2025-11-25T02:26:54.123Z");
    static const char warn[] = "\t" REQUEST_ID "\tWARN\ta { b: 1 }\ncut\nEND RequestId: " REQUEST_ID
                               "\nREPORT RequestId: " REQUEST_ID "\t";
    ck_assert_msg(strncmp(at, warn, strlen(warn)) == 0, "%s", at);
    at += strlen(warn);
    double duration = take_number(&at, "Duration: ", 2);
    double billed = take_number(&at, " ms\tBilled Duration: ", 0);
    ck_assert_int_eq((int)take_number(&at, " ms\tMemory Size: ", 0), 512);
    ck_assert_double_gt(take_number(&at, " MB\tMax Memory Used: ", 0), 5);
    double init = take_number(&at, " MB\tInit Duration: ", 2);
    ck_assert_str_eq(at, " ms\t\n");
    ck_assert_double_ge(billed + 0.01, duration + init);
    ck_assert_double_lt(billed, duration + init + 1.01);
    ck_assert_ptr_nonnull(strstr(ending.init_log, "INIT_START Runtime Version: nodejs:20"));
    ck_assert_ptr_nonnull(strstr(ending.init_log, "\tundefined\tINFO\tbooting\n"));
    ck_assert_ptr_nonnull(strstr(ending.log_stream, "/[3]"));
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_ptr_null(strstr(ending.log, "Init Duration"));
    ck_assert_double_lt(ending.result.init_ms, 0);
    ck_assert_str_eq(ending.init_log, "");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(python_logs_in_the_form_of_lambda)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(
        &bench, PYTHON, "index.py",
        "import logging, os\nlogging.getLogger().setLevel('INFO')\n"
        "def handler(event, context):\n  print('plain', end='')\n  print('!')\n"
        "  logging.info('told')\n  os.write(2, b'raw\\n')\n"
        "  return [context.aws_request_id, context.invoked_function_arn,\n"
        "    context.memory_limit_in_mb,\n"
        "    context.client_context, os.environ['TZ'], os.environ['AWS_EXECUTION_ENV']]");
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload,
                     "[\"" REQUEST_ID "\", \"" INVOKED_ARN "\", \"512\", null, \":UTC\", "
                     "\"AWS_Lambda_python3.12\"]");
    ck_assert_ptr_nonnull(strstr(ending.log, " Version: 3\nplain!\n[INFO]\t20"));
    ck_assert_ptr_nonnull(strstr(ending.log, "Z\t" REQUEST_ID "\ttold\nraw\nEND "));
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

/* Whenever it is asked: what is left then, and the time then, make the deadline. */
START_TEST(python_is_told_how_much_time_is_left)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan =
        bench_function(&bench, PYTHON, "index.py",
                       "import math, time\n"
                       "def handler(event, context):\n"
                       "  before = math.floor(time.time() * 1000)\n"
                       "  left = context.get_remaining_time_in_millis()\n"
                       "  return [before + left, math.ceil(time.time() * 1000) + left + 1]");
    int64_t before_ms = clock_true_ms();
    bench_invoke(&bench, &plan, "{}", &ending);
    CLEANUP(json_deletep) cJSON *deadline = json_parse(text_from(ending.payload));
    ck_assert_int_eq(cJSON_GetArraySize(deadline), 2);
    int64_t least_ms = (int64_t)cJSON_GetArrayItem(deadline, 0)->valuedouble;
    int64_t most_ms = (int64_t)cJSON_GetArrayItem(deadline, 1)->valuedouble;
    ck_assert_int_le(least_ms, clock_true_ms() + plan.timeout_ms);
    ck_assert_int_ge(most_ms, before_ms + plan.timeout_ms);
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(an_environment_is_used_again_and_survives_errors)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(
        &bench, NODE, "index.js",
        "let n = 0; exports.handler = async (e) => { n++; if (e.fail) throw new Error('x');"
        " return n; };");
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "1");
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "{\"fail\":1}", &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_ERROR);
    ck_assert_ptr_null(strstr(ending.log, "Status:"));
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "3");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

/* The event is at work for as long as it may, once it has written. */
static void end_at_its_timeout(struct bench *bench, const struct sandbox_plan *plan,
                               const char *event, struct ending *ending)
{
    bench_submit(bench, plan, text_from(event), ending);
    bench_turn(bench); /* it begins */
    const struct sandbox *sandbox = bench_busy(bench_lane(bench));
    bench_await_line(bench, sandbox, ending);
    bench_pass(plan->timeout_ms);
    bench_wait(bench, ending);
    ck_assert_int_eq(ending->result.end, INVOCATION_TIMEOUT);
}

static const char *const ends[] = { "{\"write\":\"x\",\"spin\":1}", "{\"write\":\"x\",\"hang\":1}",
                                    NULL /* it exits */ };

START_TEST(a_killed_process_is_started_again_with_the_same_tmp)
{
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct bench bench;
        struct ending ending;
        bench_init(&bench, 0);
        struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
        bench_invoke(&bench, &plan, "{}", &ending);
        ck_assert_str_eq(ending.payload, "{\"count\":1,\"kept\":null}");
        CLEANUP(freep) char *stream = xstrdup(ending.log_stream);
        ending_clear(&ending);
        if (ends[i])
            end_at_its_timeout(&bench, &plan, ends[i], &ending);
        else
            bench_invoke(&bench, &plan, "{\"write\":\"x\",\"exit\":7}", &ending);
        ck_assert_int_eq(ending.result.end, ends[i] ? INVOCATION_TIMEOUT : INVOCATION_EXIT);
        ending_clear(&ending);
        bench_invoke(&bench, &plan, "{}", &ending);
        ck_assert_str_eq(ending.payload, "{\"count\":1,\"kept\":\"x\"}");
        ck_assert_str_eq(ending.log_stream, stream);
        ck_assert_double_ge(ending.result.init_ms, 0);
        ending_clear(&ending);
        bench_clear(&bench);
    }
}
END_TEST

/* Ends when there is a file "go". */
static const char mortal_py[] = BENCH_WAIT_FOR "import threading\n"
                                               "count = 0\n"
                                               "def end():\n"
                                               "  wait_for('go')\n"
                                               "  print('last words', flush=True)\n"
                                               "  os._exit(1)\n"
                                               "threading.Thread(target=end, daemon=True).start()\n"
                                               "def handler(event, context):\n"
                                               "  global count\n"
                                               "  count += 1\n"
                                               "  return count\n";

START_TEST(a_process_that_ends_while_idle_is_replaced)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, PYTHON, "index.py", mortal_py);
    CLEANUP(freep) char *go = xformat("%s/go", plan.code_directory);
    bench_invoke(&bench, &plan, "{}", &ending);
    CLEANUP(freep) char *stream = xstrdup(ending.log_stream);
    ending_clear(&ending);
    bench_write(plan.code_directory, "go", "", 0644);
    while (!link_is_alone(&bench_lane(&bench)->idle))
        loop_turn(bench.loop);
    ck_assert_int_eq(unlink(go), 0);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "1");
    ck_assert_double_ge(ending.result.init_ms, 0);
    ck_assert_str_eq(ending.log_stream, stream);
    ck_assert_msg(strncmp(ending.init_log, "last words\nINIT_START ", 22) == 0, "%s",
                  ending.init_log);
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_timeout_says_so_with_its_exact_duration)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, NODE, "index.js", counter_js);
    plan.timeout_ms = 1000;
    bench_invoke(&bench, &plan, "{\"hang\":1}", &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_TIMEOUT);
    ck_assert_str_eq(ending.payload,
                     "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: " REQUEST_ID
                     " Error: Task timed out after 1.00 seconds\"}");
    ck_assert_double_eq(ending.result.duration_ms, 1000);
    ck_assert_ptr_nonnull(strstr(ending.log, "\tDuration: 1000.00 ms\t"));
    const char *end = " ms\tStatus: timeout\n";
    ck_assert_str_eq(ending.log + strlen(ending.log) - strlen(end), end);
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(large_payloads_pass_both_ways_and_larger_answers_are_refused)
{
    static const struct {
        const char *runtime;
        const char *file;
        const char *code;
    } functions[] = {
        { NODE, "index.js",
          "exports.handler = async (e) => typeof e === 'number' ? 'x'.repeat(e - 2) : e;" },
        { PYTHON, "index.py",
          "def handler(e, c):\n  return 'x' * (e - 2) if isinstance(e, int) else e" },
    };
    enum { LARGE = 5 << 20 };
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        struct bench bench;
        struct ending ending;
        bench_init(&bench, 0);
        struct sandbox_plan plan =
            bench_function(&bench, functions[i].runtime, functions[i].file, functions[i].code);
        CLEANUP(freep) char *payload = xmalloc(LARGE);
        memset(payload, 'y', LARGE);
        payload[0] = payload[LARGE - 1] = '"';
        bench_submit(&bench, &plan, (struct text){ payload, LARGE }, &ending);
        bench_wait(&bench, &ending);
        ck_assert_uint_eq(ending.result.payload_size, LARGE);
        ck_assert_int_eq(memcmp(ending.payload, payload, LARGE), 0);
        ending_clear(&ending);
        bench_invoke(&bench, &plan, "6291556", &ending);
        ck_assert_uint_eq(ending.result.payload_size, 6291556);
        ending_clear(&ending);
        bench_invoke(&bench, &plan, "6291557", &ending);
        ck_assert_int_eq(ending.result.end, INVOCATION_ERROR);
        ck_assert_str_eq(ending.error_type, "Function.ResponseSizeTooLarge");
        ck_assert_str_eq(ending.payload,
                         "{\"errorMessage\":\"Response payload size exceeded maximum allowed "
                         "payload size (6291556 bytes).\",\"errorType\":"
                         "\"Function.ResponseSizeTooLarge\"}");
        ending_clear(&ending);
        bench_invoke(&bench, &plan, "\"still here\"", &ending);
        ck_assert_str_eq(ending.payload, "\"still here\"");
        ck_assert_double_lt(ending.result.init_ms, 0);
        ending_clear(&ending);
        bench_clear(&bench);
    }
}
END_TEST

/* With a third member it waits for a file "go", and says when it has grown. */
static const char hog_py[] = BENCH_WAIT_FOR "def handler(event, context):\n"
                                            "  if len(event) > 2:\n"
                                            "    wait_for('go')\n"
                                            "  x = bytearray(event['size'])\n"
                                            "  if len(event) > 2:\n"
                                            "    print('grown', flush=True)\n"
                                            "  time.sleep(event['sleep'])\n";

START_TEST(too_much_memory_ends_the_process)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, PYTHON, "index.py", hog_py);
    plan.memory_mb = 128;
    bench_invoke(&bench, &plan, "{\"size\":314572800,\"sleep\":600}", &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_EXIT);
    ck_assert_str_eq(
        ending.payload,
        "{\"errorType\":\"Runtime.OutOfMemory\",\"errorMessage\":\"RequestId: " REQUEST_ID
        " Error: Runtime exited with error: signal: killed\"}");
    ck_assert_int_eq(ending.result.memory_used_mb, 128);
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

/* What is killed takes its time to end. */
START_TEST(too_much_memory_is_the_reason_even_if_the_time_is_over_as_well)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, PYTHON, "index.py", hog_py);
    plan.memory_mb = 128;
    bench_invoke(&bench, &plan, "{\"size\":1,\"sleep\":0}", &ending);
    ending_clear(&ending);
    bench_submit(&bench, &plan, TEXT("{\"size\":209715200,\"sleep\":600,\"waits\":1}"), &ending);
    bench_turn(&bench); /* it begins */
    const struct sandbox *sandbox = bench_busy(bench_lane(&bench));
    bench_write(plan.code_directory, "go", "", 0644);
    bench_await_print(sandbox);
    bench_pass(1000); /* then memory is looked at */
    bench_turn(&bench);
    ck_assert_int_eq(sandbox->end_reason, ENDED_BY_MEMORY);
    bench_pass(plan.timeout_ms);
    bench_wait(&bench, &ending);
    ck_assert_str_eq(ending.error_type, "Runtime.OutOfMemory");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(memory_is_looked_at_often_again_after_a_rest)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, PYTHON, "index.py", hog_py);
    bench_invoke(&bench, &plan, "{\"size\":1,\"sleep\":0}", &ending);
    ending_clear(&ending);
    while (!bench.pool->is_memory_timer_slow)
        loop_turn(bench.loop);
    bench_submit(&bench, &plan, TEXT("{\"size\":1,\"sleep\":0}"), &ending);
    bench_turn(&bench);
    ck_assert(!bench.pool->is_memory_timer_slow);
    bench_wait(&bench, &ending);
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_chatty_function_keeps_the_tail_of_its_log)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(
        &bench, PYTHON, "index.py",
        "def handler(e, c):\n  for i in range(100000):\n    print('line', i)\n  return 1");
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_uint_lt(ending.result.log_size, 1025 * 1024);
    ck_assert_uint_gt(ending.result.log_size, 1020 * 1024);
    ck_assert_ptr_nonnull(strstr(ending.log, "\nline 99999\nEND "));
    ck_assert_ptr_nonnull(strstr(ending.log, " Version: 3\nCoalmine keeps the last "));
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

SUITE("pool", handlers_end_as_on_lambda, log_has_the_form_of_lambda,
      python_logs_in_the_form_of_lambda, python_is_told_how_much_time_is_left,
      an_environment_is_used_again_and_survives_errors,
      a_killed_process_is_started_again_with_the_same_tmp,
      a_process_that_ends_while_idle_is_replaced, a_timeout_says_so_with_its_exact_duration,
      large_payloads_pass_both_ways_and_larger_answers_are_refused,
      too_much_memory_ends_the_process,
      too_much_memory_is_the_reason_even_if_the_time_is_over_as_well,
      memory_is_looked_at_often_again_after_a_rest, a_chatty_function_keeps_the_tail_of_its_log)
