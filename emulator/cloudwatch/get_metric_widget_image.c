/*
 * GetMetricWidgetImage (cloudwatch-api.md section 5.3): the widget is read and its data found on
 * the loop, the picture is drawn on a worker, and the reply leaves from the loop.
 */
#include <stdlib.h>

#include "clock.h"
#include "cloudwatch/faults.h"
#include "cloudwatch/fields.h"
#include "cloudwatch/metric_data.h"
#include "crypto.h"
#include "loop/loop.h"
#include "widget/widget.h"
#include "widget/widget_draw.h"
#include "xalloc.h"

enum { PICTURES_MAX = 32 }; /* at once; each may take some 40 MB */

/* All that the worker touches is in here. */
struct picture {
    struct call *call;
    struct arena arena;
    struct widget widget;
    struct metric_data_result data;
    char *png;
    size_t size;
    struct error error;
};

static void picture_free(struct picture *picture)
{
    widget_clear(&picture->widget);
    metric_data_result_clear(&picture->data);
    arena_clear(&picture->arena);
    error_clear(&picture->error);
    free(picture->png);
    free(picture);
}

/* A sentence of the widget's becomes the service's fault. */
static bool pass_on(struct call *call, struct error *error)
{
    CLEANUP(error_clear) struct error own = *error;
    *error = (struct error){ 0 };
    return error_set(&call->error, &CLOUDWATCH_VALIDATION, "%s", own.message);
}

static bool read_widget(struct picture *picture)
{
    struct call *call = picture->call;
    struct error error = { 0 };
    const struct widget_source source = {
        .json = text_from(json_text(call->input, "MetricWidget", "")),
        .now_ms = clock_now_ms(),
        .region = call->region,
    };
    return widget_read(&source, &picture->arena, &picture->widget, &error) || pass_on(call, &error);
}

static bool find_data(struct picture *picture)
{
    struct call *call = picture->call;
    const struct widget *widget = &picture->widget;
    const struct metric_data_request request = {
        .account = call->account,
        .region = call->region,
        .queries = widget->queries,
        .start_ms = widget->start_ms,
        .end_ms = widget->end_ms,
        .now_ms = clock_now_ms(),
        .timezone_minutes = widget->timezone_minutes,
    };
    return metric_data_check(widget->queries, "metrics", NULL, &call->error) &&
           metric_data_evaluate(call->state, &request, &picture->data, &call->error);
}

/* The number of the query that a series comes from. */
static size_t query_of(const struct widget *widget, const char *id)
{
    const cJSON *query;
    size_t at = 0;
    cJSON_ArrayForEach(query, widget->queries)
    {
        if (strcmp(json_text(query, "Id", ""), id) == 0)
            break;
        at++;
    }
    return at;
}

/* Without liveData a period is shown once it is over. */
static size_t shown_count(const struct widget *widget, const struct metric_data_series *series,
                          int64_t now_ms)
{
    size_t count = series->count;
    while (count > 0 && !widget->is_live &&
           (series->times_s[count - 1] + series->period_s) * 1000 > now_ms)
        count--;
    return count;
}

/* Labels are copied: a series' own may be one of the metrics', which do not wait for workers. */
static void add_series(struct picture *picture, const struct metric_data_series *found,
                       int64_t now_ms)
{
    struct widget *widget = &picture->widget;
    const struct widget_style *style = &widget->styles[query_of(widget, found->id)];
    const char *label = found->label;
    if (style->has_made_id && style->expression && strcmp(label, found->id) == 0)
        label = style->expression;
    widget->is_incomplete |= strcmp(found->status, "Complete") != 0;
    if (widget->series_count == WIDGET_SERIES_MAX) {
        widget->hidden_count++;
        return;
    }
    widget->series[widget->series_count] = (struct widget_series){
        .label = arena_copy(&picture->arena, text_from(label)),
        .unit = arena_copy_string(&picture->arena, found->unit),
        .colour = style->colour >= 0 ? style->colour : widget_palette(widget->series_count),
        .is_right = style->is_right,
        .period_s = found->period_s,
        .count = shown_count(widget, found, now_ms),
        .times_s = found->times_s,
        .values = found->values,
    };
    widget->series_count++;
}

static void add_all_series(struct picture *picture)
{
    int64_t now_ms = clock_now_ms();
    const struct metric_data_result *data = &picture->data;
    size_t room = data->count < WIDGET_SERIES_MAX ? data->count : WIDGET_SERIES_MAX;
    picture->widget.series =
        arena_alloc(&picture->arena, (room + 1) * sizeof(*picture->widget.series));
    picture->widget.is_incomplete = data->message != NULL;
    for (size_t i = 0; i < data->count; i++) {
        if (data->series[i].is_returned)
            add_series(picture, &data->series[i], now_ms);
    }
}

static void draw(void *owner)
{
    struct picture *picture = owner;
    picture->png = widget_draw(&picture->widget, &picture->size, &picture->error);
}

static bool wants_raw(const struct call *call)
{
    return strcmp(json_text(call->input, "OutputFormat", "png"), "image/png") == 0;
}

static enum outcome answer(struct call *call, struct picture *picture)
{
    if (!picture->png) {
        error_set(&call->error, NULL, "%s", picture->error.message);
        return OUTCOME_FAULT;
    }
    if (wants_raw(call)) {
        call_header(call, "Content-Type", "image/png");
        call->raw_body = picture->png;
        call->raw_body_size = picture->size;
        picture->png = NULL;
        return OUTCOME_OK;
    }
    CLEANUP(freep) char *base64 = base64_encode((struct text){ picture->png, picture->size });
    json_set_text(call_output(call), "MetricWidgetImage", base64);
    return OUTCOME_OK;
}

static void drawn(void *owner)
{
    struct picture *picture = owner;
    struct call *call = picture->call;
    struct cloudwatch *cloudwatch = call->state;
    cloudwatch->pictures--;
    enum outcome outcome = answer(call, picture);
    picture_free(picture);
    call_finish(call, outcome);
}

static enum outcome get_metric_widget_image(struct call *call)
{
    struct cloudwatch *cloudwatch = call->state;
    if (cloudwatch->pictures >= PICTURES_MAX)
        return call_fault(call, &CLOUDWATCH_THROTTLING, "Rate exceeded");
    struct picture *picture = xcalloc(1, sizeof(*picture));
    picture->call = call;
    if (!read_widget(picture) || !find_data(picture)) {
        picture_free(picture);
        return OUTCOME_FAULT;
    }
    add_all_series(picture);
    cloudwatch->pictures++;
    loop_work(cloudwatch->loop, draw, drawn, picture);
    return OUTCOME_LATER;
}

void cloudwatch_finish_pictures(struct cloudwatch *cloudwatch)
{
    while (cloudwatch->pictures)
        loop_turn(cloudwatch->loop);
}

static const char *const formats[] = { "png", "image/png", NULL };
static const struct field widget_image_input[] = {
    { .name = "MetricWidget", .type = FIELD_STRING, .is_required = true },
    { .name = "OutputFormat", .type = FIELD_STRING, .values = formats },
    { 0 },
};
static const struct field widget_image_output[] = {
    { .name = "MetricWidgetImage", .type = FIELD_BLOB },
    { 0 },
};

const struct operation get_metric_widget_image_operations[] = {
    { .name = "GetMetricWidgetImage",
      .input = widget_image_input,
      .output = widget_image_output,
      .handle = get_metric_widget_image,
      .note = "The views singleValue and gauge are drawn too. The looks are Coalmine's own; "
              "annotations.alarms are not drawn." },
    { 0 },
};
