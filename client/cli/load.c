#include "cli/load.h"

#include <string.h>

#include "cli/output.h"
#include "statistics/statistics.h"

enum { MS_PER_SECOND = 1000 };

struct observation load_observation(const struct load *load, const struct traffic *traffic)
{
    const struct version_evidence *canary = traffic_version(traffic, load->canary);
    const struct version_evidence *base = traffic_version(traffic, load->base);
    return (struct observation){ (unsigned)canary->requests, (unsigned)canary->errors,
                                 (unsigned)base->requests, (unsigned)base->errors };
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void show_progress(const struct load *load, const struct traffic *traffic)
{
    struct observation seen = load_observation(load, traffic);
    if (!*load->canary) {
        progress("%3llds left  %u sent  %u failed  p95 %.1f ms",
                 (long long)(traffic->left_ms / MS_PER_SECOND), traffic->sent, seen.base_errors,
                 version_latency_ms(traffic_version(traffic, load->base), 0.95));
        return;
    }
    unsigned all = seen.requests + seen.base_requests;
    struct interval interval = clopper_pearson(seen.requests, all, 0.95);
    progress("%3llds left  v%s %u  v%s %u  split %.1f %% [%.1f, %.1f]  errors %u, %u  p95 %.1f ms",
             (long long)(traffic->left_ms / MS_PER_SECOND), load->base, seen.base_requests,
             load->canary, seen.requests, percent(seen.requests, all), 100 * interval.low,
             100 * interval.high, seen.base_errors, seen.errors,
             version_latency_ms(traffic_version(traffic, load->canary), 0.95));
}

static bool go_on(const struct traffic *traffic, void *owner)
{
    struct load *load = owner;
    show_progress(load, traffic);
    if (load->policy && load->judgement.verdict == VERDICT_CONTINUE) {
        struct observation seen = load_observation(load, traffic);
        load->judgement = judge_running(&seen, load->policy);
    }
    return load->judgement.verdict == VERDICT_CONTINUE && !is_interrupted();
}

void load_run(struct session *session, struct load *load, struct traffic *traffic_out)
{
    const struct options *options = load->options;
    struct traffic_plan plan = {
        .function = options->function,
        .qualifier = options->alias ? options->alias : options->qualifier,
        .payload = text_from(session->payload),
        .rate = options->rate,
        .duration_ms = options->duration_ms,
        .concurrency = options->concurrency,
    };
    load->judgement = (struct judgement){ .verdict = VERDICT_CONTINUE };
    traffic_run(&session->api, &plan, go_on, load, traffic_out);
    progress_end();
}

static void report_version(cJSON *list, const struct version_evidence *count, unsigned all)
{
    if (count->requests == 0)
        return;
    say("  %-8s %9llu %7.1f %% %7llu %8.1f %% %9.1f ms %9.1f ms", count->version,
        (unsigned long long)count->requests, percent(count->requests, all),
        (unsigned long long)count->errors, percent(count->errors, count->requests),
        version_latency_ms(count, 0.5), version_latency_ms(count, 0.95));
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "version", count->version);
    json_set_double(item, "requests", (double)count->requests);
    json_set_double(item, "errors", (double)count->errors);
    json_set_double(item, "p50Ms", version_latency_ms(count, 0.5));
    json_set_double(item, "p95Ms", version_latency_ms(count, 0.95));
    cJSON_AddItemToArray(list, item);
}

void load_report(const struct load *load, const struct traffic *traffic)
{
    cJSON *report = json_set_object(facts(), "traffic");
    json_set_double(report, "sent", traffic->sent);
    json_set_double(report, "answered", traffic->answered);
    json_set_double(report, "throttled", traffic->throttled);
    json_set_double(report, "failed", traffic->failed);
    json_set_double(report, "elapsedMs", (double)traffic->elapsed_ms);
    cJSON *list = json_set_array(report, "versions");
    say("  %-8s %9s %9s %7s %10s %12s %12s", "version", "requests", "share", "errors", "error rate",
        "p50", "p95");
    /* The old version first, then the new one, then what an alias changed meanwhile may bring. */
    report_version(list, traffic_version(traffic, load->base), traffic->answered);
    if (*load->canary)
        report_version(list, traffic_version(traffic, load->canary), traffic->answered);
    for (size_t i = 0; i < traffic->version_count; i++) {
        const struct version_evidence *count = &traffic->versions[i];
        if (strcmp(count->version, load->base) != 0 && strcmp(count->version, load->canary) != 0)
            report_version(list, count, traffic->answered);
    }
    if (traffic->throttled)
        say("  %u requests were throttled (429); they count for no version.", traffic->throttled);
    if (traffic->failed)
        say("  %u requests got no answer; the last one: %s", traffic->failed,
            traffic->last_failure);
    if (!*load->canary)
        return;
    struct observation seen = load_observation(load, traffic);
    const struct policy policy = { .weight = load->weight };
    double chance = judge_split(&seen, &policy);
    unsigned all = seen.requests + seen.base_requests;
    struct interval interval = clopper_pearson(seen.requests, all, 0.95);
    cJSON *split = json_set_object(report, "split");
    json_set_double(split, "configured", load->weight);
    json_set_double(split, "observed", all ? (double)seen.requests / all : 0);
    json_set_double(split, "low", interval.low);
    json_set_double(split, "high", interval.high);
    json_set_double(split, "pValue", chance);
    say("  Version %s got %.1f %% of the traffic [%.1f, %.1f], configured %.4g %%: %s (p = %.2g).",
        load->canary, percent(seen.requests, all), 100 * interval.low, 100 * interval.high,
        100 * load->weight,
        chance < SPLIT_ALARM ? "THAT DOES NOT FIT THE WEIGHT" : "as it should be", chance);
}
