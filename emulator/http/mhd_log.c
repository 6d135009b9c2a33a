/*
 * What only libmicrohttpd's log tells.
 */
#include <errno.h>

#include "http/exchange.h"
#include "log.h"
#include "xalloc.h"

/* When a request does not fit into its connection's memory, libmicrohttpd 0.9.75 ends it in a place
 * after which it forgets the connection until the client does something. Then another run sends the
 * refusal, or closes. Not for other lines: what is logged in every run while descriptors are short
 * would keep the loop busy. */
static void look_for_refusal(struct http_server *server, struct text line)
{
    if (server->daemon && text_starts_with(line, "Error processing request"))
        http_server_schedule_run(server);
}

static void look_for_lost_reply(struct text line)
{
    if (text_starts_with(line, "Closing connection (failed to create response header"))
        log_warn("http", "an answer's headers do not fit into the memory of its connection beside "
                         "the request's: the client got none");
}

/* The line about the first connection, which begins in the same way, means that libmicrohttpd goes
 * on listening. */
static void look_for_shortage(struct http_server *server, const char *format)
{
    if (text_starts_with(text_from(format), "Hit process or system resource limit at %u"))
        shortage_begin(server);
}

void on_mhd_log(void *owner, const char *format, va_list arguments)
{
    struct http_server *server = owner;
    if (!server->daemon)
        server->start_errno = errno;
    CLEANUP(freep) char *line = xvformat(format, arguments);
    look_for_refusal(server, text_from(line));
    look_for_lost_reply(text_from(line));
    look_for_shortage(server, format);
    log_debug("http", "%s", line);
}
