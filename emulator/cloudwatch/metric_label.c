#include "cloudwatch/metric_label.h"

#include <math.h>
#include <string.h>

#include "buffer.h"
#include "text.h"
#include "timestamp.h"

enum { MS_PER_SECOND = 1000, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static void compare(struct metric_label_parts *parts, const struct metric_label_source *source)
{
    const struct metric_label_source *first = parts->first;
    parts->differs_in_name |= strcmp(source->name, first->name) != 0;
    parts->differs_in_stat |= strcmp(source->stat, first->stat) != 0;
    parts->differs_in_period |= source->period_s != first->period_s;
    for (size_t i = 0; i < first->dimension_count && i < METRIC_LABEL_DIMENSIONS; i++) {
        const char *value = metric_dimension_value(source->dimensions, source->dimension_count,
                                                   text_from(first->dimensions[i].name));
        const char *own = first->dimensions[i].value;
        parts->differs_in_dimension[i] |= !value || !own || strcmp(value, own) != 0;
    }
}

struct metric_label_parts metric_label_compare(const struct metric_label_source *const *sources,
                                               size_t count)
{
    struct metric_label_parts parts = { 0 };
    for (size_t i = 0; i < count; i++) {
        if (sources[i] && !parts.first)
            parts.first = sources[i];
        else if (sources[i])
            compare(&parts, sources[i]);
    }
    return parts;
}

static const char *join(struct arena *arena, const char *text, const char *more)
{
    return text[0] ? arena_format(arena, "%s %s", text, more) : more;
}

static bool dimension_differs(const struct metric_label_parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->first->dimension_count && i < METRIC_LABEL_DIMENSIONS; i++) {
        if (strcmp(parts->first->dimensions[i].name, name) == 0)
            return parts->differs_in_dimension[i];
    }
    return true; /* the first does not have it */
}

const char *metric_label_default(const struct metric_label_source *source,
                                 const struct metric_label_parts *parts, struct arena *arena)
{
    const char *label = "";
    for (size_t i = 0; i < source->dimension_count; i++) {
        if (dimension_differs(parts, source->dimensions[i].name))
            label = join(arena, label, source->dimensions[i].value);
    }
    if (parts->differs_in_name || !label[0])
        label = join(arena, label, source->name);
    if (parts->differs_in_stat)
        label = join(arena, label, source->stat);
    if (parts->differs_in_period)
        label = arena_format(arena, "%s %lld", label, (long long)source->period_s);
    return label;
}

/* Where the smallest and the largest value are; the earlier of equal ones. */
static size_t find_extreme(const struct metric_label_data *data, int sign)
{
    size_t at = 0;
    for (size_t i = 1; i < data->count; i++) {
        if (sign * data->values[i] > sign * data->values[at])
            at = i;
    }
    return at;
}

static double sum(const struct metric_label_data *data)
{
    double total = 0;
    for (size_t i = 0; i < data->count; i++)
        total += data->values[i];
    return total;
}

static const char *print_number(double value, struct arena *arena)
{
    return arena_format(arena, "%.10g", value);
}

static const char *print_time(const struct metric_label_data *data, size_t at, struct arena *arena)
{
    char text[TIMESTAMP_SIZE];
    int64_t local_s = data->times_s[at] + (int64_t)data->timezone_minutes * MINUTE_S;
    timestamp_print(local_s * MS_PER_SECOND, TIMESTAMP_ISO, text);
    text[strcspn(text, "Z")] = '\0';
    text[strcspn(text, "T")] = ' ';
    return arena_format(arena, "%s UTC%c%02d%02d", text, data->timezone_minutes < 0 ? '-' : '+',
                        abs(data->timezone_minutes) / 60, abs(data->timezone_minutes) % 60);
}

static const char *print_age(const struct metric_label_data *data, size_t at, struct arena *arena)
{
    int64_t age_s = data->now_ms / MS_PER_SECOND - data->times_s[at];
    const char *sign = age_s < 0 ? "in " : "";
    const char *end = age_s < 0 ? "" : " ago";
    age_s = age_s < 0 ? -age_s : age_s;
    long long count = age_s < MINUTE_S ? age_s
                      : age_s < HOUR_S ? age_s / MINUTE_S
                      : age_s < DAY_S  ? age_s / HOUR_S
                                       : age_s / DAY_S;
    char unit = age_s < MINUTE_S ? 's' : age_s < HOUR_S ? 'm' : age_s < DAY_S ? 'h' : 'd';
    return arena_format(arena, "%s%lld%c%s", sign, count, unit, end);
}

/* ${MIN}, ${MIN_TIME}, ${MIN_TIME_RELATIVE}: one point, said in three ways. */
static const char *print_point(struct text name, const char *point,
                               const struct metric_label_data *data, size_t at, struct arena *arena)
{
    size_t size = strlen(point);
    if (!text_starts_with(name, point))
        return NULL;
    name.data += size;
    name.size -= size;
    if (name.size == 0)
        return print_number(data->values[at], arena);
    if (text_equal(name, "_TIME"))
        return print_time(data, at, arena);
    return text_equal(name, "_TIME_RELATIVE") ? print_age(data, at, arena) : NULL;
}

static const char *print_range(struct text name, const char *range,
                               const struct metric_label_data *data, size_t from, size_t to,
                               struct arena *arena)
{
    if (text_equal(name, arena_format(arena, "%s_RANGE", range)))
        return arena_format(arena, "[%s, %s]", print_number(data->values[from], arena),
                            print_number(data->values[to], arena));
    if (text_equal(name, arena_format(arena, "%s_TIME_RANGE", range)))
        return arena_format(arena, "[%s, %s]", print_time(data, from, arena),
                            print_time(data, to, arena));
    return NULL;
}

static bool is_of_points(struct text name)
{
    static const char *const starts[] = { "AVG", "FIRST", "LAST", "MAX", "MIN" };
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        if (text_starts_with(name, starts[i]))
            return true;
    }
    return false;
}

static const char *print_of_points(struct text name, const struct metric_label_data *data,
                                   struct arena *arena)
{
    const char *text;
    if (data->count == 0)
        return is_of_points(name) ? "--" : NULL;
    size_t last = data->count - 1;
    size_t low = find_extreme(data, -1);
    size_t high = find_extreme(data, 1);
    if (text_equal(name, "AVG"))
        return print_number(sum(data) / (double)data->count, arena);
    (void)((text = print_range(name, "FIRST_LAST", data, 0, last, arena)) ||
           (text = print_range(name, "MIN_MAX", data, low, high, arena)) ||
           (text = print_point(name, "FIRST", data, 0, arena)) ||
           (text = print_point(name, "LAST", data, last, arena)) ||
           (text = print_point(name, "MIN", data, low, arena)) ||
           (text = print_point(name, "MAX", data, high, arena)));
    return text;
}

/* ${PROP('...')}: what the metric is. */
static const char *print_property(struct text name, const struct metric_label_data *data,
                                  struct arena *arena)
{
    static const char open[] = "PROP('";
    static const char close[] = "')";
    const struct metric_label_source *source = data->source;
    size_t edges = sizeof(open) - 1 + sizeof(close) - 1;
    if (!text_starts_with(name, open) || name.size < edges ||
        memcmp(name.data + name.size - 2, close, 2) != 0)
        return NULL;
    struct text property = { name.data + sizeof(open) - 1, name.size - edges };
    if (text_equal(property, "Period"))
        return arena_format(arena, "%lld", (long long)data->period_s);
    if (!source)
        return "";
    const struct {
        const char *name;
        const char *value;
    } properties[] = {
        { "AccountId", source->account }, { "AccountLabel", source->account },
        { "MetricName", source->name },   { "Namespace", source->name_space },
        { "Region", source->region },     { "Stat", source->stat },
    };
    for (size_t i = 0; i < COUNT_OF(properties); i++) {
        if (text_equal(property, properties[i].name))
            return properties[i].value;
    }
    if (!text_starts_with(property, "Dim."))
        return NULL;
    property = (struct text){ property.data + 4, property.size - 4 };
    const char *value =
        metric_dimension_value(source->dimensions, source->dimension_count, property);
    return value ? value : "";
}

static const char *print_value(struct text name, const struct metric_label_data *data,
                               struct arena *arena)
{
    if (text_equal(name, "LABEL"))
        return data->label;
    if (text_equal(name, "DATAPOINT_COUNT"))
        return arena_format(arena, "%zu", data->count);
    if (text_equal(name, "SUM"))
        return print_number(sum(data), arena);
    const char *text = print_property(name, data, arena);
    return text ? text : print_of_points(name, data, arena);
}

const char *metric_label_expand(const char *label, const struct metric_label_data *data,
                                struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer expanded = { 0 };
    const char *open;
    while ((open = strstr(label, "${"))) {
        const char *close = strchr(open, '}');
        if (!close)
            break;
        struct text name = { open + 2, (size_t)(close - open) - 2 };
        const char *value = print_value(name, data, arena);
        buffer_add(&expanded, label, (size_t)(open - label));
        if (value)
            buffer_add_string(&expanded, value);
        else
            buffer_add(&expanded, open, (size_t)(close - open) + 1);
        label = close + 1;
    }
    buffer_add_string(&expanded, label);
    return arena_copy(arena, buffer_text(&expanded));
}
