/*
 * The clock that a test can turn: GET and POST /_coalmine/clock.
 */
#include <stdlib.h>

#include "admin/admin.h"
#include "clock.h"
#include "options.h"
#include "timestamp.h"

enum { MS_PER_SECOND = 1000 };

static const char *const modes[] = {
    [CLOCK_REAL] = "real", [CLOCK_FROZEN] = "frozen", [CLOCK_SCALED] = "scaled", NULL
};

static void write_clock(struct call *call)
{
    char time[TIMESTAMP_SIZE];
    int64_t now_ms = clock_now_ms();
    cJSON *output = call_output(call);
    json_set_text(output, "mode", modes[clock_get_mode()]);
    json_set_double(output, "scale", clock_scale());
    json_set_text(output, "time", timestamp_print(now_ms, TIMESTAMP_ISO_MS, time));
    json_set_double(output, "offsetSeconds", (double)(now_ms - clock_true_ms()) / MS_PER_SECOND);
}

static enum outcome get_clock(struct call *call)
{
    write_clock(call);
    return OUTCOME_OK;
}

static void on_done(void *owner)
{
    write_clock(owner);
    call_finish(owner, OUTCOME_OK);
}

/* What the call asks for, read before any of it is done. */
struct wish {
    const char *mode;
    double scale;
    bool has_time;
    int64_t time_ms;
    int64_t advance_ms; /* -1: not asked for */
};

static bool read_wish(struct call *call, struct wish *wish_out)
{
    const char *time = json_text(call->input, "time", NULL);
    const char *advance = json_text(call->input, "advance", NULL);
    *wish_out = (struct wish){ .mode = json_text(call->input, "mode", NULL),
                               .scale = json_double(call->input, "scale", 0),
                               .has_time = time != NULL,
                               .advance_ms = -1 };
    if (time && !timestamp_parse(text_from(time), &wish_out->time_ms))
        return error_set(&call->error, &admin_bad_request,
                         "time must be a time such as 2026-01-01T00:00:00Z, not '%s'", time);
    if (advance && !option_parse_duration(advance, &wish_out->advance_ms))
        return error_set(&call->error, &admin_bad_request,
                         "advance must be a duration such as 90s, 5m or 2h, not '%s'", advance);
    bool is_scaled = wish_out->mode && strcmp(wish_out->mode, modes[CLOCK_SCALED]) == 0;
    if (is_scaled != (wish_out->scale > 0))
        return error_set(&call->error, &admin_bad_request,
                         "mode scaled and a scale above 0 go together");
    return true;
}

static void set_mode(const struct wish *wish)
{
    for (int mode = 0; modes[mode]; mode++)
        if (strcmp(modes[mode], wish->mode) == 0)
            clock_set_mode((enum clock_mode)mode, wish->scale);
    if (clock_get_mode() == CLOCK_REAL && !wish->has_time && wish->advance_ms < 0)
        clock_set_now_ms(clock_true_ms()); /* real without a time: back to the machine's */
}

static enum outcome set_clock(struct call *call)
{
    const struct admin *admin = call->state;
    int64_t before_ms = clock_now_ms();
    struct wish wish;
    if (!read_wish(call, &wish))
        return OUTCOME_FAULT;
    if (wish.mode)
        set_mode(&wish);
    if (wish.has_time)
        clock_set_now_ms(wish.time_ms);
    if (wish.has_time || wish.mode)
        alarms_look_again(admin->alarms);
    schedule_clock_changed(admin->schedule, before_ms);
    if (wish.advance_ms >= 0)
        schedule_advance(admin->schedule, wish.advance_ms, on_done, call);
    else
        schedule_when_done(admin->schedule, on_done, call);
    return OUTCOME_LATER;
}

static const struct field set_clock_fields[] = {
    { .name = "mode", .type = FIELD_STRING, .values = modes },
    { .name = "scale", .type = FIELD_DOUBLE, .range = BETWEEN(0, 1e6) },
    { .name = "time", .type = FIELD_STRING },
    { .name = "advance", .type = FIELD_STRING },
    { 0 },
};

const struct operation admin_clock_operations[] = {
    { .name = "GetClock",
      .route = "GET /_coalmine/clock",
      .handle = get_clock,
      .note = "Service time: mode, scale, time, and how far it is from the machine's." },
    { .name = "SetClock",
      .route = "POST /_coalmine/clock",
      .input = set_clock_fields,
      .handle = set_clock,
      .note = "`{\"advance\": \"5m\"}` answers when all that fell due on the way has been done; "
              "`{\"mode\": \"real\" or \"frozen\" or \"scaled\", \"scale\": 60, \"time\": "
              "\"2026-01-01T00:00:00Z\"}` when what is due then has been begun." },
    { 0 },
};
