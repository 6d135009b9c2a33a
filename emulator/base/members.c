#include "members.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

#include "buffer.h"
#include "options.h"
#include "xalloc.h"

enum { NAME_MAX_SIZE = 64 };

static const double WHOLE_MAX = 9e15; /* every whole number below it is exactly a double */

void member_faults_clear(struct member_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        free(faults->items[i].path);
        free(faults->items[i].message);
    }
    free(faults->items);
    *faults = (struct member_faults){ 0 };
}

bool member_fault(struct member_faults *faults, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = xvformat(format, arguments);
    va_end(arguments);
    faults->items = xrealloc(faults->items, (faults->count + 1) * sizeof(*faults->items));
    faults->items[faults->count++] = (struct member_fault){ xstrdup(path), message, 0 };
    return false;
}

char *member_path(const char *path, const char *name)
{
    return *path ? xformat("%s.%s", path, name) : xstrdup(name);
}

/* Levenshtein's distance without regard to case; names are short. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[NAME_MAX_SIZE + 1];
    size_t width = strlen(b);
    if (strlen(a) > NAME_MAX_SIZE || width > NAME_MAX_SIZE)
        return NAME_MAX_SIZE;
    for (size_t j = 0; j <= width; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= width; j++) {
            unsigned kept = diagonal + (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0);
            unsigned moved = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = kept < moved ? kept : moved;
        }
    }
    return row[width];
}

const char *nearest_name(const char *name, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    unsigned least = (unsigned)strlen(name) / 2 + 1;
    for (size_t i = 0; i < count; i++) {
        unsigned far = distance(name, names[i]);
        if (far < least) {
            least = far;
            nearest = names[i];
        }
    }
    return nearest;
}

static const char *type_description(enum member_type type)
{
    static const char *const descriptions[] = {
        [MEMBER_FLAG] = "true or false",
        [MEMBER_TEXT] = "a text",
        [MEMBER_INTEGER] = "a whole number",
        [MEMBER_NUMBER] = "a number",
        [MEMBER_FRACTION] = "a share such as \"10%\" or 0.1",
        [MEMBER_DURATION] = "a time such as \"90s\", \"5m\" or \"2h\"",
        [MEMBER_RATE] = "a rate such as \"10/s\" or \"600/m\"",
        [MEMBER_CHOICE] = "one of the known words",
        [MEMBER_CUSTOM] = "what its page says",
    };
    return descriptions[type];
}

static bool read_choice(const char *text, const char *const *choices, int *value_out)
{
    for (int i = 0; choices[i]; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *value_out = i;
            return true;
        }
    }
    return false;
}

static bool parse_flag(const char *text, bool *value_out)
{
    *value_out = strcmp(text, "true") == 0;
    return *value_out || strcmp(text, "false") == 0;
}

static bool set_text(char **slot, const char *text)
{
    free(*slot);
    *slot = xstrdup(text);
    return true;
}

/* From a string, as a default and most members are written. */
static bool set_from_text(const struct member_row *row, void *slot, const char *text)
{
    switch (row->type) {
    case MEMBER_FLAG:
        return parse_flag(text, slot);
    case MEMBER_TEXT:
        return set_text(slot, text);
    case MEMBER_INTEGER:
        return text_to_int64(text_from(text), slot);
    case MEMBER_NUMBER:
        return text_to_double(text_from(text), slot);
    case MEMBER_FRACTION:
        return option_parse_fraction(text, slot);
    case MEMBER_DURATION:
        return option_parse_duration(text, slot);
    case MEMBER_RATE:
        return option_parse_rate(text, slot);
    case MEMBER_CHOICE:
        return read_choice(text, row->choices, slot);
    case MEMBER_CUSTOM:
        break;
    }
    return false;
}

static bool set_from_number(const struct member_row *row, void *slot, double number)
{
    switch (row->type) {
    case MEMBER_INTEGER:
        if (floor(number) != number || fabs(number) >= WHOLE_MAX)
            return false;
        *(int64_t *)slot = (int64_t)number;
        return true;
    case MEMBER_NUMBER:
        *(double *)slot = number;
        return isfinite(number);
    case MEMBER_FRACTION:
        *(double *)slot = number;
        return number >= 0 && number <= 1;
    case MEMBER_RATE:
        *(double *)slot = number;
        return number > 0 && number <= 1e6;
    default:
        return false;
    }
}

static bool set_value(const struct member_row *row, void *slot, const cJSON *value)
{
    if (cJSON_IsBool(value) && row->type == MEMBER_FLAG) {
        *(bool *)slot = cJSON_IsTrue(value);
        return true;
    }
    if (cJSON_IsNumber(value))
        return set_from_number(row, slot, value->valuedouble);
    return cJSON_IsString(value) && row->type != MEMBER_FLAG && row->type != MEMBER_INTEGER &&
           row->type != MEMBER_NUMBER && set_from_text(row, slot, value->valuestring);
}

static double number_of(const struct member_row *row, const void *slot)
{
    bool is_integer = row->type == MEMBER_INTEGER || row->type == MEMBER_DURATION;
    return is_integer ? (double)*(const int64_t *)slot : *(const double *)slot;
}

/* As it would be written in the object. */
static char *bound_text(const struct member_row *row, double bound)
{
    char time[DURATION_SIZE];
    if (row->type == MEMBER_DURATION)
        return xstrdup(duration_print((int64_t)bound, time));
    return row->type == MEMBER_FRACTION ? xformat("%.10g%%", 100 * bound) : xformat("%.10g", bound);
}

static bool check_bounds(const struct member_row *row, const void *slot, const char *path,
                         struct member_faults *faults)
{
    bool is_bounded = row->low != 0 || row->high != 0;
    if (!is_bounded || row->type == MEMBER_TEXT || row->type == MEMBER_FLAG ||
        row->type == MEMBER_CHOICE)
        return true;
    double number = number_of(row, slot);
    if (number >= row->low && number <= row->high)
        return true;
    CLEANUP(freep) char *low = bound_text(row, row->low);
    CLEANUP(freep) char *high = bound_text(row, row->high);
    return member_fault(faults, path, "must be from %s to %s", low, high);
}

static char *list_choices(const char *const *choices)
{
    struct buffer list = { 0 };
    for (int i = 0; choices[i]; i++)
        buffer_add_format(&list, "%s%s", i ? ", " : "", choices[i]);
    return buffer_take(&list, NULL);
}

static bool type_fault(const struct member_row *row, const cJSON *value, const char *path,
                       struct member_faults *faults)
{
    CLEANUP(freep) char *printed = json_print(value);
    if (row->type == MEMBER_TEXT && cJSON_IsNumber(value))
        return member_fault(faults, path, "%s is not a text: write \"%s\"", printed, printed);
    if (row->type != MEMBER_CHOICE)
        return member_fault(faults, path, "%.60s is not %s", printed, type_description(row->type));
    size_t count = 0;
    while (row->choices[count])
        count++;
    CLEANUP(freep) char *list = list_choices(row->choices);
    const char *near =
        cJSON_IsString(value) ? nearest_name(value->valuestring, row->choices, count) : NULL;
    return member_fault(faults, path, "%.60s is not one of %s%s%s%s", printed, list,
                        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* Lists are looked at by whoever reads them. */
static bool check_custom(const struct member_row *row, const cJSON *value, const char *path,
                         struct member_faults *faults)
{
    CLEANUP(json_deletep) cJSON *schema = json_parse(text_from(row->schema));
    const char *type = json_text(schema, "type", "");
    if (strcmp(type, "string") == 0 && !cJSON_IsString(value)) {
        CLEANUP(freep) char *printed = json_print(value);
        return member_fault(faults, path, "%.60s is not a text", printed);
    }
    return strcmp(type, "object") != 0 || cJSON_IsObject(value) ||
           member_fault(faults, path, "must be an object, {...}");
}

static bool read_row(const struct member_row *row, const cJSON *object, void *values,
                     const char *path, struct member_faults *faults)
{
    void *slot = (char *)values + row->offset;
    const cJSON *value = json_get(object, row->name);
    CLEANUP(freep) char *here = member_path(path, row->name);
    if (!value)
        return !row->is_required || member_fault(faults, *path ? path : row->name,
                                                 "%s is missing: %s", row->name, row->help);
    if (row->type == MEMBER_CUSTOM)
        return check_custom(row, value, here, faults);
    return set_value(row, slot, value) ? check_bounds(row, slot, here, faults)
                                       : type_fault(row, value, here, faults);
}

static void set_defaults(const struct member_row *rows, void *values)
{
    for (; rows->name; rows++) {
        if (rows->initial && !set_from_text(rows, (char *)values + rows->offset, rows->initial))
            abort(); /* our own mistake */
    }
}

/* NULL: there is none. */
static const struct member_row *find_row(const struct member_row *rows, const char *name)
{
    for (; rows->name; rows++) {
        if (strcmp(rows->name, name) == 0)
            return rows;
    }
    return NULL;
}

/* What one can overlook is told whole. */
static bool unknown_fault(const struct member_row *rows, const char *name, const char *path,
                          struct member_faults *faults)
{
    enum { FEW = 8 };
    const char *names[64];
    size_t count = 0;
    for (; count < COUNT_OF(names) && rows[count].name; count++)
        names[count] = rows[count].name;
    CLEANUP(freep) char *here = member_path(path, name);
    const char *near = nearest_name(name, names, count);
    if (near)
        return member_fault(faults, here, "there is no member '%s'; did you mean '%s'?", name,
                            near);
    if (count > FEW)
        return member_fault(faults, here, "there is no member '%s'", name);
    CLEANUP(buffer_clear) struct buffer list = { 0 };
    for (size_t i = 0; i < count; i++)
        buffer_add_format(&list, "%s%s", i ? ", " : "", names[i]);
    return member_fault(faults, here, "there is no member '%s'; there are: %s", name,
                        buffer_text(&list).data);
}

/* Who leaves a member empty may not have meant what it is without one. */
static bool null_fault(const char *name, const char *path, struct member_faults *faults)
{
    CLEANUP(freep) char *here = member_path(path, name);
    return member_fault(faults, here, "null is no value: give one, or leave the member out");
}

bool members_read(const struct member_row *rows, const cJSON *object, void *values,
                  const char *path, struct member_faults *faults)
{
    bool is_good = true;
    const cJSON *member;
    set_defaults(rows, values);
    if (!cJSON_IsObject(object))
        return member_fault(faults, path, "must be an object, {...}");
    cJSON_ArrayForEach(member, object)
    {
        const struct member_row *row = find_row(rows, member->string);
        if (!row)
            is_good = unknown_fault(rows, member->string, path, faults);
        else if (cJSON_IsNull(member) && !row->may_be_null && !row->is_required)
            is_good = null_fault(member->string, path, faults);
    }
    for (; rows->name; rows++)
        is_good &= read_row(rows, object, values, path, faults);
    return is_good;
}

void members_clear(const struct member_row *rows, void *values)
{
    for (; rows->name; rows++) {
        if (rows->type == MEMBER_TEXT) {
            char **slot = (char **)(void *)((char *)values + rows->offset);
            free(*slot);
            *slot = NULL;
        }
    }
}

#define DECIMAL "([0-9]+[.]?[0-9]*|[.][0-9]+)"

static cJSON *type_schema(const struct member_row *row)
{
    static const char *const schemas[] = {
        [MEMBER_FLAG] = "{\"type\":\"boolean\"}",
        [MEMBER_TEXT] = "{\"type\":\"string\"}",
        [MEMBER_INTEGER] = "{\"type\":\"integer\"}",
        [MEMBER_NUMBER] = "{\"type\":\"number\"}",
        [MEMBER_FRACTION] =
            "{\"anyOf\":[{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"
            "{\"type\":\"string\",\"pattern\":\"^((100([.]0*)?|[0-9]{1,2}([.][0-9]*)?|"
            "[.][0-9]+)%|1([.]0*)?|0?[.][0-9]+|0[.]?)$\"}]}",
        [MEMBER_DURATION] = "{\"type\":\"string\",\"pattern\":\"^" DECIMAL "(ms|s|m|h|d)$\"}",
        [MEMBER_RATE] =
            "{\"anyOf\":[{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":1000000},"
            "{\"type\":\"string\",\"pattern\":\"^(?=.*[1-9])" DECIMAL "(/[smh])?$\"}]}",
        [MEMBER_CHOICE] = "{}",
    };
    return json_parse(text_from(row->schema ? row->schema : schemas[row->type]));
}

/* Editors write it down as it is, so it has the member's type; infinity is none of JSON's. */
static cJSON *default_value(const struct member_row *row)
{
    bool is_literal =
        row->type == MEMBER_FLAG || row->type == MEMBER_INTEGER || row->type == MEMBER_NUMBER;
    if (!row->initial)
        return NULL;
    return is_literal ? json_parse(text_from(row->initial)) : cJSON_CreateString(row->initial);
}

static cJSON *row_schema(const struct member_row *row)
{
    cJSON *schema = type_schema(row);
    if (!schema)
        abort(); /* our own mistake */
    if (row->type == MEMBER_CHOICE) {
        cJSON *list = json_set_array(schema, "enum");
        for (int i = 0; row->choices[i]; i++)
            cJSON_AddItemToArray(list, cJSON_CreateString(row->choices[i]));
    }
    bool is_number = row->type == MEMBER_INTEGER || row->type == MEMBER_NUMBER;
    cJSON *number = row->type == MEMBER_FRACTION ? json_get(schema, "anyOf")->child : schema;
    if ((row->low != 0 || row->high != 0) && (is_number || row->type == MEMBER_FRACTION)) {
        json_replace(number, "minimum", cJSON_CreateNumber(row->low));
        json_replace(number, "maximum", cJSON_CreateNumber(row->high));
    }
    json_set_text(schema, "description", row->help);
    json_set(schema, "default", default_value(row));
    return schema;
}

cJSON *members_schema(const struct member_row *rows)
{
    cJSON *schema = cJSON_CreateObject();
    json_set_text(schema, "type", "object");
    json_set_bool(schema, "additionalProperties", false);
    cJSON *properties = json_set_object(schema, "properties");
    cJSON *required = cJSON_CreateArray();
    for (; rows->name; rows++) {
        json_set(properties, rows->name, row_schema(rows));
        if (rows->is_required)
            cJSON_AddItemToArray(required, cJSON_CreateString(rows->name));
    }
    if (required->child)
        json_set(schema, "required", required);
    else
        cJSON_Delete(required);
    return schema;
}

void members_schema_one_of(cJSON *schema, const char *const *names)
{
    cJSON *list = json_set_array(schema, "oneOf");
    for (; *names; names++) {
        cJSON *kind = cJSON_CreateObject();
        json_set(kind, "required", cJSON_CreateStringArray(names, 1));
        cJSON_AddItemToArray(list, kind);
    }
}
