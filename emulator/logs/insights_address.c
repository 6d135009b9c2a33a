/*
 * IP addresses. What is private is RFC 1918's; what is not public is what the IANA registries of
 * special-purpose addresses (RFC 6890) call not globally reachable, and multicast.
 */
#include "logs/insights_functions.h"

#include <arpa/inet.h>
#include <string.h>

#include "text.h"

enum { BYTES_4 = 4, BYTES_6 = 16, BITS_PER_BYTE = 8 };

struct address {
    size_t size; /* BYTES_4 or BYTES_6; 0: it is none */
    unsigned char bytes[BYTES_6];
};

static struct address read_address(const char *text)
{
    struct address address = { 0 };
    if (inet_pton(AF_INET, text, address.bytes) == 1)
        address.size = BYTES_4;
    else if (inet_pton(AF_INET6, text, address.bytes) == 1)
        address.size = BYTES_6;
    return address;
}

static struct address address_of(const struct insights_value *value, struct arena *arena)
{
    return read_address(insights_print(value, arena));
}

static bool has_prefix(const struct address *address, const struct address *start, size_t bits)
{
    size_t whole = bits / BITS_PER_BYTE;
    unsigned mask = 0xFF00u >> bits % BITS_PER_BYTE & 0xFFu;
    return address->size == start->size && memcmp(address->bytes, start->bytes, whole) == 0 &&
           (mask == 0 || ((address->bytes[whole] ^ start->bytes[whole]) & mask) == 0);
}

/* `subnet` is 192.0.2.0/24 or 2001:db8::/32. */
static bool is_in_subnet(const struct address *address, const char *subnet, struct arena *arena)
{
    struct text rest = text_from(subnet);
    struct address start = read_address(arena_copy(arena, text_cut(&rest, '/')));
    int64_t bits;
    return rest.data && start.size && text_to_int64(rest, &bits) && bits >= 0 &&
           (size_t)bits <= start.size * BITS_PER_BYTE && has_prefix(address, &start, (size_t)bits);
}

static bool is_in_one_of(const struct address *address, const char *const *subnets,
                         struct arena *arena)
{
    for (; *subnets; subnets++) {
        if (is_in_subnet(address, *subnets, arena))
            return true;
    }
    return false;
}

static struct insights_value do_isvalidip(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena)
{
    return insights_boolean(address_of(arguments, arena).size > 0);
}

static struct insights_value do_isvalidipv4(const struct insights_value *arguments,
                                            int count UNUSED, struct arena *arena)
{
    return insights_boolean(address_of(arguments, arena).size == BYTES_4);
}

static struct insights_value do_isvalidipv6(const struct insights_value *arguments,
                                            int count UNUSED, struct arena *arena)
{
    return insights_boolean(address_of(arguments, arena).size == BYTES_6);
}

static struct insights_value do_isipinsubnet(const struct insights_value *arguments,
                                             int count UNUSED, struct arena *arena)
{
    struct address address = address_of(arguments, arena);
    return insights_boolean(is_in_subnet(&address, insights_print(&arguments[1], arena), arena));
}

static struct insights_value do_isipv4insubnet(const struct insights_value *arguments, int count,
                                               struct arena *arena)
{
    return address_of(arguments, arena).size == BYTES_4 ? do_isipinsubnet(arguments, count, arena)
                                                        : insights_boolean(false);
}

static struct insights_value do_isipv6insubnet(const struct insights_value *arguments, int count,
                                               struct arena *arena)
{
    return address_of(arguments, arena).size == BYTES_6 ? do_isipinsubnet(arguments, count, arena)
                                                        : insights_boolean(false);
}

static struct insights_value do_ipv4tonumber(const struct insights_value *arguments,
                                             int count UNUSED, struct arena *arena)
{
    struct address address = address_of(arguments, arena);
    double number = 0;
    for (size_t i = 0; i < BYTES_4; i++)
        number = number * 256 + address.bytes[i];
    return address.size == BYTES_4 ? insights_number(number) : (struct insights_value){ 0 };
}

static struct insights_value do_isprivateip(const struct insights_value *arguments,
                                            int count UNUSED, struct arena *arena)
{
    static const char *const subnets[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", NULL };
    struct address address = address_of(arguments, arena);
    return insights_boolean(is_in_one_of(&address, subnets, arena));
}

static struct insights_value do_ispublicip(const struct insights_value *arguments, int count UNUSED,
                                           struct arena *arena)
{
    static const char *const subnets[] = {
        "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",
        "127.0.0.0/8",   "169.254.0.0/16",  "172.16.0.0/12",
        "192.0.0.0/24",  "192.0.2.0/24",    "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4",   "240.0.0.0/4",     "::/128",
        "::1/128",       "::ffff:0:0/96",   "64:ff9b:1::/48",
        "100::/64",      "2001:2::/48",     "2001:db8::/32",
        "3fff::/20",     "5f00::/16",       "fc00::/7",
        "fe80::/10",     "ff00::/8",        NULL,
    };
    struct address address = address_of(arguments, arena);
    return insights_boolean(address.size && !is_in_one_of(&address, subnets, arena));
}

const struct insights_function insights_address_functions[] = {
    { .name = "ipv4tonumber", .least = 1, .most = 1, .call = do_ipv4tonumber },
    { .name = "isipinsubnet", .least = 2, .most = 2, .call = do_isipinsubnet },
    { .name = "isipv4insubnet", .least = 2, .most = 2, .call = do_isipv4insubnet },
    { .name = "isipv6insubnet", .least = 2, .most = 2, .call = do_isipv6insubnet },
    { .name = "isprivateip", .least = 1, .most = 1, .call = do_isprivateip },
    { .name = "ispublicip", .least = 1, .most = 1, .call = do_ispublicip },
    { .name = "isvalidip", .least = 1, .most = 1, .call = do_isvalidip },
    { .name = "isvalidipv4", .least = 1, .most = 1, .call = do_isvalidipv4 },
    { .name = "isvalidipv6", .least = 1, .most = 1, .call = do_isvalidipv6 },
    { 0 },
};
