#include "lambda/delivery.h"

#include "buffer.h"
#include "clock.h"
#include "lambda/event_invoke_config.h"
#include "lambda/metric_point.h"
#include "lambda/target.h"
#include "log.h"
#include "timestamp.h"
#include "xalloc.h"

enum { KEPT_MAX = 10000, ERROR_MESSAGE_MAX = 1024, HTTP_OK = 200 };

static const char *const conditions[] = {
    [DELIVERY_SUCCESS] = "Success",
    [DELIVERY_RETRIES_EXHAUSTED] = "RetriesExhausted",
    [DELIVERY_EVENT_AGE_EXCEEDED] = "EventAgeExceeded",
    [DELIVERY_ZERO_RESERVED_CONCURRENCY] = "ZeroReservedConcurrency",
};

/* A payload as a JSON value; what is none (a custom runtime may answer anything) as a text. */
static void set_payload(cJSON *record, const char *name, struct text payload)
{
    struct json_fault fault;
    CLEANUP(buffer_clear) struct buffer text = { 0 };
    buffer_add_as_utf8(&text, payload);
    const char *string = text.data ? text.data : "";
    json_set(record, name,
             json_check(payload, &fault) ? cJSON_CreateRaw(string) : cJSON_CreateString(string));
}

static void set_response(cJSON *record, const struct delivery *delivery)
{
    const struct invocation_result *result = delivery->result;
    cJSON *context = json_set_object(record, "responseContext");
    json_set_double(context, "statusCode", HTTP_OK);
    json_set_text(context, "executedVersion", delivery->executed_version);
    if (result->end != INVOCATION_OK)
        json_set_text(context, "functionError", "Unhandled");
    set_payload(record, "responsePayload", (struct text){ result->payload, result->payload_size });
}

/* The invocation record (lambda-api.md section 7.2), compact JSON, owned by the caller. */
static char *invocation_record(const struct delivery *delivery, int64_t now_ms)
{
    char time[TIMESTAMP_SIZE];
    struct arena arena = { 0 };
    const struct lambda_event *event = delivery->event;
    CLEANUP(json_deletep) cJSON *record = cJSON_CreateObject();
    json_set_text(record, "version", "1.0");
    json_set_text(record, "timestamp", timestamp_print(now_ms, TIMESTAMP_ISO_MS, time));
    cJSON *context = json_set_object(record, "requestContext");
    json_set_text(context, "requestId", event->request_id);
    json_set_text(context, "functionArn",
                  function_arn(&arena, &event->function.key, function_qualifier(&event->function)));
    json_set_text(context, "condition", conditions[delivery->condition]);
    json_set_double(context, "approximateInvokeCount", delivery->invoke_count);
    set_payload(record, "requestPayload", event->payload);
    if (delivery->result)
        set_response(record, delivery);
    arena_clear(&arena);
    return json_print(record);
}

/* What a dead-letter queue gets: the event itself and three attributes (section 7.3). */
static char *dead_letter_record(const struct delivery *delivery)
{
    const struct lambda_event *event = delivery->event;
    const struct invocation_result *result = delivery->result;
    CLEANUP(json_deletep) cJSON *record = cJSON_CreateObject();
    CLEANUP(freep) char *body = xstrndup(event->payload.data, event->payload.size);
    json_set_text(record, "body", body);
    cJSON *attributes = json_set_object(record, "messageAttributes");
    json_set_text(attributes, "RequestID", event->request_id);
    json_set_text(attributes, "ErrorCode", "200");
    CLEANUP(json_deletep)
    cJSON *error =
        result ? json_parse_mended((struct text){ result->payload, result->payload_size }) : NULL;
    const char *message = json_text(error, "errorMessage", conditions[delivery->condition]);
    CLEANUP(freep) char *cut = xstrndup(message, ERROR_MESSAGE_MAX);
    text_mend_utf8(cut);
    json_set_text(attributes, "ErrorMessage", cut);
    return json_print(record);
}

static void keep(struct store *store, const struct delivery *delivery, const char *kind,
                 const char *destination, const char *status, const char *record)
{
    struct arena arena = { 0 };
    const struct function_key *key = &delivery->event->function.key;
    sqlite3_stmt *query = store_query(
        store, "INSERT INTO lambda_delivery (account, region, time_ms, kind, function_arn, "
               "destination, status, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    store_bind_text(query, 1, key->account);
    store_bind_text(query, 2, key->region);
    store_bind_int(query, 3, clock_now_ms());
    store_bind_text(query, 4, kind);
    store_bind_text(query, 5,
                    function_arn(&arena, key, function_qualifier(&delivery->event->function)));
    store_bind_text(query, 6, destination);
    store_bind_text(query, 7, status);
    store_bind_text(query, 8, record);
    store_run(store, query);
    sqlite3_stmt *trim =
        store_query(store, "DELETE FROM lambda_delivery WHERE place <= (SELECT max(place) FROM "
                           "lambda_delivery) - ?");
    store_bind_int(trim, 1, KEPT_MAX);
    store_run(store, trim);
    arena_clear(&arena);
}

static void send_record(struct lambda *lambda, const struct delivery *delivery, const char *kind,
                        const char *destination)
{
    static const char *const statuses[] = { [LAMBDA_EVENT_QUEUED] = "invoked",
                                            [LAMBDA_EVENT_NO_FUNCTION] = "failed",
                                            [LAMBDA_EVENT_OTHER_TARGET] = "kept" };
    const struct function_key *key = &delivery->event->function.key;
    CLEANUP(freep) char *record = invocation_record(delivery, clock_now_ms());
    struct lambda_event_order order = { key->account, key->region, destination, text_from(record),
                                        delivery->event->trace_id };
    enum lambda_event_verdict verdict = lambda_send_event(lambda, &order);
    if (verdict == LAMBDA_EVENT_NO_FUNCTION) {
        struct metric_point point = { key, "DestinationDeliveryFailures", "Count", 1 };
        metric_point_publish(lambda, &point);
    } else if (verdict == LAMBDA_EVENT_OTHER_TARGET) {
        log_info("lambda", "a record for %s is kept: GET /_coalmine/destinations", destination);
    }
    keep(lambda->parts.store, delivery, kind, destination, statuses[verdict], record);
}

static void send_dead_letter(struct lambda *lambda, const struct delivery *delivery)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const struct target *target = target_get(lambda, &delivery->event->function, &error);
    if (!target || !target->dead_letter_arn)
        return;
    CLEANUP(freep) char *record = dead_letter_record(delivery);
    keep(lambda->parts.store, delivery, "DeadLetter", target->dead_letter_arn, "kept", record);
}

void delivery_send(struct lambda *lambda, const struct delivery *delivery)
{
    struct arena arena = { 0 };
    struct event_invoke_config config;
    bool is_success = delivery->condition == DELIVERY_SUCCESS;
    const struct lambda_event *event = delivery->event;
    if (event_invoke_config_find(lambda->parts.store, &event->function.key,
                                 function_qualifier(&event->function), &arena, &config)) {
        const char *destination = is_success ? config.on_success : config.on_failure;
        if (destination)
            send_record(lambda, delivery, is_success ? "OnSuccess" : "OnFailure", destination);
    }
    if (!is_success)
        send_dead_letter(lambda, delivery);
    arena_clear(&arena);
}

cJSON *delivery_list(struct store *store)
{
    static const char *const names[] = { "kind", "functionArn", "destination", "status" };
    cJSON *list = cJSON_CreateArray();
    sqlite3_stmt *query =
        store_query(store, "SELECT time_ms, kind, function_arn, destination, status, record FROM "
                           "lambda_delivery ORDER BY place");
    while (store_step(store, query)) {
        char time[TIMESTAMP_SIZE];
        cJSON *item = cJSON_CreateObject();
        json_set_text(item, "time",
                      timestamp_print(sqlite3_column_int64(query, 0), TIMESTAMP_ISO_MS, time));
        for (int i = 0; i < (int)COUNT_OF(names); i++)
            json_set_text(item, names[i], store_text(query, i + 1));
        json_set(item, "record", cJSON_CreateRaw(store_text(query, 5)));
        cJSON_AddItemToArray(list, item);
    }
    return list;
}
