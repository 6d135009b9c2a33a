#include "http/origin.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "text.h"

enum { HOST_MAX = 256 };

static const char *const known_names[] = { "localhost", "host.docker.internal" };
static const char *const known_suffixes[] = { ".localhost", ".amazonaws.com", ".amazonaws.com.cn",
                                              ".on.aws" };

static bool is_in_list(const char *list, const char *wanted)
{
    struct text rest = text_from(list);
    while (rest.size) {
        struct text item = text_cut(&rest, ',');
        if (item.size == strlen(wanted) && strncasecmp(item.data, wanted, item.size) == 0)
            return true;
    }
    return false;
}

/* Host without its port; an IPv6 address without its brackets. False if it is too long. */
static bool name_of_host(const char *host, char name_out[HOST_MAX])
{
    bool is_bracketed = host[0] == '[';
    const char *start = host + is_bracketed;
    size_t size = strcspn(start, is_bracketed ? "]" : ":");
    if (size == 0 || size >= HOST_MAX)
        return false;
    memcpy(name_out, start, size);
    name_out[size] = '\0';
    return true;
}

/* Not the addresses that lead to this machine and that browsers do not take for its own: to those
 * they send no Sec-Fetch-Site. */
static bool is_plain_address(const char *name)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;
    if (inet_pton(AF_INET, name, &ipv4) == 1)
        return ipv4.s_addr != INADDR_ANY;
    return inet_pton(AF_INET6, name, &ipv6) == 1 && !IN6_IS_ADDR_UNSPECIFIED(&ipv6) &&
           !IN6_IS_ADDR_V4MAPPED(&ipv6);
}

struct origin_headers origin_headers_of(const struct http_exchange *exchange)
{
    return (struct origin_headers){ .host = http_exchange_header(exchange, "Host"),
                                    .origin = http_exchange_header(exchange, "Origin"),
                                    .fetch_site =
                                        http_exchange_header(exchange, "Sec-Fetch-Site") };
}

bool origin_host_is_known(const struct origin_policy *policy, const char *host)
{
    char name[HOST_MAX];
    if (!name_of_host(host, name))
        return false;
    if (is_plain_address(name) || is_in_list(policy->hosts, name))
        return true;
    for (size_t i = 0; i < COUNT_OF(known_names); i++) {
        if (strcasecmp(name, known_names[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < COUNT_OF(known_suffixes); i++) {
        size_t size = strlen(known_suffixes[i]);
        if (strlen(name) > size && strcasecmp(name + strlen(name) - size, known_suffixes[i]) == 0)
            return true;
    }
    return false;
}

static bool is_allowed(const struct origin_policy *policy, const char *origin)
{
    return is_in_list(policy->origins, origin) || is_in_list(policy->origins, "*");
}

/* Not what was typed into the address line ("none"). The origin of this very server is no
 * exception: the pages that it serves are those of functions, at /_coalmine/url/. */
static bool is_from_page(const struct origin_headers *headers)
{
    return headers->fetch_site && strcmp(headers->fetch_site, "none") != 0;
}

const char *origin_refusal(const struct origin_policy *policy, const struct origin_headers *headers)
{
    if (headers->host && !policy->takes_any_host && !origin_host_is_known(policy, headers->host))
        return "Coalmine does not answer under this Host name, so that no page in a browser can "
               "reach it by DNS rebinding; coalmine serve --allow-host NAME allows it";
    if (headers->origin ? !is_allowed(policy, headers->origin) : is_from_page(headers))
        return "Coalmine does not take requests from pages in a browser; coalmine serve "
               "--allow-origin ORIGIN allows the pages of one origin";
    return NULL;
}
