#include "cloudwatch/explain.h"

#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "members.h"
#include "timestamp.h"

/* How far a metric is from what was asked for; the smaller, the nearer. */
enum {
    RELATED_VALUE = 1, /* "shop" for "shop:2" */
    OTHER_VALUE = 2,
    /* One too many, or one too few. Worse than another value: AWS/Lambda's metrics all exist
     * without dimensions too, and that tells nobody which function's name was misspelt. Better than
     * two. */
    OTHER_DIMENSION = 3,
    OTHER_NAME = 100,
    LIKE_NAME = 40, /* "Error" for "Errors" */
    OTHER_NAMESPACE = 150,
    OTHER_PLACE = 50,      /* region or account */
    SPELLED_OTHERWISE = 5, /* the same but for upper and lower case */
    TOO_FAR = 250,
};

static int text_distance(const char *first, const char *second, int otherwise)
{
    return strcmp(first, second) == 0       ? 0
           : strcasecmp(first, second) == 0 ? SPELLED_OTHERWISE
                                            : otherwise;
}

static int name_distance(const char *asked, const char *own)
{
    return text_distance(asked, own, nearest_name(asked, &own, 1) ? LIKE_NAME : OTHER_NAME);
}

static int value_distance(const char *asked, const char *own)
{
    size_t size = strlen(asked) < strlen(own) ? strlen(asked) : strlen(own);
    if (strcmp(asked, own) == 0)
        return 0;
    return size && strncasecmp(asked, own, size) == 0 ? RELATED_VALUE : OTHER_VALUE;
}

static int distance(const struct metric *metric, const struct metric_identity *identity)
{
    int sum = name_distance(identity->name, metric->name) +
              text_distance(metric->name_space, identity->name_space, OTHER_NAMESPACE);
    if (strcmp(metric->region, identity->region) != 0 ||
        strcmp(metric->account, identity->account) != 0)
        sum += OTHER_PLACE;
    for (size_t i = 0; i < identity->dimension_count; i++) {
        const struct metric_dimension *asked = &identity->dimensions[i];
        const char *own = metric_dimension_value(metric->dimensions, metric->dimension_count,
                                                 text_from(asked->name));
        sum += own ? value_distance(asked->value ? asked->value : "", own) : OTHER_DIMENSION;
    }
    for (size_t i = 0; i < metric->dimension_count; i++)
        if (!metric_dimension_value(identity->dimensions, identity->dimension_count,
                                    text_from(metric->dimensions[i].name)))
            sum += OTHER_DIMENSION;
    return sum;
}

static const struct metric *find_nearest(const struct metrics *metrics,
                                         const struct metric_identity *identity)
{
    const struct metric *nearest = NULL;
    int least = TOO_FAR;
    for (const struct metric *metric = metrics_first(metrics); metric; metric = metric->next) {
        int own = metric->last_ms ? distance(metric, identity) : TOO_FAR;
        if (own < least) {
            least = own;
            nearest = metric;
        }
    }
    return nearest;
}

static cJSON *write_dimensions(const struct metric_dimension *dimensions, size_t count)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < count; i++)
        json_set_text(object, dimensions[i].name, dimensions[i].value ? dimensions[i].value : "");
    return object;
}

static void print_dimensions(struct buffer *buffer, const struct metric_dimension *dimensions,
                             size_t count)
{
    if (count == 0)
        buffer_add_string(buffer, "no dimensions");
    for (size_t i = 0; i < count; i++)
        buffer_add_format(buffer, "%s%s=%s", i ? ", " : "", dimensions[i].name,
                          dimensions[i].value ? dimensions[i].value : "");
}

/* Notes one difference in the list and in the sentence. */
static void differ(cJSON *list, struct buffer *sentence, const char *what, const char *asked,
                   const char *has)
{
    cJSON *item = cJSON_CreateObject();
    json_set_text(item, "what", what);
    json_set_text(item, "asked", asked);
    json_set_text(item, "has", has);
    buffer_add_string(sentence, cJSON_GetArraySize(list) ? "; " : ": ");
    cJSON_AddItemToArray(list, item);
    if (asked && has)
        buffer_add_format(sentence, "%s is %s there, not %s", what, has, asked);
    else if (has)
        buffer_add_format(sentence, "it also has %s=%s", what, has);
    else
        buffer_add_format(sentence, "it has no %s", what);
}

static void add_differences(cJSON *list, struct buffer *sentence, const struct metric *metric,
                            const struct metric_identity *identity)
{
    const struct {
        const char *what;
        const char *asked;
        const char *has;
    } parts[] = { { "the account", identity->account, metric->account },
                  { "the region", identity->region, metric->region },
                  { "the namespace", identity->name_space, metric->name_space },
                  { "the metric name", identity->name, metric->name } };
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (strcmp(parts[i].asked, parts[i].has) != 0)
            differ(list, sentence, parts[i].what, parts[i].asked, parts[i].has);
    for (size_t i = 0; i < identity->dimension_count; i++) {
        const struct metric_dimension *asked = &identity->dimensions[i];
        const char *value = asked->value ? asked->value : "";
        const char *own = metric_dimension_value(metric->dimensions, metric->dimension_count,
                                                 text_from(asked->name));
        if (!own || strcmp(own, value) != 0)
            differ(list, sentence, asked->name, value, own);
    }
    for (size_t i = 0; i < metric->dimension_count; i++) {
        const struct metric_dimension *own = &metric->dimensions[i];
        if (!metric_dimension_value(identity->dimensions, identity->dimension_count,
                                    text_from(own->name)))
            differ(list, sentence, own->name, NULL, own->value);
    }
}

static void explain_absence(cJSON *output, struct buffer *sentence, const struct metrics *metrics,
                            const struct metric_identity *identity)
{
    const struct metric *nearest = find_nearest(metrics, identity);
    buffer_add_format(sentence, "No data came for %s %s with exactly ", identity->name_space,
                      identity->name);
    print_dimensions(sentence, identity->dimensions, identity->dimension_count);
    if (!nearest) {
        buffer_add_string(sentence, ", and nothing near it exists.");
        return;
    }
    buffer_add_format(sentence, ". The nearest metric is %s %s with ", nearest->name_space,
                      nearest->name);
    print_dimensions(sentence, nearest->dimensions, nearest->dimension_count);
    cJSON *item = json_set_object(output, "nearest");
    json_set_text(item, "account", nearest->account);
    json_set_text(item, "region", nearest->region);
    json_set_text(item, "namespace", nearest->name_space);
    json_set_text(item, "metricName", nearest->name);
    json_set(item, "dimensions", write_dimensions(nearest->dimensions, nearest->dimension_count));
    add_differences(json_set_array(output, "differences"), sentence, nearest, identity);
    buffer_add_char(sentence, '.');
}

static void explain_presence(cJSON *output, struct buffer *sentence, const struct metric *metric)
{
    char time[TIMESTAMP_SIZE];
    timestamp_print(metric->last_ms, TIMESTAMP_ISO, time);
    json_set_text(output, "newestDatapoint", time);
    cJSON *units = json_set_array(output, "units");
    buffer_add_format(sentence, "%s %s with ", metric->name_space, metric->name);
    print_dimensions(sentence, metric->dimensions, metric->dimension_count);
    buffer_add_format(sentence, " has data up to %s, in ", time);
    for (const struct metric_series *series = metric->series; series; series = series->next) {
        cJSON_AddItemToArray(units, cJSON_CreateString(series->unit));
        buffer_add_format(sentence, "%s%s", series == metric->series ? "" : ", ", series->unit);
    }
    buffer_add_string(sentence, ": a query finds them if its time range holds them and its Unit, "
                                "if it names one, is the same.");
}

cJSON *metric_explain(const struct metrics *metrics, const struct metric_identity *identity)
{
    struct buffer sentence = { 0 };
    const struct metric *metric = metrics_find(metrics, identity);
    bool is_found = metric && metric->last_ms;
    cJSON *output = cJSON_CreateObject();
    json_set_bool(output, "found", is_found);
    json_set_text(output, "namespace", identity->name_space);
    json_set_text(output, "metricName", identity->name);
    json_set(output, "dimensions",
             write_dimensions(identity->dimensions, identity->dimension_count));
    if (is_found)
        explain_presence(output, &sentence, metric);
    else
        explain_absence(output, &sentence, metrics, identity);
    json_set_text(output, "sentence", buffer_text(&sentence).data);
    buffer_clear(&sentence);
    return output;
}
