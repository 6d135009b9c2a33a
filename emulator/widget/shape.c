#include "widget/shape.h"

#include <math.h>
#include <stdarg.h>

#include "buffer.h"
#include "xalloc.h"

static void add(struct shape_problems *problems, const char *path, const char *message,
                bool is_warning)
{
    problems->errors += !is_warning;
    if (problems->count == SHAPE_PROBLEMS_MAX)
        return;
    problems->list[problems->count++] = (struct shape_problem){
        arena_copy(problems->arena, text_from(path)),
        arena_copy(problems->arena, text_from(message)),
        is_warning,
    };
}

void shape_complain(struct shape_problems *problems, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    CLEANUP(freep) char *message = xvformat(format, arguments);
    va_end(arguments);
    add(problems, path, message, false);
}

static void print_member(struct buffer *buffer, const char *name, const char *text, const char *end)
{
    cJSON *item = cJSON_CreateString(text);
    CLEANUP(freep) char *quoted = json_print(item);
    cJSON_Delete(item);
    buffer_add_format(buffer, "    \"%s\": %s%s\n", name, quoted, end);
}

const char *shape_print(const struct shape_problems *problems)
{
    struct buffer buffer = { 0 };
    buffer_add_string(&buffer, "[\n");
    for (int i = 0; i < problems->count; i++) {
        buffer_add_string(&buffer, "  {\n");
        print_member(&buffer, "dataPath", problems->list[i].path, ",");
        print_member(&buffer, "message", problems->list[i].message, "");
        buffer_add_format(&buffer, "  }%s\n", i + 1 < problems->count ? "," : "");
    }
    buffer_add_string(&buffer, "]");
    const char *text = arena_copy(problems->arena, buffer_text(&buffer));
    buffer_clear(&buffer);
    return text;
}

static bool has_type(const struct shape *shape, const cJSON *value)
{
    switch (shape->type) {
    case SHAPE_TEXT:
        return cJSON_IsString(value);
    case SHAPE_NUMBER:
        return cJSON_IsNumber(value);
    case SHAPE_INTEGER:
        return cJSON_IsNumber(value) && value->valuedouble == floor(value->valuedouble);
    case SHAPE_BOOLEAN:
        return cJSON_IsBool(value);
    case SHAPE_OBJECT:
        return cJSON_IsObject(value);
    case SHAPE_ARRAY:
        return cJSON_IsArray(value);
    case SHAPE_ANY:
        return true;
    }
    return false;
}

static const char *type_name(enum shape_type type)
{
    static const char *const names[] = { [SHAPE_TEXT] = "string",
                                         [SHAPE_NUMBER] = "number",
                                         [SHAPE_INTEGER] = "integer",
                                         [SHAPE_BOOLEAN] = "boolean",
                                         [SHAPE_OBJECT] = "object",
                                         [SHAPE_ARRAY] = "array",
                                         [SHAPE_ANY] = "" };
    return names[type];
}

static void check_text(struct shape_problems *problems, const struct shape *shape, const char *text,
                       const char *path)
{
    if (!shape->values)
        return;
    for (const char *const *value = shape->values; *value; value++) {
        if (strcmp(*value, text) == 0)
            return;
    }
    shape_complain(problems, path, "Should be equal to one of the allowed values");
}

static void check_range(struct shape_problems *problems, const struct shape *shape, double value,
                        const char *path)
{
    if (shape->min == 0 && shape->max == 0)
        return;
    if (value < shape->min)
        shape_complain(problems, path, "Should be >= %.10g", shape->min);
    else if (value > shape->max)
        shape_complain(problems, path, "Should be <= %.10g", shape->max);
}

static void check_array(struct shape_problems *problems, const struct shape *shape,
                        const cJSON *array, const char *path)
{
    int count = cJSON_GetArraySize(array);
    const cJSON *item;
    int at = 0;
    bool has_limit = shape->min != 0 || shape->max != 0;
    if (has_limit && count < shape->min)
        shape_complain(problems, path, "Should NOT have less than %.10g items", shape->min);
    if (has_limit && count > shape->max) {
        shape_complain(problems, path, "Should NOT have more than %.10g items", shape->max);
        return;
    }
    if (!shape->item)
        return;
    cJSON_ArrayForEach(item, array)
    {
        CLEANUP(freep) char *item_path = xformat("%s/%d", path, at++);
        shape_check(problems, shape->item, item, item_path);
    }
}

void shape_check(struct shape_problems *problems, const struct shape *shape, const cJSON *value,
                 const char *path)
{
    if (!has_type(shape, value)) {
        shape_complain(problems, path, "Should be %s", type_name(shape->type));
        return;
    }
    if (shape->type == SHAPE_TEXT)
        check_text(problems, shape, value->valuestring, path);
    if (shape->type == SHAPE_NUMBER || shape->type == SHAPE_INTEGER)
        check_range(problems, shape, value->valuedouble, path);
    if (shape->type == SHAPE_ARRAY)
        check_array(problems, shape, value, path);
    if (shape->members)
        shape_check_members(problems, shape->members, value, path);
    if (shape->check)
        shape->check(problems, value, path);
}

static bool is_known(const struct shape *rows, const char *name)
{
    for (; rows->name; rows++) {
        if (strcmp(rows->name, name) == 0)
            return true;
    }
    return false;
}

void shape_check_members(struct shape_problems *problems, const struct shape *rows,
                         const cJSON *object, const char *path)
{
    for (const struct shape *row = rows; row->name; row++) {
        const cJSON *value = json_get(object, row->name);
        CLEANUP(freep) char *member_path = xformat("%s/%s", path, row->name);
        if (value)
            shape_check(problems, row, value, member_path);
        else if (row->is_required)
            shape_complain(problems, path, "Should have required property '%s'", row->name);
    }
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        CLEANUP(freep) char *member_path = xformat("%s/%s", path, member->string);
        if (!is_known(rows, member->string))
            add(problems, member_path, "Should NOT have additional properties", true);
    }
}
