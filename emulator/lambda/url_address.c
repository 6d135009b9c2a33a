#include "lambda/url_address.h"

#include <strings.h>

static const char path_prefix[] = "/_coalmine/url/";

static bool same(struct text text, const char *expected)
{
    return text.size == strlen(expected) && strncasecmp(text.data, expected, text.size) == 0;
}

static bool is_label(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool is_good =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!is_good)
            return false;
    }
    return text.size > 0;
}

static bool read_path(struct text path, struct url_address *address_out)
{
    if (!text_starts_with(path, path_prefix))
        return false;
    struct text rest = { path.data + sizeof(path_prefix) - 1,
                         path.size - (sizeof(path_prefix) - 1) };
    struct text id = text_cut(&rest, '/');
    bool has_path = rest.data != NULL;
    *address_out = (struct url_address){ .id = id, .path = TEXT("/") };
    if (has_path)
        address_out->path = (struct text){ rest.data - 1, rest.size + 1 };
    return is_label(id);
}

static bool is_port(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return true;
}

static bool read_host(struct text host, struct url_address *address_out)
{
    struct text port = host;
    struct text domain = text_cut(&port, ':');
    struct text rest = domain;
    struct text id = text_cut(&rest, '.');
    if (!same(text_cut(&rest, '.'), "lambda-url") || !is_port(port))
        return false;
    struct text region = text_cut(&rest, '.');
    *address_out = (struct url_address){ .id = id, .region = region, .domain = domain };
    return (same(rest, "localhost") || same(rest, "on.aws")) && is_label(id) && is_label(region);
}

bool url_address_read(struct text host, struct text path, struct url_address *address_out)
{
    if (read_path(path, address_out))
        return true;
    if (!host.size || !read_host(host, address_out))
        return false;
    address_out->path = path.size ? path : TEXT("/");
    return true;
}
