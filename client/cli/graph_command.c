/*
 * canary graph: metrics as lines in the terminal, and as a picture. Both show one MetricWidget: the
 * user's own, or one made of the options.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/metric_api.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "file.h"
#include "plan/plan.h"
#include "report/graph_text.h"
#include "timestamp.h"
#include "widget_query.h"
#include "xalloc.h"

enum {
    WIDGET_MAX = 100 * 1024,
    POINTS_WANTED = 180,
    MINUTE_MS = 60000,
    MS_PER_SECOND = 1000,
    WIDTH_DEFAULT = 80,
    WIDTH_MAX = 1000,
    PLOT_ROWS = 12,
    PANEL_ROWS = 6, /* of one series among several panels */
};

/* What people mean by a Lambda metric when they name no statistic. */
static const char *usual_stat(const char *metric)
{
    if (strstr(metric, "Duration"))
        return "Average";
    return strstr(metric, "Concurren") ? "Maximum" : "Sum";
}

static void add_text(cJSON *row, const char *text, size_t size)
{
    CLEANUP(freep) char *copy = xstrndup(text, size);
    cJSON_AddItemToArray(row, cJSON_CreateString(copy));
}

/* "Name=Value,Name=Value" behind namespace and metric. */
static bool add_dimensions(cJSON *row, const struct options *options, struct error *error)
{
    struct text rest = text_from(options->dimensions);
    while (rest.size) {
        struct text value = text_cut(&rest, ',');
        struct text name = text_trimmed(text_cut(&value, '='));
        value = text_trimmed(value);
        if (!name.size || !value.size)
            return error_set(error, NULL, "--dimensions is Name=Value,Name=Value, not '%s'",
                             options->dimensions);
        add_text(row, name.data, name.size);
        add_text(row, value.data, value.size);
    }
    return true;
}

static bool add_metric(cJSON *metrics, const struct options *options, struct text name, int number,
                       struct error *error)
{
    cJSON *row = cJSON_CreateArray();
    cJSON_AddItemToArray(metrics, row);
    add_text(row, options->name_space, strlen(options->name_space));
    add_text(row, name.data, name.size);
    if (options->function) {
        add_text(row, "FunctionName", strlen("FunctionName"));
        add_text(row, options->function, strlen(options->function));
    }
    if (options->function && options->alias) {
        CLEANUP(freep) char *resource = xformat("%s:%s", options->function, options->alias);
        add_text(row, "Resource", strlen("Resource"));
        add_text(row, resource, strlen(resource));
    }
    if (!add_dimensions(row, options, error))
        return false;
    CLEANUP(freep) char *metric = xstrndup(name.data, name.size);
    CLEANUP(freep) char *id = xformat("m%d", number);
    cJSON *more = cJSON_CreateObject();
    json_set_text(more, "id", id);
    json_set_text(more, "stat", options->stat ? options->stat : usual_stat(metric));
    if (options->expression)
        json_set_bool(more, "visible", false);
    cJSON_AddItemToArray(row, more);
    return true;
}

static bool add_metrics(cJSON *widget, const struct options *options, struct error *error)
{
    cJSON *metrics = json_set_array(widget, "metrics");
    struct text rest = text_from(options->metric);
    for (int number = 1; rest.size; number++) {
        struct text name = text_trimmed(text_cut(&rest, ','));
        if (name.size && !add_metric(metrics, options, name, number, error))
            return false;
    }
    if (options->expression) {
        cJSON *row = cJSON_CreateArray();
        cJSON *more = cJSON_CreateObject();
        json_set_text(more, "expression", options->expression);
        json_set_text(more, "label", options->expression);
        cJSON_AddItemToArray(row, more);
        cJSON_AddItemToArray(metrics, row);
    }
    return true;
}

/* Whole minutes that give a graph about as many points as it can show. */
static int64_t usual_period_s(int64_t last_ms)
{
    return (last_ms / POINTS_WANTED + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS / MS_PER_SECOND;
}

static bool find_period(const struct options *options, int64_t *period_s_out, struct error *error)
{
    int64_t period_ms;
    *period_s_out = usual_period_s(options->last_ms);
    if (options->last_ms < MS_PER_SECOND)
        return error_set(error, NULL, "--last is a second or more");
    if (!options->period)
        return true;
    if (!option_parse_duration(options->period, &period_ms) || !plan_is_period(period_ms))
        return error_set(error, NULL, "--period: '%s' is not " PLAN_PERIODS ", such as 30s or 5m",
                         options->period);
    *period_s_out = period_ms / MS_PER_SECOND;
    return true;
}

static cJSON *make_widget(const struct options *options, int64_t period_s, struct error *error)
{
    cJSON *widget = cJSON_CreateObject();
    json_set_double(widget, "period", (double)period_s);
    json_set_bool(widget, "liveData", true);
    if (options->function)
        json_set_text(widget, "title", options->function);
    if (add_metrics(widget, options, error))
        return widget;
    cJSON_Delete(widget);
    return NULL;
}

static cJSON *read_widget(const char *path, struct error *error)
{
    size_t size;
    CLEANUP(freep) char *text = file_read(path, WIDGET_MAX, &size, error);
    cJSON *widget = text ? json_parse((struct text){ text, size }) : NULL;
    if (text && !cJSON_IsObject(widget)) {
        cJSON_Delete(widget);
        widget = NULL;
        error_set(error, NULL, "%s is not a JSON object", path);
    }
    return widget;
}

/* Both graphs show the same time: the widget says it from here on. */
static void set_times(cJSON *widget, const struct options *options, int64_t now_ms)
{
    char text[TIMESTAMP_SIZE];
    int64_t end_ms = widget_read_time(widget, "end", now_ms, now_ms);
    int64_t start_ms = widget_read_time(widget, "start", now_ms, end_ms - options->last_ms);
    cJSON_DeleteItemFromObjectCaseSensitive(widget, "start");
    cJSON_DeleteItemFromObjectCaseSensitive(widget, "end");
    json_set_text(widget, "start", timestamp_print(start_ms, TIMESTAMP_ISO_MS, text));
    json_set_text(widget, "end", timestamp_print(end_ms, TIMESTAMP_ISO_MS, text));
}

static bool write_picture(struct session *session, const cJSON *widget, struct error *error)
{
    const char *path = session->options.picture;
    size_t size;
    CLEANUP(freep) char *png = metric_picture(&session->api, widget, &size, error);
    if (!png)
        return false;
    FILE *stream = fopen(path, "wb");
    bool is_written = stream && fwrite(png, 1, size, stream) == size;
    if (stream && fclose(stream) != 0)
        is_written = false;
    if (!is_written)
        return error_set(error, NULL, "cannot write %s: %s", path, strerror(errno));
    say("%s: the graph as a picture (%zu bytes).", path, size);
    json_set_text(facts(), "picture", path);
    return true;
}

static int graph_width(const struct options *options)
{
    size_t columns = terminal_columns(STDOUT_FILENO);
    if (options->width > 0)
        return options->width < WIDTH_MAX ? (int)options->width : WIDTH_MAX;
    return columns ? (int)columns : WIDTH_DEFAULT;
}

/* The period of a metric; of an expression the longest that it may be made of. */
static int64_t period_of(const cJSON *queries, const char *id)
{
    int64_t longest_s = 0;
    const cJSON *query;
    cJSON_ArrayForEach(query, queries)
    {
        int64_t period_s = json_int(json_get(query, "MetricStat"), "Period", 0);
        if (period_s && strcmp(json_text(query, "Id", ""), id) == 0)
            return period_s;
        longest_s = period_s > longest_s ? period_s : longest_s;
    }
    return longest_s;
}

/* One result of GetMetricData as a series; its numbers are the caller's to free. */
static struct graph_series read_series(const cJSON *result, const cJSON *queries, size_t number)
{
    const cJSON *times = json_get(result, "Timestamps");
    const cJSON *values = json_get(result, "Values");
    size_t count = (size_t)cJSON_GetArraySize(times);
    int64_t *times_s = xcalloc(count + 1, sizeof(*times_s));
    double *numbers = xcalloc(count + 1, sizeof(*numbers));
    const cJSON *label = json_get(result, "Label");
    if (cJSON_IsString(label))
        text_tame(label->valuestring);
    struct graph_series series = { .label = json_text(result, "Label", ""),
                                   .times_s = times_s,
                                   .values = numbers,
                                   .colour = number };
    const cJSON *value = values ? values->child : NULL;
    const cJSON *time;
    cJSON_ArrayForEach(time, times)
    {
        if (!value)
            break;
        times_s[series.count] = (int64_t)time->valuedouble;
        numbers[series.count++] = value->valuedouble;
        value = value->next;
    }
    series.period_s = period_of(queries, json_text(result, "Id", ""));
    return series;
}

/* Levels of the widget's horizontal annotations; the list is the caller's to free. */
static double *read_thresholds(const cJSON *widget, size_t *count_out)
{
    const cJSON *list = json_get(json_get(widget, "annotations"), "horizontal");
    double *thresholds = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*thresholds));
    const cJSON *item;
    *count_out = 0;
    cJSON_ArrayForEach(item, list)
    {
        const cJSON *value = json_get(item, "value");
        if (cJSON_IsNumber(value) && json_bool(item, "visible", true))
            thresholds[(*count_out)++] = value->valuedouble;
    }
    return thresholds;
}

static void print_graph(const struct options *options, const cJSON *widget,
                        const struct graph_series *series, size_t count)
{
    struct buffer buffer = { 0 };
    size_t threshold_count;
    CLEANUP(freep) double *thresholds = read_thresholds(widget, &threshold_count);
    struct terminal terminal;
    terminal_init(&terminal, stdout);
    struct graph_text graph = { .width = graph_width(options),
                                .height = PLOT_ROWS,
                                .start_ms = widget_read_time(widget, "start", 0, 0),
                                .end_ms = widget_read_time(widget, "end", 0, 1),
                                .is_coloured = terminal.has_colour,
                                .is_ascii = !terminal.is_utf8,
                                .thresholds = thresholds,
                                .threshold_count = threshold_count };
    /* Without colours nobody could tell lines apart: each has a plot of its own. */
    size_t together = graph.is_coloured || count == 0 ? count : 1;
    if (together < count)
        graph.height = PANEL_ROWS;
    for (size_t at = 0; at == 0 || at < count; at += together ? together : 1)
        graph_text_print(&graph, series ? series + at : NULL, together, &buffer);
    if (buffer.size)
        buffer.data[buffer.size - 1] = '\0'; /* the last line's end */
    say_plain(buffer_text(&buffer).data);
    buffer_clear(&buffer);
}

static bool show_text(struct session *session, const cJSON *widget, struct error *error)
{
    CLEANUP(json_deletep) cJSON *rows = widget_expand(json_get(widget, "metrics"));
    CLEANUP(json_deletep) cJSON *queries = widget_queries(widget, rows, 0);
    cJSON *results = metric_data(&session->api, queries, widget_read_time(widget, "start", 0, 0),
                                 widget_read_time(widget, "end", 0, 0), error);
    if (!results)
        return false;
    size_t room = (size_t)cJSON_GetArraySize(results);
    struct graph_series *series = xcalloc(room + 1, sizeof(*series));
    size_t count = 0;
    const cJSON *result;
    cJSON_ArrayForEach(result, results)
    {
        series[count] = read_series(result, queries, count);
        count++;
    }
    print_graph(&session->options, widget, series, count);
    for (size_t i = 0; i < count; i++) {
        free((void *)series[i].times_s);
        free((void *)series[i].values);
    }
    free(series);
    json_set(facts(), "series", results);
    return true;
}

static int graph(struct session *session)
{
    CLEANUP(error_clear) struct error error = { 0 };
    const struct options *options = &session->options;
    if (!options->widget && !options->function && !options->dimensions) {
        complain("say what to draw: --function, --dimensions or --widget (see --help)");
        return EXIT_USAGE;
    }
    int64_t period_s;
    if (!find_period(options, &period_s, &error)) {
        complain("%s", error.message);
        return EXIT_USAGE;
    }
    CLEANUP(json_deletep)
    cJSON *widget = options->widget ? read_widget(options->widget, &error)
                                    : make_widget(options, period_s, &error);
    if (widget)
        set_times(widget, options, metric_now_ms(&session->api));
    if (widget && (!options->picture || write_picture(session, widget, &error)) &&
        show_text(session, widget, &error))
        return EXIT_DONE;
    complain("%s", error.message);
    return EXIT_FAILED;
}

const struct option_row graph_rows[] = {
    { OPTION_ROW("function", OPTION_TEXT, function), .placeholder = "NAME",
      .help = "graph this Lambda function" },
    { OPTION_ROW("alias", OPTION_TEXT, alias), .placeholder = "NAME",
      .help = "only what came through this alias" },
    { OPTION_ROW("metric", OPTION_TEXT, metric), .placeholder = "A,B",
      .initial = "Invocations,Errors", .help = "names of metrics" },
    { OPTION_ROW("namespace", OPTION_TEXT, name_space), .placeholder = "NAME",
      .initial = "AWS/Lambda", .help = "where the metrics are" },
    { OPTION_ROW("dimensions", OPTION_TEXT, dimensions), .placeholder = "N=V,N=V",
      .help = "further dimensions of the metrics" },
    { OPTION_ROW("stat", OPTION_TEXT, stat), .placeholder = "NAME",
      .help = "Sum, Average, p99, ...; else what suits the metric" },
    { OPTION_ROW("expression", OPTION_TEXT, expression), .placeholder = "MATH",
      .help = "graph this instead, of m1, m2, ... in the order of --metric" },
    { OPTION_ROW("widget", OPTION_TEXT, widget), .placeholder = "FILE",
      .help = "graph this MetricWidget (JSON) instead" },
    { OPTION_ROW("last", OPTION_DURATION, last_ms), .placeholder = "TIME", .initial = "3h",
      .help = "how far to look back" },
    { OPTION_ROW("period", OPTION_TEXT, period), .placeholder = "TIME",
      .help = "one point for each; else what suits --last" },
    { OPTION_ROW("width", OPTION_INTEGER, width), .placeholder = "N", .environment = "COLUMNS",
      .help = "columns of text; else the terminal's, or 80" },
    { OPTION_ROW("picture", OPTION_TEXT, picture), .letter = 'o', .placeholder = "FILE",
      .help = "write a PNG, too" },
    COMMON_ROWS,
};

int graph_command(int count, char **arguments)
{
    static const struct command_form form = {
        .usage = "canary graph --function NAME [--alias NAME] [-o FILE] [OPTION]...",
        .rows = graph_rows,
    };
    return session_run(&form, graph, count, arguments);
}
