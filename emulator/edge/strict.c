#include "edge/strict.h"

#include "buffer.h"
#include "xalloc.h"

static bool refuse(const struct service *service, const struct field *rows, bool is_query,
                   struct text name, struct error *error)
{
    CLEANUP(buffer_clear) struct buffer names = { 0 };
    for (const struct field *row = rows; row && row->name; row++)
        if (row->place == (is_query ? FIELD_IN_QUERY : FIELD_IN_BODY))
            buffer_add_format(&names, "%s%s", names.size ? ", " : "", row->name);
    return error_set(error, service->validation_fault, "There is no %s '%.*s' here; %s%s",
                     is_query ? "query parameter" : "member of the body", TEXT_ARGS(name),
                     names.size ? "there are: " : "there is none at all", buffer_text(&names).data);
}

bool strict_allows_unknown(const struct service *service, const struct field *rows,
                           const char *name, struct error *error)
{
    return !service->refuses_unknown || refuse(service, rows, false, text_from(name), error);
}

void strict_name_member(const struct service *service, const char *name, struct error *error)
{
    if (!service->refuses_unknown)
        return;
    CLEANUP(freep) char *sentence = xstrdup(error->message);
    error_set(error, error->fault, "%s: %s", name, sentence);
}

static bool is_known(const struct operation *operation, struct text name)
{
    for (const struct field *row = operation->input; row && row->name; row++)
        if (row->place == FIELD_IN_QUERY && text_equal(name, row->name))
            return true;
    return text_starts_with(name, "X-Amz-"); /* of a signature in the query */
}

bool strict_check_query(const struct service *service, const struct operation *operation,
                        struct text query, struct error *error)
{
    if (!service->refuses_unknown || (operation->flags & OPERATION_IS_OPEN))
        return true;
    while (query.size) {
        struct text parameter = text_cut(&query, '&');
        struct text name = text_cut(&parameter, '=');
        if (name.size && !is_known(operation, name))
            return refuse(service, operation->input, true, name, error);
    }
    return true;
}
