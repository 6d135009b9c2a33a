/*
 * canary traffic: sends requests through an alias, or to a version, and shows who answered.
 */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/traffic_summary.h"
#include "random.h"
#include "traffic/payloads.h"

enum { CONCURRENCY_MAX = 10000 };

struct sending {
    struct api *api;
    const struct lambda_alias *alias;
};

static enum traffic_word ask(const struct traffic *traffic, void *owner)
{
    struct sending *sending = owner;
    api_renew_in_time(sending->api); /* it may last longer than they do */
    traffic_progress(traffic, sending->alias);
    return is_interrupted() ? TRAFFIC_LEAVE : TRAFFIC_GO_ON;
}

static int refuse(const char *sentence)
{
    complain("%s", sentence);
    return EXIT_USAGE;
}

static int check_options(const struct options *options)
{
    if (!says_whom(options))
        return EXIT_USAGE;
    if (options->concurrency < 1 || options->concurrency > CONCURRENCY_MAX)
        return refuse("--concurrency is from 1 to 10000");
    if (options->duration_ms < 1)
        return refuse("--duration is too short to send anything");
    if (options->payload_file && options->payload_lines)
        return refuse("say either --payload-file or --payload-lines");
    return EXIT_DONE;
}

/* Whom the alias sends requests to; without one nobody is expected. */
static bool find_split(struct session *session, struct lambda_alias *alias_out)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const struct options *options = &session->options;
    if (!options->alias ||
        read_alias(session, options->function, options->alias, alias_out, &error))
        return true;
    complain("%s", error.message);
    return false;
}

static int send_traffic(struct session *session, const struct payloads *payloads)
{
    struct lambda_alias alias = { 0 };
    const struct options *options = &session->options;
    if (!find_split(session, &alias))
        return EXIT_FAILED;
    const struct traffic_plan plan = {
        .function = options->function,
        .qualifier = options->alias ? options->alias : qualifier_of(options),
        .payload = text_from(session->payload),
        .payloads = payloads->items,
        .payload_count = payloads->count,
        .is_random_payload = options->is_random_payload,
        .rate = options->rate,
        .arrivals = *options->arrivals == 'p' ? ARRIVALS_POISSON : ARRIVALS_CONSTANT,
        .ramp_ms = options->ramp_ms,
        .duration_ms = options->duration_ms,
        .concurrency = options->concurrency,
        .is_unpaced = options->is_unpaced,
        .counts_cold = options->counts_cold,
    };
    struct sending sending = { &session->api, &alias };
    struct traffic traffic;
    traffic_run(&session->api, &plan, ask, &sending, &traffic);
    progress_end();
    bool is_good = traffic_summary(&traffic, &alias) && traffic.answered > 0 && !traffic.failed;
    traffic_clear(&traffic);
    return is_good ? EXIT_DONE : EXIT_FAILED;
}

static int traffic_with_payloads(struct session *session)
{
    CLEANUP(error_clear) struct error error = { 0 };
    CLEANUP(payloads_clear) struct payloads payloads = { 0 };
    const struct options *options = &session->options;
    int refused = check_options(options);
    if (refused != EXIT_DONE)
        return refused;
    if (options->seed >= 0)
        random_set_seed((uint64_t)options->seed);
    if (options->payload_lines && !payloads_read(options->payload_lines, true, &payloads, &error))
        return refuse(error.message);
    return send_traffic(session, &payloads);
}

const struct option_row traffic_rows[] = {
    FUNCTION_ROW,
    { OPTION_ROW("alias", OPTION_TEXT, alias), .placeholder = "NAME",
      .help = "send through this alias, and check its split" },
    { OPTION_ROW("version", OPTION_TEXT, version), .placeholder = "N",
      .help = "send to this published version" },
    { OPTION_ROW("qualifier", OPTION_TEXT, qualifier), .placeholder = "VERSION",
      .help = "send to this version (or alias) and expect no split" },
    { OPTION_ROW("duration", OPTION_DURATION, duration_ms), .placeholder = "TIME", .initial = "10s",
      .help = "how long to send" },
    TRAFFIC_ROWS,
    { OPTION_ROW("payload-lines", OPTION_TEXT, payload_lines), .placeholder = "FILE",
      .help = "send the file's lines, one a request, in turn" },
    { OPTION_ROW("random", OPTION_FLAG, is_random_payload),
      .help = "take the lines at random, not in turn" },
    { OPTION_ROW("arrivals", OPTION_TEXT, arrivals), .placeholder = "KIND", .initial = "constant",
      .help = "constant: evenly spaced; poisson: independent, as users are",
      .choices = "constant poisson" },
    { OPTION_ROW("ramp", OPTION_DURATION, ramp_ms), .placeholder = "TIME", .initial = "0s",
      .help = "let the rate rise from nothing for so long" },
    { OPTION_ROW("unpaced", OPTION_FLAG, is_unpaced),
      .help = "send what rate and duration come to as fast as may be" },
    { OPTION_ROW("cold-starts", OPTION_FLAG, counts_cold),
      .help = "count cold starts (asks for each answer's log tail)" },
    { OPTION_ROW("seed", OPTION_INTEGER, seed), .placeholder = "N", .initial = "-1",
      .help = "of arrivals and random lines; -1: another one each time" },
    COMMON_ROWS,
};

int traffic_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary traffic --function NAME --alias NAME|--version N|--qualifier VERSION "
                 "[OPTION]...",
        .rows = traffic_rows,
        .needs_function = true,
    };
    return session_run(&form, traffic_with_payloads, count, arguments);
}
