#include "alarms/notification.h"

#include "timestamp.h"

enum { KEPT_MAX = 10000 };

static void forget_old(struct store *store)
{
    sqlite3_stmt *query =
        store_query(store, "DELETE FROM cloudwatch_notification WHERE place <= (SELECT max(place) "
                           "FROM cloudwatch_notification) - ?");
    store_bind_int(query, 1, KEPT_MAX);
    store_run(store, query);
}

void alarm_notification_add(struct store *store, const struct alarm_notification *notification,
                            int64_t time_ms)
{
    const struct alarm_row *row = notification->row;
    sqlite3_stmt *query =
        store_query(store, "INSERT INTO cloudwatch_notification (account, region, time_ms, alarm, "
                           "state, action, status, subject, message) VALUES (?, ?, ?, ?, ?, ?, ?, "
                           "?, ?)");
    store_bind_text(query, 1, row->key.account);
    store_bind_text(query, 2, row->key.region);
    store_bind_int(query, 3, time_ms);
    store_bind_text(query, 4, row->key.name);
    store_bind_text(query, 5, alarm_state_name(row->state));
    store_bind_text(query, 6, notification->action);
    store_bind_text(query, 7, notification->status);
    store_bind_text(query, 8, notification->subject);
    store_bind_text(query, 9, notification->message);
    store_run(store, query);
    forget_old(store);
}

cJSON *alarm_notification_list(struct store *store)
{
    static const char *const names[] = { "account", "region", "alarm",  "state",
                                         "action",  "status", "subject" };
    cJSON *list = cJSON_CreateArray();
    sqlite3_stmt *query =
        store_query(store, "SELECT time_ms, account, region, alarm, state, action, status, "
                           "subject, message FROM cloudwatch_notification ORDER BY place");
    while (store_step(store, query)) {
        char time[TIMESTAMP_SIZE];
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "time",
                      timestamp_print(sqlite3_column_int64(query, 0), TIMESTAMP_ISO_MS, time));
        for (int i = 0; i < (int)COUNT_OF(names); i++)
            json_set_text(item, names[i], store_text(query, i + 1));
        json_set_text(item, "message", store_text(query, 8));
        cJSON_AddItemToArray(list, item);
    }
    return list;
}
