/*
 * Exchanges that wait for their reply. To suspend a connection and to resume it costs libmicrohttpd
 * two changes of its epoll set, an event and a read in vain: 4 us, a tenth of an invocation. So the
 * first few of them linger: their connections stay as they are, and libmicrohttpd calls on_access
 * for each in every run, where it finds that there is no reply yet. Those that come when a few
 * linger already are suspended in the next run, the others after some milliseconds.
 *
 * In the next run and not at once: libmicrohttpd would take the connection for one that it reads
 * from, read when it is resumed, and close it without a reply if the client has closed its side.
 *
 * A daemon with lingering connections always says that it has more to do. So a run ends when only
 * they are left; while others are under way run after run, whose work needs the daemon's word (a
 * slow upload, a long stream), nothing lingers. And libmicrohttpd takes a connection that it has
 * resumed for readable: it watches it for the next request only once another run has tried to read.
 *
 * A suspended connection does not notice that its client has gone; a lingering one may be closed.
 * Then the exchange is left behind, without a connection, until its reply comes.
 */
#include "http/exchange.h"

enum { LINGERING_MAX = 8, LINGER_TICK_MS = 5, LINGER_TICKS = 2, PASSES_MAX = 3 };

static void leave_active(struct http_exchange *exchange)
{
    exchange->server->active -= exchange->is_active;
    exchange->is_active = false;
}

void parking_enter(struct http_exchange *exchange)
{
    exchange->server->active++;
    exchange->is_active = true;
}

static void stop_lingering(struct http_exchange *exchange)
{
    exchange->server->lingering -= exchange->is_lingering;
    exchange->is_lingering = false;
}

void parking_leave(struct http_exchange *exchange)
{
    leave_active(exchange);
    stop_lingering(exchange);
    exchange->server->is_unsettled |= exchange->was_suspended;
}

void parking_suspend(struct http_exchange *exchange)
{
    stop_lingering(exchange);
    exchange->was_suspended = true;
    MHD_suspend_connection(exchange->connection);
}

static void on_tick(void *owner)
{
    struct http_server *server = owner;
    server->linger_ticks++;
    http_server_run(server);
    if (!server->lingering)
        loop_timer_stop(&server->linger_timer);
}

void parking_park(struct http_exchange *exchange, bool may_linger)
{
    struct http_server *server = exchange->server;
    leave_active(exchange);
    if (!may_linger) {
        parking_suspend(exchange);
        return;
    }
    exchange->lingers_briefly = server->is_draining || server->suspends || server->is_crowded ||
                                server->lingering >= LINGERING_MAX;
    exchange->is_lingering = true;
    exchange->lingers_since = server->linger_ticks;
    server->lingering++;
    if (!server->linger_timer)
        server->linger_timer =
            loop_timer_start(server->loop, LINGER_TICK_MS, LINGER_TICK_MS, on_tick, server);
}

void parking_visit(struct http_exchange *exchange)
{
    const struct http_server *server = exchange->server;
    if (exchange->lingers_briefly || server->suspends ||
        server->linger_ticks - exchange->lingers_since >= LINGER_TICKS)
        parking_suspend(exchange);
}

void parking_resume(struct http_exchange *exchange)
{
    bool was_suspended = !exchange->is_lingering;
    stop_lingering(exchange);
    parking_enter(exchange);
    if (was_suspended)
        MHD_resume_connection(exchange->connection);
}

bool parking_left_behind(struct http_exchange *exchange)
{
    if (!exchange->is_lingering)
        return false;
    stop_lingering(exchange);
    exchange->connection = NULL;
    return true;
}

bool parking_goes_on(struct http_server *server, int passes)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    bool is_unsettled = server->is_unsettled;
    server->is_unsettled = false;
    if (server->active && passes >= PASSES_MAX)
        server->suspends = true;
    if (is_unsettled ||
        (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0 &&
         (!server->lingering || server->active || server->suspends)))
        return true;
    server->is_crowded = server->active > 0;
    server->suspends = false;
    return false;
}
