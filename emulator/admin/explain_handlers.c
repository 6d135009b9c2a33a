/*
 * Why an alarm is in its state, and why a query found nothing: GET /_coalmine/explain.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "alarms/row.h"
#include "cloudwatch/explain.h"

static const struct fault not_found = { .code = "NotFound", .status = 404 };

static const char *region_of(const struct call *call)
{
    return json_text(call->input, "region", call->region);
}

static enum outcome explain_alarm(struct call *call, const char *name)
{
    const struct admin *admin = call->state;
    const struct alarm_key key = { call->account, region_of(call), name };
    call->output = alarms_explain(admin->alarms, &key, &not_found, &call->error);
    return call->output ? OUTCOME_OK : OUTCOME_FAULT;
}

/* "FunctionName=f,Resource=f:live"; a comma inside a value is written twice. */
static bool read_dimensions(struct call *call, struct metric_dimension dimensions_out[],
                            size_t *count_out)
{
    const char *given = json_text(call->input, "dimensions", "");
    char *copy = arena_copy(&call->arena, text_from(given));
    *count_out = 0;
    while (*copy) {
        char *end = copy;
        char *write = copy;
        for (; *end && !(*end == ',' && end[1] != ','); end++) {
            end += *end == ',';
            *write++ = *end;
        }
        bool is_last = *end == '\0';
        *write = '\0';
        char *equals = strchr(copy, '=');
        if (!equals || equals == copy || *count_out == DIMENSIONS_MAX)
            return error_set(&call->error, &admin_bad_request,
                             "dimensions must be up to %d of Name=Value, with commas between them, "
                             "not '%s'",
                             DIMENSIONS_MAX, given);
        *equals = '\0';
        dimensions_out[(*count_out)++] = (struct metric_dimension){ copy, equals + 1 };
        copy = is_last ? end : end + 1;
    }
    return true;
}

static enum outcome explain(struct call *call)
{
    const struct admin *admin = call->state;
    const char *alarm = json_text(call->input, "alarm", NULL);
    struct metric_dimension dimensions[DIMENSIONS_MAX];
    struct metric_identity identity = {
        .account = call->account,
        .region = region_of(call),
        .name_space = json_text(call->input, "namespace", NULL),
        .name = json_text(call->input, "metric", NULL),
        .dimensions = dimensions,
    };
    if (alarm)
        return explain_alarm(call, alarm);
    if (!identity.name_space || !identity.name)
        return call_fault(call, &admin_bad_request,
                          "say alarm=NAME, or namespace=NAME and metric=NAME");
    if (!read_dimensions(call, dimensions, &identity.dimension_count))
        return OUTCOME_FAULT;
    call->output = metric_explain(admin->metrics, &identity);
    return OUTCOME_OK;
}

#define QUERY_ROW(member)                                                                          \
    {                                                                                              \
        .name = (member), .type = FIELD_STRING, .place = FIELD_IN_QUERY                            \
    }

static const struct field explain_fields[] = {
    QUERY_ROW("alarm"),      QUERY_ROW("namespace"), QUERY_ROW("metric"),
    QUERY_ROW("dimensions"), QUERY_ROW("region"),    { 0 },
};

const struct operation admin_explain_operations[] = {
    { .name = "Explain",
      .route = "GET /_coalmine/explain",
      .input = explain_fields,
      .handle = explain,
      .note = "`?alarm=NAME`: why it is in its state, with the datapoints of its window. "
              "`?namespace=..&metric=..&dimensions=A=1,B=2`: whether there is such a metric, and "
              "if not, the nearest and what differs. Both with a `sentence`; `region=` for another "
              "region." },
    { 0 },
};
