#include "cli/traffic_summary.h"

#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "cli/split.h"
#include "report/facts.h"
#include "statistics/statistics.h"
#include "xalloc.h"

enum { MS_PER_SECOND = 1000, US_PER_MS = 1000, LAG_WORTH_TELLING_US = 1000, CELL_SIZE = 48 };

static const double confidence = 0.95;

void traffic_progress(const struct traffic *traffic, const struct lambda_alias *alias)
{
    struct buffer line = { 0 };
    double elapsed_s = (double)traffic->elapsed_ms / MS_PER_SECOND;
    buffer_add_format(&line, "%lld s left  %u sent, %.0f/s",
                      (long long)((traffic->left_ms + MS_PER_SECOND - 1) / MS_PER_SECOND),
                      traffic->sent, elapsed_s > 0 ? traffic->sent / elapsed_s : 0);
    for (size_t i = 0; i < traffic->version_count; i++) {
        const struct version_evidence *version = &traffic->versions[i];
        struct interval share = clopper_pearson(version->requests, traffic->answered, confidence);
        buffer_add_format(&line, "  v%s %llu", version->version,
                          (unsigned long long)version->requests);
        if (strcmp(version->version, alias->routed_version) == 0)
            buffer_add_format(&line, " = %.1f %% [%.1f, %.1f]",
                              100 * share_of(version->requests, traffic->answered), 100 * share.low,
                              100 * share.high);
        buffer_add_format(&line, " errors %llu p99 %.1f ms", (unsigned long long)version->errors,
                          version_latency_ms(version, 0.99));
    }
    if (traffic->throttled + traffic->failed)
        buffer_add_format(&line, "  throttled %u failed %u", traffic->throttled, traffic->failed);
    progress("%s", buffer_text(&line).data);
    buffer_clear(&line);
}

static void print_share(char cell_out[CELL_SIZE], uint64_t part, uint64_t whole)
{
    struct interval interval = clopper_pearson(part, whole, confidence);
    snprintf(cell_out, CELL_SIZE, "%.2f %% [%.2f, %.2f]", 100 * share_of(part, whole),
             100 * interval.low, 100 * interval.high);
}

static const char *name_of(const struct version_evidence *version)
{
    return *version->version ? version->version : "(none)";
}

static void say_counts(const struct version_evidence *version, unsigned all)
{
    char share[CELL_SIZE];
    char errors[CELL_SIZE];
    print_share(share, version->requests, all);
    print_share(errors, version->errors, version->requests);
    say("  %-8s %9llu %24s %7llu %24s", name_of(version), (unsigned long long)version->requests,
        share, (unsigned long long)version->errors, errors);
}

static void say_latencies(const struct version_evidence *version)
{
    say("  %-8s %9.1f %9.1f %9.1f %9.1f", name_of(version), version_latency_ms(version, 0.5),
        version_latency_ms(version, 0.9), version_latency_ms(version, 0.99),
        version_latency_ms(version, 1));
}

static cJSON *version_facts(const struct version_evidence *version, const struct traffic *traffic)
{
    unsigned all = traffic->answered;
    cJSON *item = version_evidence_json(version);
    cJSON_DeleteItemFromObject(item, "latency");
    cJSON_DeleteItemFromObject(item, "coldStarts");
    if (traffic->counts_cold)
        json_set_double(item, "coldStarts", (double)version->cold_starts);
    json_set_text(item, "version", version->version);
    json_set(item, "share", share_json(version->requests, all));
    json_set(item, "errorRate", share_json(version->errors, version->requests));
    json_set(item, "latencyMs", latency_json(&version->latency));
    return item;
}

/* The old version first, then the new one, then what a changed alias may have brought. */
static int rank_of(const struct version_evidence *version, const struct lambda_alias *alias)
{
    return strcmp(version->version, alias->version) == 0          ? 0
           : strcmp(version->version, alias->routed_version) == 0 ? 1
                                                                  : 2;
}

/* Two tables, as one would be wider than a terminal. */
static void tell_versions(const struct traffic *traffic, const struct lambda_alias *alias,
                          cJSON *list)
{
    const struct version_evidence *sorted[COUNT_OF(traffic->versions)];
    size_t count = 0;
    for (int rank = 0; rank <= 2; rank++) {
        for (size_t i = 0; i < traffic->version_count; i++) {
            if (rank_of(&traffic->versions[i], alias) == rank)
                sorted[count++] = &traffic->versions[i];
        }
    }
    if (count == 0)
        return;
    say("  %-8s %9s %24s %7s %24s", "version", "requests", "share", "errors", "error rate");
    for (size_t i = 0; i < count; i++)
        say_counts(sorted[i], traffic->answered);
    say("  %-8s %9s %9s %9s %9s", "latency", "p50 ms", "p90 ms", "p99 ms", "max ms");
    for (size_t i = 0; i < count; i++)
        say_latencies(sorted[i]);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, version_facts(sorted[i], traffic));
}

static void tell_cold_starts(const struct traffic *traffic)
{
    for (size_t i = 0; traffic->counts_cold && i < traffic->version_count; i++)
        say("  Cold starts of version %s: %llu.", traffic->versions[i].version,
            (unsigned long long)traffic->versions[i].cold_starts);
}

static void tell_remarks(const struct traffic *traffic)
{
    int64_t lag_us = histogram_quantile_us(&traffic->lag, 0.99);
    if (traffic->throttled)
        say("  %u requests were throttled (429); they count for no version.", traffic->throttled);
    if (traffic->failed)
        say("  %u requests got no good answer; the last one: %s%s", traffic->failed,
            traffic->last_failure, full_stop(traffic->last_failure));
    if (traffic->abandoned)
        say("  %u requests were under way when it was stopped, and were not waited for.",
            traffic->abandoned);
    if (traffic->late + traffic->unsent)
        say("  The concurrency was too small for this rate: %u requests left late (their latency "
            "counts from when they were due), %u were due and never sent.",
            traffic->late, traffic->unsent);
    if (lag_us > LAG_WORTH_TELLING_US)
        say("  This machine is busy: 1 %% of the requests left %.1f ms or more after their time.",
            (double)lag_us / US_PER_MS);
}

static bool tell_split(const struct traffic *traffic, const struct lambda_alias *alias,
                       cJSON *report)
{
    uint64_t canary = traffic_version(traffic, alias->routed_version)->requests;
    uint64_t all = canary + traffic_version(traffic, alias->version)->requests;
    if (!*alias->routed_version || all == 0)
        return true;
    struct split seen = split_of(canary, all, alias->weight);
    cJSON *split = json_set_object(report, "split");
    json_set_double(split, "configured", seen.weight);
    json_set(split, "observed", share_json(canary, all));
    json_set_double(split, "pValue", seen.chance);
    json_set_bool(split, "fits", seen.fits);
    say_split(&seen, alias->routed_version);
    return seen.fits;
}

bool traffic_summary(const struct traffic *traffic, const struct lambda_alias *alias)
{
    cJSON *report = json_set_object(facts(), "traffic");
    double elapsed_s = (double)traffic->elapsed_ms / MS_PER_SECOND;
    json_set_double(report, "sent", traffic->sent);
    json_set_double(report, "answered", traffic->answered);
    json_set_double(report, "throttled", traffic->throttled);
    json_set_double(report, "failed", traffic->failed);
    if (traffic->failed)
        json_set_text(report, "lastFailure", traffic->last_failure);
    json_set_double(report, "abandoned", traffic->abandoned);
    json_set_double(report, "late", traffic->late);
    json_set_double(report, "unsent", traffic->unsent);
    json_set_double(report, "lagP99Ms",
                    (double)histogram_quantile_us(&traffic->lag, 0.99) / US_PER_MS);
    json_set_double(report, "elapsedMs", (double)traffic->elapsed_ms);
    json_set_bool(report, "wasStopped", traffic->was_stopped);
    say("%s %u requests in %.1f s (%.1f/s), %u answered%c",
        traffic->was_stopped ? "Stopped after" : "Sent", traffic->sent, elapsed_s,
        elapsed_s > 0 ? traffic->sent / elapsed_s : 0, traffic->answered,
        traffic->version_count > 0 ? ':' : '.');
    tell_versions(traffic, alias, json_set_array(report, "versions"));
    tell_cold_starts(traffic);
    tell_remarks(traffic);
    return tell_split(traffic, alias, report);
}
