/*
 * Custom runtimes: bootstraps that speak the Lambda Runtime API, in good order and out of it;
 * what a function process sees of the machine; and that it dies with the server.
 */
#include "support/suite.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "support/pool_bench.h"

#define CUSTOM "provided.al2023"

/* What all Python bootstraps here begin with. */
#define CLIENT                                                                                     \
    "#!/usr/bin/python3\n"                                                                         \
    "import http.client, json, os, sys\n"                                                          \
    "api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n"                     \
    "def ask(method, path, body=None, headers={}):\n"                                              \
    "  at = '/2018-06-01/runtime/'\n"                                                              \
    "  api.request(method, path if path[0] == '/' else at + path, body, headers)\n"                \
    "  answer = api.getresponse()\n"                                                               \
    "  return answer, answer.read().decode()\n"                                                    \
    "def next_event():\n"                                                                          \
    "  answer, body = ask('GET', 'invocation/next')\n"                                             \
    "  return answer.headers['Lambda-Runtime-Aws-Request-Id'], body, answer.headers\n"             \
    "def told(answered):\n"                                                                        \
    "  return [answered[0].status, json.loads(answered[1])]\n"

static void run_bootstrap(struct bench *bench, const char *code, const char *payload,
                          struct ending *ending)
{
    struct sandbox_plan plan = bench_function(bench, CUSTOM, "bootstrap", code);
    bench_invoke(bench, &plan, payload, ending);
}

START_TEST(a_shell_script_can_be_a_runtime)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 1); /* one process: it may ask for more only after the next has come */
    struct sandbox_plan plan = bench_function(
        &bench, CUSTOM, "bootstrap",
        "#!/bin/sh\n"
        "base=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime\n"
        "echo booting\n"
        "while :; do\n"
        "  headers=$(mktemp)\n"
        "  event=$(curl -sS -D \"$headers\" \"$base/invocation/next\")\n"
        "  id=$(tr -d '\\r' < \"$headers\" | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //Ip')\n"
        "  echo \"handler $_HANDLER\"\n"
        "  curl -sS -d \"{\\\"got\\\":$event}\" \"$base/invocation/$id/response\" > /dev/null\n"
        "done\n");
    for (int i = 0; i < 3; i++) {
        bench_invoke(&bench, &plan, "[1,2]", &ending);
        ck_assert_str_eq(ending.payload, "{\"got\":[1,2]}");
        ck_assert_ptr_nonnull(strstr(ending.log, " Version: 3\nhandler index.handler\nEND "));
        ck_assert_int_eq(ending.result.init_ms >= 0, i == 0);
        ck_assert_int_eq(strstr(ending.init_log, "\nbooting\n") != NULL, i == 0);
        ending_clear(&ending);
    }
    bench_clear(&bench);
}
END_TEST

START_TEST(the_next_event_has_its_headers)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(
        &bench, CUSTOM, "bootstrap",
        CLIENT
        "while True:\n"
        "  rid, body, headers = next_event()\n"
        "  names = ['Content-Type', 'Lambda-Runtime-Invoked-Function-Arn',\n"
        "    'Lambda-Runtime-Trace-Id', 'Lambda-Runtime-Client-Context']\n"
        "  ask('POST', f'invocation/{rid}/response', json.dumps([headers[n] for n in names]))\n");
    struct invocation invocation = { .request_id = REQUEST_ID,
                                     .invoked_arn = INVOKED_ARN,
                                     .payload = TEXT("{}"),
                                     .on_done = on_bench_done,
                                     .client_context = "{\"custom\":\n{\"a\":1}}",
                                     .trace_id = "Root=1-5759e988-bd862e3fe1be46a994272793",
                                     .owner = &ending };
    ending = (struct ending){ 0 };
    pool_submit(bench.pool, &plan, &invocation);
    bench_wait(&bench, &ending);
    ck_assert_str_eq(ending.payload,
                     "[\"application/json\", \"" INVOKED_ARN "\", "
                     "\"Root=1-5759e988-bd862e3fe1be46a994272793\", \"{\\\"custom\\\": "
                     "{\\\"a\\\":1}}\"]");
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "[\"application/json\", \"" INVOKED_ARN "\", null, null]");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(errors_pass_word_for_word)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 1); /* the next is to wait until it asks again */
    struct sandbox_plan plan = bench_function(
        &bench, CUSTOM, "bootstrap",
        CLIENT
        "n = 0\n"
        "while True:\n"
        "  rid, body, headers = next_event()\n"
        "  n += 1\n"
        "  ask('POST', f'invocation/{rid}/error', '{\"errorMessage\":\"no\", \"n\": %d}' % n)\n");
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_ERROR);
    ck_assert_str_eq(ending.payload, "{\"errorMessage\":\"no\", \"n\": 1}");
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "{\"errorMessage\":\"no\", \"n\": 2}");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(an_init_error_is_the_answer_and_init_is_tried_again)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(
        &bench, CUSTOM, "bootstrap",
        CLIENT "path = os.environ.get('TMPDIR', '/tmp') + '/tried'\n"
               "if not os.path.exists(path):\n"
               "  open(path, 'w').close()\n"
               "  ask('POST', 'init/error', '{\"errorType\":\"Mine\"}',\n"
               "    {'Lambda-Runtime-Function-Error-Type': 'Runtime.ConfigMissing'})\n"
               "  print('giving up', flush=True)\n"
               "  sys.exit(1)\n"
               "rid, body, headers = next_event()\n"
               "ask('POST', f'invocation/{rid}/response', '\"now\"')\n");
    bench_hold_clock(); /* it may take two seconds to end, and no more */
    bench_invoke(&bench, &plan, "{}", &ending);
    bench_release_clock();
    ck_assert_int_eq(ending.result.end, INVOCATION_ERROR);
    ck_assert_str_eq(ending.payload, "{\"errorType\":\"Mine\"}");
    ck_assert_ptr_nonnull(strstr(ending.log, "giving up\nINIT_REPORT "));
    ck_assert_ptr_nonnull(strstr(ending.log, "Status: error\tError Type: Runtime.ConfigMissing\n"));
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "\"now\"");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(requests_out_of_order_are_refused)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 1); /* the next is to wait until it asks again */
    run_bootstrap(
        &bench,
        CLIENT
        "seen = [told(ask('POST', 'invocation/x/response', '1'))]\n"
        "rid, body, headers = next_event()\n"
        "seen.append(told(ask('POST', 'init/error', '{}')))\n"
        "seen.append(told(ask('POST', 'invocation/other/response', '1')))\n"
        "seen.append(told(ask('POST', f'invocation/{rid}/response', '1',\n"
        "  {'Lambda-Runtime-Function-Response-Mode': 'odd'})))\n"
        "seen.append([ask(*path)[0].status for path in [('GET', 'nothing'),\n"
        "  ('POST', 'init/other'), ('GET', 'init/error'), ('POST', 'other/error'),\n"
        "  ('GET', 'invocation/other'), ('POST', 'invocation/next'),\n"
        "  ('GET', f'invocation/{rid}/response'), ('POST', f'other/{rid}/response'),\n"
        "  ('POST', f'invocation/{rid}/other'), ('GET', '/2018-06-01/other/invocation/next'),\n"
        "  ('GET', '/2015-03-31/runtime/invocation/next')]])\n"
        "seen.append(ask('GET', '/2018-06-01/ping')[1])\n"
        "ask('POST', f'invocation/{rid}/response', json.dumps(seen))\n"
        "print(told(ask('POST', f'invocation/{rid}/response', '2')), flush=True)\n"
        "rid, body, headers = next_event()\n"
        "print(told(ask('POST', f'invocation/{rid}/response', '3')), flush=True)\n",
        "{}", &ending);
    ck_assert_str_eq(
        ending.payload,
        "[[403, {\"errorMessage\": \"State transition from Started to InvocationResponse failed "
        "for runtime. Error: State transition is not allowed\", \"errorType\": "
        "\"InvalidStateTransition\"}], "
        "[403, {\"errorMessage\": \"State transition from Running to InitError failed for runtime. "
        "Error: State transition is not allowed\", \"errorType\": \"InvalidStateTransition\"}], "
        "[400, {\"errorMessage\": \"Invalid request ID\", \"errorType\": \"InvalidRequestID\"}], "
        "[400, {\"errorMessage\": \"Invalid function response mode\", \"errorType\": "
        "\"InvalidFunctionResponseMode\"}], "
        "[404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404], \"pong\"]");
    ending_clear(&ending);
    struct sandbox_plan plan = { .key = bench.key[0], .timeout_ms = 20000, .memory_mb = 512 };
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.payload, "3");
    ck_assert_ptr_nonnull(strstr(ending.log, "Invalid request ID"));
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

/* As a client does that waits for so long and no longer. */
START_TEST(an_event_reaches_whoever_asks_for_it_again)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 1);
    struct sandbox_plan plan = bench_function(
        &bench, CUSTOM, "bootstrap",
        CLIENT "import socket\n"
               "while True:\n"
               "  host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')\n"
               "  with socket.create_connection((host, int(port))) as lost:\n"
               "    lost.sendall(b'GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\n'\n"
               "                 b'Host: x\\r\\n\\r\\n')\n"
               "  rid, body, headers = next_event()\n"
               "  again = next_event()\n"
               "  same = again[:2] == (rid, body) and again[2].items() != []\n"
               "  ask('POST', f'invocation/{rid}/response', json.dumps([body, same]))\n");
    for (int i = 0; i < 3; i++) {
        bench_invoke(&bench, &plan, "{}", &ending);
        ck_assert_str_eq(ending.payload, "[\"{}\", true]");
        ending_clear(&ending);
    }
    bench_clear(&bench);
}
END_TEST

/* What it asked for before has come by then. */
static void await_line_while_idle(const struct bench *bench)
{
    const struct link *idle = &bench_lane(bench)->idle;
    while (idle->after == idle || !MEMBER(idle->after, in_lane)->sandbox->log.lines.size)
        loop_turn(bench->loop);
    bench_turn(bench);
}

/* As several threads do, one of which gives up. All events here have one id, so what was done is
 * told by the event. */
START_TEST(an_event_may_be_asked_for_on_several_connections)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 1);
    struct sandbox_plan plan = bench_function(
        &bench, CUSTOM, "bootstrap",
        CLIENT "import select, socket\n"
               "def give_up():\n"
               "  with socket.create_connection((api.host, api.port)) as lost:\n"
               "    lost.sendall(b'GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\n'\n"
               "                 b'Host: x\\r\\n\\r\\n')\n"
               "  print('gave up', flush=True)\n"
               "def ask_for_next(connection):\n"
               "  connection.request('GET', '/2018-06-01/runtime/invocation/next')\n"
               "several = [http.client.HTTPConnection(api.host, api.port) for _ in range(4)]\n"
               "for connection in several:\n"
               "  ask_for_next(connection)\n"
               "done = set()\n"
               "while True:\n"
               "  by_socket = {connection.sock: connection for connection in several}\n"
               "  connection = by_socket[select.select(list(by_socket), [], [])[0][0]]\n"
               "  answer = connection.getresponse()\n"
               "  event = answer.read()\n"
               "  rid = answer.headers['Lambda-Runtime-Aws-Request-Id']\n"
               "  if event not in done:\n"
               "    ask('POST', f'invocation/{rid}/response', event)\n"
               "  done.add(event)\n"
               "  ask_for_next(connection)\n"
               "  if event == b'0':\n"
               "    give_up()\n");
    for (int i = 0; i < 20; i++) {
        if (i == 1)
            await_line_while_idle(&bench);
        char event[16];
        snprintf(event, sizeof(event), "%d", i);
        bench_invoke(&bench, &plan, event, &ending);
        ck_assert_str_eq(ending.payload, event);
        ending_clear(&ending);
    }
    bench_clear(&bench);
}
END_TEST

/* On another connection. Of what is there at once the server may read a ping first, so the answer
 * to a second one says that it has read what was sent before them. What came of each event says how
 * many were run. */
START_TEST(a_stream_may_end_after_the_next_event_was_asked_for)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 1);
    struct sandbox_plan plan = bench_function(
        &bench, CUSTOM, "bootstrap",
        CLIENT
        "import socket\n"
        "def ping_twice():\n"
        "  for _ in range(2):\n"
        "    api.request('GET', '/2018-06-01/ping')\n"
        "    api.getresponse().read()\n"
        "asks = http.client.HTTPConnection(api.host, api.port)\n"
        "rid, runs = next_event()[0], 0\n"
        "while True:\n"
        "  runs += 1\n"
        "  with socket.create_connection((api.host, api.port)) as pieces:\n"
        "    ping_twice()\n"
        "    pieces.sendall(b'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\n'\n"
        "                   b'Lambda-Runtime-Function-Response-Mode: streaming\\r\\n'\n"
        "                   b'Transfer-Encoding: chunked\\r\\nHost: x\\r\\n\\r\\n'\n"
        "                   b'1\\r\\n[\\r\\n' % rid.encode())\n"
        "    ping_twice()\n"
        "    asks.request('GET', '/2018-06-01/runtime/invocation/next')\n"
        "    ping_twice()\n"
        "    pieces.sendall(b'2\\r\\n%d]\\r\\n0\\r\\n\\r\\n' % runs)\n"
        "    pieces.recv(1000)\n"
        "  answer = asks.getresponse()\n"
        "  answer.read()\n"
        "  rid = answer.headers['Lambda-Runtime-Aws-Request-Id']\n");
    for (int i = 1; i < 6; i++) {
        CLEANUP(freep) char *expected = xformat("[%d]", i);
        CLEANUP(freep) char *id = xformat("00000000-0000-4000-8000-%012d", i);
        bench_submit_as(&bench, &plan, id, TEXT("{}"), &ending);
        bench_wait(&bench, &ending);
        ck_assert_str_eq(ending.payload, expected);
        ending_clear(&ending);
    }
    bench_clear(&bench);
}
END_TEST

START_TEST(large_bodies_pass_and_larger_ones_are_refused)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 1); /* the next is to wait until it asks again */
    struct sandbox_plan plan = bench_function(
        &bench, CUSTOM, "bootstrap",
        CLIENT "while True:\n"
               "  rid, body, headers = next_event()\n"
               "  size = json.loads(body)\n"
               "  answer, text = ask('POST', f'invocation/{rid}/response', 'x' * size)\n"
               "  print(answer.status, text, flush=True)\n");
    bench_invoke(&bench, &plan, "6291556", &ending);
    ck_assert_uint_eq(ending.result.payload_size, 6291556);
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "6291557", &ending);
    ck_assert_str_eq(ending.error_type, "Function.ResponseSizeTooLarge");
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "2", &ending);
    ck_assert_str_eq(ending.payload, "xx");
    ck_assert_double_lt(ending.result.init_ms, 0);
    ck_assert_ptr_nonnull(strstr(ending.log, "413 {\"errorMessage\":\"Exceeded maximum allowed "
                                             "payload size (6291556 bytes).\",\"errorType\":"
                                             "\"RequestEntityTooLarge\"}"));
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(exits_and_timeouts_of_custom_runtimes_are_told)
{
    static const struct {
        const char *code;
        int timeout_ms; /* 0: the bench's */
        enum invocation_end end;
        const char *message;
    } cases[] = {
        { CLIENT "next_event()\nsys.exit(9)\n", 0, INVOCATION_EXIT,
          "exited with error: exit status 9" },
        { CLIENT "next_event()\nos.abort()\n", 0, INVOCATION_EXIT, "error: signal: aborted" },
        { CLIENT "next_event()\nnext_event()\nimport time\ntime.sleep(60)\n", 1000,
          INVOCATION_TIMEOUT, "Task timed out after 1.00 seconds" },
        { "#!/bin/sh\nexit 4\n", 0, INVOCATION_EXIT, "exited with error: exit status 4" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench;
        struct ending ending;
        bench_init(&bench, 0);
        struct sandbox_plan plan = bench_function(&bench, CUSTOM, "bootstrap", cases[i].code);
        if (cases[i].timeout_ms)
            plan.timeout_ms = cases[i].timeout_ms;
        bench_invoke(&bench, &plan, "{}", &ending);
        ck_assert_int_eq(ending.result.end, cases[i].end);
        ck_assert_msg(strstr(ending.payload, cases[i].message) != NULL, "%s", ending.payload);
        ending_clear(&ending);
        bench_clear(&bench);
    }
}
END_TEST

/* The machine, or the loop, was busy elsewhere. */
START_TEST(an_answer_that_is_read_late_is_in_time)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 1); /* the third may find it before it asks again, and is to wait */
    struct sandbox_plan plan = bench_function(
        &bench, CUSTOM, "bootstrap",
        CLIENT "import time\n"
               "while True:\n"
               "  rid, body, headers = next_event()\n"
               "  if body == '2':\n"
               "    print('begun', flush=True)\n"
               "  while body == '2' and not os.path.exists('go'):\n"
               "    time.sleep(0.005)\n"
               "  api.request('POST', f'/2018-06-01/runtime/invocation/{rid}/response', body)\n"
               "  if body == '2':\n"
               "    print('sent', flush=True)\n"
               "  api.getresponse().read()\n");
    bench_invoke(&bench, &plan, "1", &ending);
    ending_clear(&ending);
    bench_submit(&bench, &plan, TEXT("2"), &ending);
    while (link_is_alone(&bench_lane(&bench)->busy))
        bench_turn(&bench);
    const struct sandbox *sandbox = bench_busy(bench_lane(&bench));
    bench_await_line(&bench, sandbox, &ending);
    bench_write(plan.code_directory, "go", "", 0644);
    bench_await_print(sandbox);
    bench_pass(plan.timeout_ms + 100);
    bench_wait(&bench, &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_OK);
    ck_assert_str_eq(ending.payload, "2");
    ending_clear(&ending);
    bench_invoke(&bench, &plan, "3", &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_OK);
    ck_assert_double_lt(ending.result.init_ms, 0);
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_bootstrap_must_be_executable)
{
    struct bench bench;
    struct ending ending;
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(&bench, CUSTOM, "bootstrap", "#!/bin/sh\n");
    CLEANUP(freep) char *path = xformat("%s/bootstrap", plan.code_directory);
    ck_assert_int_eq(chmod(path, 0644), 0);
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(ending.error_type, "Runtime.InvalidEntrypoint");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

START_TEST(a_process_sees_lambdas_environment_and_nothing_else)
{
    struct bench bench;
    struct ending ending;
    static const char *const variables[] = { "COLOUR=blue", "AWS_REGION=mars", "TZ=Asia/Tokyo",
                                             NULL };
    ck_assert_int_eq(setenv("NODE_EXTRA_CA_CERTS", "/nowhere", 1), 0);
    bench_init(&bench, 0);
    struct sandbox_plan plan = bench_function(
        &bench, "nodejs20.x", "index.js",
        "exports.handler = async (event, context) => ({ env: ['COLOUR', 'AWS_REGION', 'TZ',"
        " 'NODE_EXTRA_CA_CERTS', 'HOME', 'AWS_LAMBDA_FUNCTION_VERSION', '_HANDLER']"
        ".map((n) => process.env[n] ?? null), cwd: process.cwd() === process.env.LAMBDA_TASK_ROOT,"
        " context: JSON.stringify({ ...context, logStreamName: '' }) });");
    plan.variables = variables;
    bench_invoke(&bench, &plan, "{}", &ending);
    ck_assert_str_eq(
        ending.payload,
        "{\"env\":[\"blue\",\"us-east-1\",\"Asia/Tokyo\",null,null,\"3\",\"index.handler\"],"
        "\"cwd\":true,\"context\":\"{\\\"callbackWaitsForEmptyEventLoop\\\":true,"
        "\\\"functionVersion\\\":\\\"3\\\",\\\"functionName\\\":\\\"hello\\\","
        "\\\"memoryLimitInMB\\\":\\\"512\\\",\\\"logGroupName\\\":\\\"/aws/lambda/hello\\\","
        "\\\"logStreamName\\\":\\\"\\\",\\\"invokedFunctionArn\\\":\\\"" INVOKED_ARN
        "\\\",\\\"awsRequestId\\\":\\\"" REQUEST_ID "\\\"}\"}");
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

/* Waits until the lock on the file is held by somebody (or, if `is_free`, by nobody). */
static bool wait_for_lock(const char *path, bool is_free)
{
    for (int i = 0; i < 6000; i++) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        bool got = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
        if (fd >= 0)
            close(fd);
        if (fd >= 0 && got == is_free)
            return true;
        poll(NULL, 0, 10);
    }
    return false;
}

/* Only bubblewrap reaches the children of a function when the server is killed. */
static const char locker_py[] = "import fcntl, os, time\n"
                                "held = open(os.environ['LAMBDA_TASK_ROOT'] + '/index.py')\n"
                                "fcntl.flock(held, fcntl.LOCK_EX)\n"
                                "def handler(event, context):\n"
                                "  if os.environ['LAMBDA_TASK_ROOT'] == '/var/task' and "
                                "os.fork() == 0:\n"
                                "    time.sleep(60)\n"
                                "  time.sleep(60)\n";

START_TEST(function_processes_die_with_the_server)
{
    struct bench bench = { .directory = test_directory() };
    pid_t server = fork();
    if (server == 0) {
        struct ending ending;
        bench_open(&bench, 0);
        struct sandbox_plan plan = bench_function(&bench, "python3.11", "index.py", locker_py);
        bench_invoke(&bench, &plan, "{}", &ending);
        _exit(0);
    }
    CLEANUP(freep) char *held = xformat("%s/code0/index.py", bench.directory);
    ck_assert(wait_for_lock(held, false));
    ck_assert_int_eq(kill(server, SIGKILL), 0);
    ck_assert_int_eq(waitpid(server, NULL, 0), server);
    ck_assert(wait_for_lock(held, true));
}
END_TEST

/* It asks for the next event in the moment in which it is killed for having taken too long to. */
START_TEST(one_that_is_being_killed_is_given_no_event)
{
    struct bench bench;
    struct ending ending;
    struct epoll_event asked;
    bench_init(&bench, 1);
    struct sandbox_plan plan =
        bench_function(&bench, CUSTOM, "bootstrap",
                       CLIENT BENCH_WAIT_FOR "while True:\n"
                                             "  rid, body, headers = next_event()\n"
                                             "  ask('POST', f'invocation/{rid}/response', '1')\n"
                                             "  wait_for('go')\n");
    bench_invoke(&bench, &plan, "{}", &ending);
    ending_clear(&ending);
    struct sandbox *sandbox = MEMBER(bench.pool->all.after, in_all)->sandbox;
    ck_assert_int_eq(sandbox_state(sandbox), SANDBOX_SETTLING);
    bench_submit(&bench, &plan, TEXT("{}"), &ending);
    bench_turn(&bench);
    bench_write(plan.code_directory, "go", "", 0644);
    while (epoll_wait(uv_backend_fd(loop_uv(bench.loop)), &asked, 1, -1) != 1)
        ;
    sandbox_kill(sandbox, ENDED_BY_TIMEOUT);
    bench_wait(&bench, &ending);
    ck_assert_int_eq(ending.result.end, INVOCATION_OK);
    ending_clear(&ending);
    bench_clear(&bench);
}
END_TEST

SUITE("runtime_api", a_shell_script_can_be_a_runtime, the_next_event_has_its_headers,
      errors_pass_word_for_word, an_init_error_is_the_answer_and_init_is_tried_again,
      requests_out_of_order_are_refused, an_event_reaches_whoever_asks_for_it_again,
      an_event_may_be_asked_for_on_several_connections,
      a_stream_may_end_after_the_next_event_was_asked_for,
      large_bodies_pass_and_larger_ones_are_refused, exits_and_timeouts_of_custom_runtimes_are_told,
      an_answer_that_is_read_late_is_in_time, a_bootstrap_must_be_executable,
      a_process_sees_lambdas_environment_and_nothing_else, function_processes_die_with_the_server,
      one_that_is_being_killed_is_given_no_event)
