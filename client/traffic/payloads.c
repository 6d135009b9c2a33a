#include "traffic/payloads.h"

#include <stdlib.h>

#include "file.h"
#include "xalloc.h"

static bool add(struct payloads *payloads, size_t *room, struct text item)
{
    if (payloads->count == *room)
        payloads->items = xgrow(payloads->items, room, 16, sizeof(*payloads->items));
    payloads->items[payloads->count++] = item;
    return item.size <= PAYLOAD_MAX;
}

static bool split(struct payloads *payloads, struct text rest, const char *path,
                  struct error *error)
{
    size_t room = 0;
    for (size_t line = 1; rest.size; line++) {
        struct text item = text_cut(&rest, '\n');
        if (item.size && item.data[item.size - 1] == '\r')
            item.size--;
        if (item.size && !add(payloads, &room, item))
            return error_set(error, NULL, "%s: line %zu has %zu bytes; Lambda takes %d", path, line,
                             item.size, PAYLOAD_MAX);
    }
    return payloads->count || error_set(error, NULL, "%s has no line to send", path);
}

bool payloads_read(const char *path, bool is_lines, struct payloads *payloads_out,
                   struct error *error)
{
    size_t size;
    *payloads_out = (struct payloads){ 0 };
    payloads_out->bytes = file_read(path, is_lines ? PAYLOADS_FILE_MAX : PAYLOAD_MAX, &size, error);
    if (!payloads_out->bytes)
        return false;
    const struct text all = { payloads_out->bytes, size };
    if (is_lines)
        return split(payloads_out, all, path, error);
    size_t room = 0;
    return add(payloads_out, &room, all);
}

bool payloads_check(const char *file, const char *lines, struct error *error)
{
    struct payloads payloads;
    if (!file && !lines)
        return true;
    bool is_good = payloads_read(lines ? lines : file, lines != NULL, &payloads, error);
    payloads_clear(&payloads);
    return is_good;
}

void payloads_clear(struct payloads *payloads)
{
    free(payloads->items);
    free(payloads->bytes);
    *payloads = (struct payloads){ 0 };
}
