/* dispatch: what becomes of what a call has written, and who hears of its end. */
#include "operation/operation.h"
#include "store/store.h"
#include "support/call.h"
#include "support/directory.h"
#include "support/suite.h"

static const struct fault refused = { .code = "Refused", .status = 400 };
static const struct fault invalid = { .code = "Invalid", .status = 400 };
static const struct fault internal = { .code = "Internal", .status = 500 };
static const struct service service = { .name = "test",
                                        .validation_fault = &invalid,
                                        .internal_fault = &internal };
static const struct field fields[] = {
    { .name = "Name", .type = FIELD_STRING, .is_required = true },
    { 0 },
};

static struct store *store;
static int handled;
static int finished;
static enum outcome ended;

static void on_finish(struct call *call UNUSED, enum outcome outcome)
{
    finished++;
    ended = outcome;
}

static void insert(struct call *call)
{
    sqlite3_stmt *query = store_query(call->store, "INSERT INTO setting VALUES (?, 'x')");
    store_bind_text(query, 1, json_text(call->input, "Name", NULL));
    store_run(call->store, query);
    handled++;
}

static enum outcome write_it(struct call *call)
{
    insert(call);
    return OUTCOME_OK;
}

static enum outcome write_and_refuse(struct call *call)
{
    insert(call);
    return call_fault(call, &refused, "no");
}

static enum outcome write_and_fail(struct call *call)
{
    insert(call);
    return OUTCOME_FAULT;
}

static enum outcome wait(struct call *call UNUSED)
{
    handled++;
    return OUTCOME_LATER;
}

static int count(void)
{
    sqlite3_stmt *query = store_query(store, "SELECT count(*) FROM setting");
    ck_assert(store_step(store, query));
    int rows = sqlite3_column_int(query, 0);
    sqlite3_reset(query);
    return rows;
}

static void set_up(void)
{
    struct error error = { 0 };
    store = store_open(test_directory(), false, &error);
    ck_assert_msg(store != NULL, "%s", error.message);
}

/* `name` may be NULL. The caller discards it. */
static struct call make_call(const struct operation *operation, const char *name)
{
    struct call call = { .service = &service,
                         .operation = operation,
                         .store = store,
                         .input = cJSON_CreateObject(),
                         .on_finish = on_finish };
    json_set_text(call.input, "Name", name);
    handled = 0;
    finished = 0;
    return call;
}

static void assert_end(const struct call *call, enum outcome outcome, const struct fault *fault)
{
    ck_assert_int_eq(finished, 1);
    ck_assert_int_eq(ended, outcome);
    ck_assert_ptr_eq(call->error.fault, fault);
}

START_TEST(what_a_call_has_written_stays_only_if_it_succeeds)
{
    static const struct {
        operation_handler *handle;
        const char *name;
        enum outcome outcome;
        const struct fault *fault;
        int handled;
        int rows;
    } rows[] = {
        { write_it, "a", OUTCOME_OK, NULL, 1, 1 },
        { write_and_refuse, "b", OUTCOME_FAULT, &refused, 1, 1 },
        { write_and_fail, "c", OUTCOME_FAULT, &internal, 1, 1 }, /* and gives no reason */
        { write_it, "a", OUTCOME_FAULT, &internal, 1, 1 },       /* the database refuses the key */
        { write_it, NULL, OUTCOME_FAULT, &invalid, 0, 1 },
        { write_it, "d", OUTCOME_OK, NULL, 1, 2 },
    };
    set_up();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct operation operation = {
            .name = "Write", .flags = OPERATION_WRITES, .input = fields, .handle = rows[i].handle
        };
        struct call call = make_call(&operation, rows[i].name);
        dispatch(&call);
        assert_end(&call, rows[i].outcome, rows[i].fault);
        ck_assert_msg(handled == rows[i].handled && count() == rows[i].rows, "row %zu", i);
        call_discard(&call);
    }
    store_close(store);
}
END_TEST

/* As if there were no row: the statement fails. */
static enum outcome read_and_find_nothing(struct call *call)
{
    sqlite3_stmt *query = store_query(call->store, "SELECT json('damaged')");
    return store_has_row(call->store, query) ? OUTCOME_OK : call_fault(call, &refused, "gone");
}

static enum outcome read_it(struct call *call UNUSED)
{
    count();
    return OUTCOME_OK;
}

START_TEST(what_cannot_be_read_is_not_gone)
{
    static const struct {
        operation_handler *handle;
        enum outcome outcome;
        const struct fault *fault;
    } rows[] = {
        { read_and_find_nothing, OUTCOME_FAULT, &internal },
        { read_it, OUTCOME_OK, NULL },
    };
    set_up();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct operation operation = { .name = "Read",
                                             .input = fields,
                                             .handle = rows[i].handle };
        struct call call = make_call(&operation, "a");
        dispatch(&call);
        assert_end(&call, rows[i].outcome, rows[i].fault);
        call_discard(&call);
    }
    store_close(store);
}
END_TEST

START_TEST(a_call_that_waits_is_ended_by_who_goes_on_with_it)
{
    const struct operation operation = {
        .name = "Wait", .flags = OPERATION_WRITES, .input = fields, .handle = wait
    };
    set_up();
    struct call call = make_call(&operation, "a");
    dispatch(&call);
    ck_assert_int_eq(handled, 1);
    ck_assert_int_eq(finished, 0);
    call_continue(&call, write_it);
    assert_end(&call, OUTCOME_OK, NULL);
    ck_assert_int_eq(count(), 1);
    call_discard(&call);
    store_close(store);
}
END_TEST

START_TEST(who_writes_only_at_times_opens_no_turn_otherwise)
{
    const struct operation operation = { .name = "Look", .input = fields, .handle = wait };
    set_up();
    struct call call = make_call(&operation, "a");
    dispatch(&call);
    ck_assert(!store_is_dirty(store));
    ck_assert_int_eq(call_write(&call, write_and_refuse), OUTCOME_FAULT);
    ck_assert_int_eq(count(), 0);
    error_clear(&call.error);
    ck_assert_int_eq(call_write(&call, write_it), OUTCOME_OK);
    ck_assert_int_eq(count(), 1);
    ck_assert(store_is_dirty(store));
    ck_assert_int_eq(finished, 0);
    call_discard(&call);
    store_close(store);
}
END_TEST

SUITE("dispatch", what_a_call_has_written_stays_only_if_it_succeeds,
      what_cannot_be_read_is_not_gone, a_call_that_waits_is_ended_by_who_goes_on_with_it,
      who_writes_only_at_times_opens_no_turn_otherwise)
