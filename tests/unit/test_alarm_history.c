/* alarm_history: how much of it is kept. */
#include "alarms/history.h"
#include "support/directory.h"
#include "support/suite.h"

enum { KEPT = 100000, SURPLUS = 32, ADDED = 100, NOW_MS = 1000000 };

static const int64_t DAYS_30_MS = 30LL * 86400 * 1000;

static int64_t number_of(struct store *store, const char *sql)
{
    sqlite3_stmt *query = store_query(store, sql);
    ck_assert(store_step(store, query));
    int64_t number = sqlite3_column_int64(query, 0);
    sqlite3_reset(query);
    return number;
}

static void add(struct store *store, int64_t time_ms)
{
    struct error error = { 0 };
    const struct alarm_row row = { .key = { "1", "r", "a" } };
    CLEANUP(json_deletep) cJSON *data = cJSON_CreateObject();
    store_begin_call(store);
    alarm_history_add(store, &row, time_ms, ALARM_HISTORY_ACTION, "something", data);
    ck_assert(store_end_call(store, true, &error));
}

static void fill(struct store *store)
{
    struct error error = { 0 };
    store_begin_call(store);
    store_run(store, store_query(store, "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + "
                                        "1 FROM many WHERE n < 100000) INSERT INTO "
                                        "cloudwatch_alarm_history SELECT n, '1', 'r', 'a', 0, "
                                        "1000000, 'Action', 's', '{}' FROM many"));
    ck_assert(store_end_call(store, true, &error));
}

START_TEST(the_newest_are_kept_and_those_of_thirty_days)
{
    struct error error = { 0 };
    struct store *store = store_open(test_directory(), false, &error);
    ck_assert_ptr_nonnull(store);
    fill(store);
    for (int i = 0; i < ADDED; i++) {
        add(store, NOW_MS);
        int64_t count = number_of(store, "SELECT count(*) FROM cloudwatch_alarm_history");
        ck_assert_int_ge(count, KEPT);
        ck_assert_int_lt(count, KEPT + SURPLUS);
        ck_assert_int_eq(number_of(store, "SELECT max(place) FROM cloudwatch_alarm_history"),
                         KEPT + i + 1);
        ck_assert_int_gt(number_of(store, "SELECT min(place) FROM cloudwatch_alarm_history"),
                         i + 1 - SURPLUS);
    }
    add(store, NOW_MS + DAYS_30_MS + 1);
    ck_assert_int_eq(number_of(store, "SELECT count(*) FROM cloudwatch_alarm_history"), 1);
    store_close(store);
}
END_TEST

SUITE("alarm_history", the_newest_are_kept_and_those_of_thirty_days)
