#include "widget_query.h"

#include <stdlib.h>

#include "buffer.h"
#include "pattern.h"
#include "timestamp.h"
#include "xalloc.h"

enum { PERIOD_DEFAULT_S = 300, FIRST_DIMENSION = 2 };

static const int64_t UNIT_COUNT_MAX = 100000; /* in one duration: keeps sums far from overflow */

/* The number of items before the options. */
static int text_count(const cJSON *row)
{
    int count = cJSON_GetArraySize(row);
    return count > 0 && cJSON_IsObject(cJSON_GetArrayItem(row, count - 1)) ? count - 1 : count;
}

static bool is_text(const cJSON *item, const char *text)
{
    return cJSON_IsString(item) && strcmp(item->valuestring, text) == 0;
}

static void add_copy(cJSON *list, const cJSON *item)
{
    cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
}

static cJSON *expand_row(const cJSON *row, const cJSON *before)
{
    cJSON *full = cJSON_CreateArray();
    const cJSON *item;
    int known = before ? text_count(before) : 0;
    int own = text_count(row);
    int at = 0;
    int seen = 0;
    cJSON_ArrayForEach(item, row)
    {
        if (seen++ == own)
            break;
        if (is_text(item, "...")) {
            /* All leading ones of the row before, but those that this row itself gives. */
            int until = known - (own - seen);
            const cJSON *earlier = before ? before->child : NULL;
            for (int i = 0; earlier && i < until; i++, earlier = earlier->next) {
                if (i >= at)
                    add_copy(full, earlier);
            }
            at = until > at ? until : at;
            continue;
        }
        const cJSON *earlier =
            is_text(item, ".") && at < known ? cJSON_GetArrayItem(before, at) : item;
        add_copy(full, earlier);
        at++;
    }
    const cJSON *options = cJSON_GetArrayItem(row, own);
    cJSON_AddItemToArray(full, options ? cJSON_Duplicate(options, true) : cJSON_CreateObject());
    return full;
}

cJSON *widget_expand(const cJSON *metrics)
{
    cJSON *rows = cJSON_CreateArray();
    const cJSON *row;
    const cJSON *before = NULL;
    cJSON_ArrayForEach(row, metrics)
    {
        cJSON *full = expand_row(cJSON_IsArray(row) ? row : NULL, before);
        cJSON_AddItemToArray(rows, full);
        if (text_count(full) > 0) /* expressions in between do not count */
            before = full;
    }
    return rows;
}

const cJSON *widget_row_options(const cJSON *row)
{
    return cJSON_GetArrayItem(row, cJSON_GetArraySize(row) - 1);
}

static const char *text_at(const cJSON *row, int at)
{
    const char *text =
        at < text_count(row) ? cJSON_GetStringValue(cJSON_GetArrayItem(row, at)) : NULL;
    return text ? text : "";
}

/* Which items differ among the rows that are metrics. */
struct difference {
    const cJSON *first;
    bool *differs; /* by item, of the first's */
    int count;
    bool has_other_shape; /* some row has other dimensions */
};

static struct difference compare(const cJSON *rows)
{
    struct difference difference = { 0 };
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        int count = text_count(row);
        if (count == 0)
            continue;
        if (!difference.first) {
            difference.first = row;
            difference.count = count;
            difference.differs = xcalloc((size_t)count, sizeof(bool));
            continue;
        }
        difference.has_other_shape |= count != difference.count;
        for (int i = 0; i < count && i < difference.count; i++) {
            if (strcmp(text_at(row, i), text_at(difference.first, i)) != 0)
                difference.differs[i] = true;
        }
    }
    return difference;
}

static bool item_differs(const struct difference *difference, int at)
{
    return at >= difference->count || difference->differs[at];
}

static bool is_number(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

/* The values of the dimensions that differ, then the name if names differ, as in GetMetricData's
 * own labels; NULL if the name alone tells enough. */
static char *make_label(const struct difference *difference, const cJSON *row)
{
    struct buffer values = { 0 };
    for (int i = FIRST_DIMENSION + 1; i < text_count(row); i += 2) {
        if (!item_differs(difference, i) && !item_differs(difference, i - 1))
            continue;
        buffer_add_string(&values, values.size ? " " : "");
        /* "ExecutedVersion 2": a number alone says nothing. */
        if (is_number(text_at(row, i)))
            buffer_add_format(&values, "%s ", text_at(row, i - 1));
        buffer_add_string(&values, text_at(row, i));
    }
    char *label = NULL;
    if (values.size && (item_differs(difference, 1) || difference->has_other_shape))
        label = xformat("%s %s", values.data, text_at(row, 1));
    else if (values.size)
        label = xstrdup(values.data);
    buffer_clear(&values);
    return label;
}

static void write_metric(cJSON *query, const cJSON *row, const cJSON *widget, int64_t span_s)
{
    const cJSON *options = widget_row_options(row);
    cJSON *stat = json_set_object(query, "MetricStat");
    cJSON *metric = json_set_object(stat, "Metric");
    json_set_text(metric, "Namespace", text_at(row, 0));
    json_set_text(metric, "MetricName", text_at(row, 1));
    cJSON *dimensions = json_set_array(metric, "Dimensions");
    for (int i = FIRST_DIMENSION; i + 1 < text_count(row); i += 2) {
        cJSON *dimension = cJSON_CreateObject();
        json_set_text(dimension, "Name", text_at(row, i));
        json_set_text(dimension, "Value", text_at(row, i + 1));
        cJSON_AddItemToArray(dimensions, dimension);
    }
    double period_s =
        json_double(options, "period", json_double(widget, "period", PERIOD_DEFAULT_S));
    json_set_double(stat, "Period", span_s ? (double)span_s : period_s);
    json_set_text(stat, "Stat", json_text(options, "stat", json_text(widget, "stat", "Average")));
}

static void write_expression(cJSON *query, const cJSON *options, int64_t span_s)
{
    double period_s = span_s ? (double)span_s : json_double(options, "period", 0);
    json_set_text(query, "Expression", json_text(options, "expression", ""));
    if (period_s > 0)
        json_set_double(query, "Period", period_s);
}

bool widget_id_is_made(const cJSON *rows, int at)
{
    return !json_text(widget_row_options(cJSON_GetArrayItem(rows, at)), "id", NULL);
}

/* "q1", or with more behind it if a row has that id already. */
static char *make_id(const cJSON *rows, int number)
{
    char *id = xformat("q%d", number);
    const cJSON *row = rows->child;
    while (row) {
        if (strcmp(json_text(widget_row_options(row), "id", ""), id) != 0) {
            row = row->next;
            continue;
        }
        char *longer = xformat("%s_", id);
        free(id);
        id = longer;
        row = rows->child;
    }
    return id;
}

cJSON *widget_queries(const cJSON *widget, const cJSON *rows, int64_t span_s)
{
    struct difference difference = compare(rows);
    cJSON *queries = cJSON_CreateArray();
    const cJSON *row;
    int number = 0;
    cJSON_ArrayForEach(row, rows)
    {
        const cJSON *options = widget_row_options(row);
        cJSON *query = cJSON_CreateObject();
        CLEANUP(freep) char *made = make_id(rows, ++number);
        json_set_text(query, "Id", json_text(options, "id", made));
        bool is_metric = text_count(row) > 0;
        if (is_metric)
            write_metric(query, row, widget, span_s);
        else
            write_expression(query, options, span_s);
        CLEANUP(freep) char *label = is_metric ? make_label(&difference, row) : NULL;
        json_set_text(query, "Label", json_text(options, "label", label));
        json_set_bool(query, "ReturnData", json_bool(options, "visible", true));
        cJSON_AddItemToArray(queries, query);
    }
    free(difference.differs);
    return queries;
}

bool widget_parse_duration(struct text text, int64_t *ms_out)
{
    static const int64_t unit_s[] = { 31536000, 2592000, 604800, 86400, 3600, 60, 1 };
    struct text parts[1 + COUNT_OF(unit_s)];
    if (text.size < 3 || !pattern_capture("([-+]?)P(?=.)(?:(\\d+)Y)?(?:(\\d+)M)?(?:(\\d+)W)?"
                                          "(?:(\\d+)D)?(?:T(?=.)(?:(\\d+)H)?(?:(\\d+)M)?"
                                          "(?:(\\d+)S)?)?",
                                          text, parts, COUNT_OF(parts)))
        return false;
    int64_t total_s = 0;
    for (size_t i = 0; i < COUNT_OF(unit_s); i++) {
        int64_t count = 0;
        if (!parts[i + 1].data)
            continue;
        if (!text_to_int64(parts[i + 1], &count) || count > UNIT_COUNT_MAX)
            return false;
        total_s += count * unit_s[i];
    }
    *ms_out = total_s * 1000 * (text.data[0] == '-' ? -1 : 1);
    return true;
}

int64_t widget_read_time(const cJSON *widget, const char *name, int64_t now_ms, int64_t fallback_ms)
{
    int64_t ms;
    struct text text = text_from(json_text(widget, name, ""));
    if (widget_parse_duration(text, &ms))
        return now_ms + ms;
    return timestamp_parse(text, &ms) ? ms : fallback_ms;
}
