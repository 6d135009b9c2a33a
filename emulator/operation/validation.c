/*
 * The field rows against the tree: all violations are collected and worded as AWS words them.
 * Types were the codecs' business, but for path, query and header members, which come as text
 * and are converted here.
 */
#include <assert.h>
#include <ctype.h>

#include "buffer.h"
#include "number.h"
#include "operation/operation.h"
#include "pattern.h"

struct findings {
    struct buffer items;
    int count;
    const char *instead; /* of all that was found; NULL: nothing */
};

/* Where a value stands. Only a finding spells it: nearly all values are good. */
struct place {
    const struct place *parent; /* NULL: the input itself */
    const char *name;           /* of a member; NULL: the list's item `number` */
    int number;                 /* from 1 */
};

static void check_structure(struct findings *findings, const struct field *rows, cJSON *tree,
                            const struct place *place);

/* "routingConfig.additionalVersionWeights", "metricData.2.member.dimensions". */
static void add_place(struct buffer *buffer, const struct place *place)
{
    if (!place->parent)
        return;
    add_place(buffer, place->parent);
    if (place->parent->parent)
        buffer_add_char(buffer, '.');
    if (place->name) {
        buffer_add_char(buffer, (char)tolower((unsigned char)*place->name));
        buffer_add_string(buffer, place->name + 1);
    } else {
        buffer_add_format(buffer, "%d.member", place->number);
    }
}

/* As CloudWatch names it when it is missing: "MetricData.member.2.Dimensions". */
static void add_cloudwatch_place(struct buffer *buffer, const struct place *place)
{
    if (!place->parent)
        return;
    add_cloudwatch_place(buffer, place->parent);
    if (place->parent->parent)
        buffer_add_char(buffer, '.');
    if (place->name)
        buffer_add_string(buffer, place->name);
    else
        buffer_add_format(buffer, "member.%d", place->number);
}

/* A number as Java prints it. */
static void print_number(struct buffer *buffer, double value, bool is_double)
{
    char text[NUMBER_JAVA_SIZE];
    if (is_double)
        buffer_add_string(buffer, number_java(value, text));
    else
        number_print(buffer, value, false);
}

static void print_value(struct buffer *buffer, const struct field *field, const cJSON *value)
{
    const char *separator = "";
    const cJSON *child;
    const struct field *item = field->item ? field->item : field;
    assert(value);
    if (cJSON_IsString(value)) {
        buffer_add_string(buffer, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        print_number(buffer, value->valuedouble, field->type == FIELD_DOUBLE);
    } else if (cJSON_IsBool(value)) {
        buffer_add_string(buffer, cJSON_IsTrue(value) ? "true" : "false");
    } else if (cJSON_IsNull(value)) {
        buffer_add_string(buffer, "null");
    } else if (cJSON_IsArray(value)) {
        buffer_add_char(buffer, '[');
        cJSON_ArrayForEach(child, value)
        {
            buffer_add_string(buffer, separator);
            print_value(buffer, item, child);
            separator = ", ";
        }
        buffer_add_char(buffer, ']');
    } else {
        buffer_add_char(buffer, '{');
        cJSON_ArrayForEach(child, value)
        {
            buffer_add_format(buffer, "%s%s=", separator, child->string);
            print_value(buffer, item, child);
            separator = ", ";
        }
        buffer_add_char(buffer, '}');
    }
}

/* Begins a finding: "Value 'v' at 'path' failed to satisfy constraint: ". */
static struct buffer *begin(struct findings *findings, const struct field *field,
                            const cJSON *value, const struct place *place)
{
    struct buffer *items = &findings->items;
    if (findings->count++)
        buffer_add_string(items, "; ");
    buffer_add_string(items, "Value ");
    if (!value) {
        buffer_add_string(items, "null ");
    } else if (!field->is_sensitive) {
        buffer_add_char(items, '\'');
        print_value(items, field, value);
        buffer_add_string(items, "' ");
    }
    buffer_add_string(items, "at '");
    add_place(items, place);
    buffer_add_string(items, "' failed to satisfy constraint: ");
    return items;
}

static void add_bound(struct buffer *buffer, const char *what, const char *comparison, double bound,
                      bool is_double)
{
    buffer_add_format(buffer, "Member must have %s %s than or equal to ", what, comparison);
    print_number(buffer, bound, is_double);
}

static void add_enum(struct buffer *buffer, const struct field *field)
{
    const char *separator = "";
    buffer_add_string(buffer, "Member must satisfy enum value set: [");
    for (const char *const *value = field->values; *value; value++) {
        buffer_add_format(buffer, "%s%s", separator, *value);
        separator = ", ";
    }
    buffer_add_char(buffer, ']');
}

/* All constraints of a row, as the texts about list members and map entries list them. */
static void add_all_constraints(struct buffer *buffer, const struct field *row, bool is_key)
{
    bool is_double = row->type == FIELD_DOUBLE;
    const struct field_range *bounds = row->length ? row->length : row->range;
    const char *what = row->length ? "length" : "value";
    const char *separator = "";
    if (bounds && bounds->has_max) {
        add_bound(buffer, what, "less", bounds->max, is_double);
        separator = ", ";
    }
    if (bounds) {
        buffer_add_string(buffer, separator);
        add_bound(buffer, what, "greater", bounds->min, is_double);
        separator = ", ";
    }
    if (row->pattern) {
        buffer_add_format(buffer, "%sMember must satisfy regular expression pattern: %s", separator,
                          row->pattern);
        separator = ", ";
    }
    if (row->values) {
        buffer_add_string(buffer, separator);
        add_enum(buffer, row);
        separator = ", ";
    }
    if (!is_key)
        buffer_add_format(buffer, "%sMember must not be null", separator);
}

static double character_count(const char *string)
{
    return (double)text_count_characters(text_from(string));
}

/* NaN is neither within nor outside: it is both below and above. */
static bool is_below(const struct field_range *range, double value)
{
    return range && !(value >= range->min);
}

static bool is_above(const struct field_range *range, double value)
{
    return range && range->has_max && !(value <= range->max);
}

/* Of a FIELD_DOUBLE that may be one of the texts. */
static double number_of(const cJSON *value)
{
    double number;
    bool is_text = cJSON_IsString(value);
    return is_text && text_to_double(text_from(value->valuestring), &number) ? number
                                                                             : value->valuedouble;
}

/* A list member or map entry; unlike members of a structure these cannot be left out by null. */
static bool scalar_is_good(const struct field *row, const cJSON *value)
{
    if (cJSON_IsNull(value))
        return false;
    if (cJSON_IsNumber(value) || row->type == FIELD_DOUBLE)
        return !is_below(row->range, number_of(value)) && !is_above(row->range, number_of(value));
    if (cJSON_IsString(value)) {
        const char *string = value->valuestring;
        double length = character_count(string);
        return !is_below(row->length, length) && !is_above(row->length, length) &&
               (!row->pattern || pattern_matches(row->pattern, text_from(string))) &&
               (!row->values || string_is_one_of(string, row->values));
    }
    return true;
}

static void check_bounds(struct findings *findings, const struct field *field, cJSON *value,
                         const struct place *place, const struct field_range *range,
                         const char *what, double measure)
{
    bool is_double = field->type == FIELD_DOUBLE;
    if (is_above(range, measure))
        add_bound(begin(findings, field, value, place), what, "less", range->max, is_double);
    else if (is_below(range, measure))
        add_bound(begin(findings, field, value, place), what, "greater", range->min, is_double);
}

static void check_pattern(struct findings *findings, const struct field *field, cJSON *value,
                          const struct place *place)
{
    if (!field->pattern || pattern_matches(field->pattern, text_from(value->valuestring)))
        return;
    struct field told = *field;
    told.is_sensitive |= field->hides_misfit;
    buffer_add_format(begin(findings, &told, value, place),
                      "Member must satisfy regular expression pattern: %s", field->pattern);
}

static void check_string(struct findings *findings, const struct field *field, cJSON *value,
                         const struct place *place)
{
    const char *string = value->valuestring;
    double length = character_count(string);
    if (field->too_long && is_above(field->length, length))
        findings->instead = field->too_long;
    check_bounds(findings, field, value, place, field->length, "length", length);
    check_pattern(findings, field, value, place);
    if (field->values && !string_is_one_of(string, field->values))
        add_enum(begin(findings, field, value, place), field);
}

static void check_list(struct findings *findings, const struct field *field, cJSON *value,
                       const struct place *place)
{
    check_bounds(findings, field, value, place, field->length, "length", cJSON_GetArraySize(value));
    const cJSON *item;
    int number = 0;
    bool is_bad = false;
    cJSON_ArrayForEach(item, value)
    {
        number++;
        if (field->item->type == FIELD_STRUCTURE) {
            const struct place item_place = { place, NULL, number };
            check_structure(findings, field->item->members, (cJSON *)(uintptr_t)item, &item_place);
        } else {
            is_bad |= !scalar_is_good(field->item, item);
        }
    }
    if (!is_bad)
        return;
    struct buffer *items = begin(findings, field, value, place);
    buffer_add_string(items, "Member must satisfy constraint: [");
    add_all_constraints(items, field->item, false);
    buffer_add_char(items, ']');
}

static void check_map(struct findings *findings, const struct field *field, cJSON *value,
                      const struct place *place)
{
    bool has_bad_key = false;
    bool has_bad_value = false;
    const cJSON *entry;
    check_bounds(findings, field, value, place, field->length, "length", cJSON_GetArraySize(value));
    cJSON_ArrayForEach(entry, value)
    {
        const cJSON key = { .type = cJSON_String, .valuestring = entry->string };
        has_bad_key |= field->key && !scalar_is_good(field->key, &key);
        has_bad_value |= field->item && !scalar_is_good(field->item, entry);
    }
    if (has_bad_key) {
        struct buffer *items = begin(findings, field, value, place);
        buffer_add_string(items, "Map keys must satisfy constraint: [");
        add_all_constraints(items, field->key, true);
        buffer_add_char(items, ']');
    }
    if (has_bad_value) {
        struct buffer *items = begin(findings, field, value, place);
        buffer_add_string(items, "Map value must satisfy constraint: [");
        add_all_constraints(items, field->item, false);
        buffer_add_char(items, ']');
    }
}

static void check_value(struct findings *findings, const struct field *field, cJSON *value,
                        const struct place *place)
{
    if (field->type == FIELD_STRUCTURE)
        check_structure(findings, field->members, value, place);
    else if (field->type == FIELD_LIST)
        check_list(findings, field, value, place);
    else if (field->type == FIELD_MAP)
        check_map(findings, field, value, place);
    else if (cJSON_IsNumber(value) || field->type == FIELD_DOUBLE)
        check_bounds(findings, field, value, place, field->range, "value", number_of(value));
    else if (cJSON_IsString(value))
        check_string(findings, field, value, place);
}

static void check_structure(struct findings *findings, const struct field *rows, cJSON *tree,
                            const struct place *parent)
{
    for (const struct field *field = rows; field && field->name; field++) {
        const struct place place = { parent, field->name, 0 };
        cJSON *value = json_get(tree, field->name);
        if (value)
            check_value(findings, field, value, &place);
        else if (field->is_required)
            buffer_add_string(begin(findings, field, NULL, &place), "Member must not be null");
    }
}

static bool is_whole(const struct field *rows, const cJSON *tree, const struct place *parent,
                     struct buffer *missing);

static bool items_are_whole(const struct field *field, const cJSON *list, const struct place *place,
                            struct buffer *missing)
{
    const cJSON *item;
    struct place item_place = { place, NULL, 0 };
    cJSON_ArrayForEach(item, list)
    {
        item_place.number++;
        if (!is_whole(field->item->members, item, &item_place, missing))
            return false;
    }
    return true;
}

/* False if a required member is absent: the first one's place is in `missing`. */
static bool is_whole(const struct field *rows, const cJSON *tree, const struct place *parent,
                     struct buffer *missing)
{
    for (const struct field *field = rows; field && field->name; field++) {
        bool is_structure = field->type == FIELD_STRUCTURE;
        bool is_list = field->type == FIELD_LIST && field->item->type == FIELD_STRUCTURE;
        if (!field->is_required && !is_structure && !is_list)
            continue;
        const struct place place = { parent, field->name, 0 };
        const cJSON *value = json_get(tree, field->name);
        if (!value && field->is_required) {
            add_cloudwatch_place(missing, &place);
            return false;
        }
        if (value && is_structure && !is_whole(field->members, value, &place, missing))
            return false;
        if (value && is_list && !items_are_whole(field, value, &place, missing))
            return false;
    }
    return true;
}

/* Text of path, query and headers becomes what the row says. */
static bool convert(struct call *call, const struct field *field, cJSON *value)
{
    int64_t number;
    assert(value && cJSON_IsString(value));
    if (field->type == FIELD_INTEGER) {
        if (!text_to_int64(text_from(value->valuestring), &number))
            return error_set(&call->error, call->service->serialization_fault,
                             "Value '%s' at '%s' is not a whole number", value->valuestring,
                             field->name);
        cJSON_ReplaceItemInObjectCaseSensitive(call->input, field->name,
                                               cJSON_CreateNumber((double)number));
    } else if (field->type == FIELD_BOOLEAN) {
        bool is_true = strcmp(value->valuestring, "true") == 0;
        if (!is_true && strcmp(value->valuestring, "false") != 0)
            return error_set(&call->error, call->service->serialization_fault,
                             "Value '%s' at '%s' is neither true nor false", value->valuestring,
                             field->name);
        cJSON_ReplaceItemInObjectCaseSensitive(call->input, field->name, cJSON_CreateBool(is_true));
    }
    return true;
}

static bool convert_all(struct call *call)
{
    for (const struct field *field = call->operation->input; field && field->name; field++) {
        cJSON *value = field->place == FIELD_IN_BODY ? NULL : json_get(call->input, field->name);
        if (cJSON_IsString(value) && !convert(call, field, value))
            return false;
    }
    return true;
}

static bool nothing_is_missing(struct call *call)
{
    if (call->service->validation_style != VALIDATION_CLOUDWATCH)
        return true;
    const struct place input = { 0 };
    CLEANUP(buffer_clear) struct buffer missing = { 0 };
    return is_whole(call->operation->input, call->input, &input, &missing) ||
           error_set(&call->error, call->service->missing_fault, "The parameter %s is required.",
                     missing.data);
}

bool call_validate(struct call *call)
{
    if (!convert_all(call) || !nothing_is_missing(call))
        return false;
    struct findings findings = { 0 };
    const struct place input = { 0 };
    check_structure(&findings, call->operation->input, call->input, &input);
    if (findings.instead)
        error_set(&call->error, call->service->validation_fault, "%s", findings.instead);
    else if (findings.count)
        error_set(&call->error, call->service->validation_fault,
                  "%d validation error%s detected: %s", findings.count,
                  findings.count == 1 ? "" : "s", buffer_text(&findings.items).data);
    buffer_clear(&findings.items);
    return findings.count == 0;
}
