#include "traffic/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "aws/lambda_api.h"
#include "url.h"
#include "xalloc.h"

enum { LOOK_INTERVAL_US = 200000, POLL_MAX_MS = 100, US_PER_MS = 1000 };

struct slot {
    CURL *handle;
    struct curl_slist *headers;
    struct api_response response;
    int64_t due_us;
    bool is_busy;
};

struct run {
    const struct api *api;
    const struct traffic_plan *plan;
    struct traffic *traffic;
    CURLM *multi;
    struct slot *slots;
    size_t busy;
    char *path;
    char *query;
    int64_t start_us;
};

static struct version_evidence *count_of(struct traffic *traffic, const char *version)
{
    for (size_t i = 0; i < traffic->version_count; i++) {
        if (strcmp(traffic->versions[i].version, version) == 0)
            return &traffic->versions[i];
    }
    if (traffic->version_count == TRAFFIC_VERSIONS_MAX)
        return NULL;
    struct version_evidence *count = &traffic->versions[traffic->version_count++];
    snprintf(count->version, sizeof(count->version), "%s", version);
    return count;
}

static void count_answer(struct traffic *traffic, const struct slot *slot)
{
    struct version_evidence *count = count_of(traffic, slot->response.executed_version);
    if (!count)
        return;
    count->requests++;
    histogram_add(&count->latency, clock_monotonic_us() - slot->due_us);
    count->errors += slot->response.is_function_error;
    traffic->answered++;
}

static void finish_slot(struct run *run, struct slot *slot, CURLcode code)
{
    struct traffic *traffic = run->traffic;
    api_finish(slot->handle, code, &slot->response);
    if (slot->response.status == 200) {
        count_answer(traffic, slot);
    } else if (slot->response.status == 429) {
        traffic->throttled++;
    } else {
        traffic->failed++;
        snprintf(traffic->last_failure, sizeof(traffic->last_failure), "%s",
                 slot->response.message ? slot->response.message : "");
    }
    curl_multi_remove_handle(run->multi, slot->handle);
    curl_slist_free_all(slot->headers);
    api_response_clear(&slot->response);
    slot->is_busy = false;
    run->busy--;
}

static struct slot *idle_slot(struct run *run)
{
    for (int64_t i = 0; i < run->plan->concurrency; i++) {
        if (!run->slots[i].is_busy)
            return &run->slots[i];
    }
    return NULL;
}

static void send_request(struct run *run, struct slot *slot, int64_t due_us)
{
    struct api_request request = { .service = API_LAMBDA,
                                   .method = "POST",
                                   .path = run->path,
                                   .query = run->query,
                                   .body = run->plan->payload };
    if (!slot->handle)
        slot->handle = curl_easy_init();
    if (!slot->handle)
        abort();
    buffer_init(&slot->response.body, 64 << 20);
    slot->headers = api_prepare(run->api, slot->handle, &request, &slot->response);
    curl_easy_setopt(slot->handle, CURLOPT_PRIVATE, slot);
    slot->due_us = due_us;
    slot->is_busy = true;
    run->busy++;
    run->traffic->sent++;
    curl_multi_add_handle(run->multi, slot->handle);
}

static int64_t due_time_us(const struct run *run, unsigned number)
{
    return run->start_us + (int64_t)(number * 1e6 / run->plan->rate);
}

/* Without pace everything is due at once, and latency counts from the sending. */
static bool is_due(const struct run *run, int64_t due_us)
{
    return run->plan->is_unpaced || due_us <= clock_monotonic_us();
}

static void send_due(struct run *run)
{
    int64_t end_us = run->start_us + run->plan->duration_ms * US_PER_MS;
    struct slot *slot;
    for (;;) {
        int64_t due_us = due_time_us(run, run->traffic->sent);
        if (due_us >= end_us || !is_due(run, due_us) || !(slot = idle_slot(run)))
            return;
        send_request(run, slot, run->plan->is_unpaced ? clock_monotonic_us() : due_us);
    }
}

static void take_answers(struct run *run)
{
    int running;
    int left;
    CURLMsg *message;
    curl_multi_perform(run->multi, &running);
    while ((message = curl_multi_info_read(run->multi, &left))) {
        struct slot *slot = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        finish_slot(run, slot, message->data.result);
    }
}

static void update_times(struct run *run)
{
    struct traffic *traffic = run->traffic;
    traffic->elapsed_ms = (clock_monotonic_us() - run->start_us) / US_PER_MS;
    traffic->left_ms = run->plan->duration_ms - traffic->elapsed_ms;
    if (run->plan->is_unpaced)
        traffic->left_ms =
            due_time_us(run, traffic->sent) - run->start_us < run->plan->duration_ms * US_PER_MS;
    if (traffic->left_ms < 0)
        traffic->left_ms = 0;
}

static int poll_time_ms(const struct run *run)
{
    int64_t due_us = due_time_us(run, run->traffic->sent) - clock_monotonic_us();
    if (run->plan->is_unpaced || run->traffic->left_ms == 0 || due_us > POLL_MAX_MS * US_PER_MS)
        return POLL_MAX_MS;
    return due_us < 0 ? 1 : (int)(due_us / US_PER_MS);
}

static void run_loop(struct run *run, bool (*go_on)(const struct traffic *traffic, void *owner),
                     void *owner)
{
    int64_t looked_us = run->start_us;
    bool is_sending = true;
    while (is_sending || run->busy) {
        update_times(run);
        if (is_sending)
            send_due(run);
        take_answers(run);
        if (clock_monotonic_us() - looked_us > LOOK_INTERVAL_US) {
            looked_us = clock_monotonic_us();
            run->traffic->was_stopped |= !go_on(run->traffic, owner);
        }
        is_sending = !run->traffic->was_stopped && run->traffic->left_ms > 0;
        if (is_sending || run->busy)
            curl_multi_poll(run->multi, NULL, 0, poll_time_ms(run), NULL);
    }
    update_times(run);
    go_on(run->traffic, owner);
}

void traffic_run(const struct api *api, const struct traffic_plan *plan,
                 bool (*go_on)(const struct traffic *traffic, void *owner), void *owner,
                 struct traffic *traffic_out)
{
    *traffic_out = (struct traffic){ .left_ms = plan->duration_ms };
    struct run run = { .api = api, .plan = plan, .traffic = traffic_out };
    struct buffer query = { 0 };
    buffer_add_string(&query, "Qualifier=");
    url_encode(&query, text_from(plan->qualifier), false);
    run.query = buffer_take(&query, NULL);
    run.path = lambda_invoke_path(plan->function);
    run.slots = xcalloc((size_t)plan->concurrency, sizeof(*run.slots));
    run.multi = curl_multi_init();
    if (!run.multi)
        abort();
    curl_multi_setopt(run.multi, CURLMOPT_MAXCONNECTS, (long)plan->concurrency);
    run.start_us = clock_monotonic_us();
    run_loop(&run, go_on, owner);
    for (int64_t i = 0; i < plan->concurrency; i++)
        curl_easy_cleanup(run.slots[i].handle);
    curl_multi_cleanup(run.multi);
    free(run.slots);
    free(run.path);
    free(run.query);
}

void traffic_clear(struct traffic *traffic)
{
    for (size_t i = 0; i < traffic->version_count; i++)
        version_evidence_clear(&traffic->versions[i]);
    *traffic = (struct traffic){ 0 };
}

const struct version_evidence *traffic_version(const struct traffic *traffic, const char *version)
{
    static const struct version_evidence none;
    for (size_t i = 0; i < traffic->version_count; i++) {
        if (strcmp(traffic->versions[i].version, version) == 0)
            return &traffic->versions[i];
    }
    return &none;
}

double version_latency_ms(const struct version_evidence *count, double share)
{
    return (double)histogram_quantile_us(&count->latency, share) / US_PER_MS;
}
