#include "report/markup.h"

#include <string.h>

#include "report/escape.h"
#include "statistics/binomial.h"
#include "timestamp.h"
#include "xalloc.h"

enum { MS_PER_SECOND = 1000, MS_PER_MINUTE = 60000, MS_PER_HOUR = 3600000, MS_PER_DAY = 86400000 };

static const char *entity_of(unsigned char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return character < ' ' && !strchr("\t\n\r", character) ? "\xef\xbf\xbd" : NULL;
    }
}

void markup_text(struct buffer *out, const char *given)
{
    CLEANUP(freep) char *plain = xstrdup(given);
    escape_strip(plain);
    for (const char *text = plain; *text; text++) {
        const char *entity = entity_of((unsigned char)*text);
        bool is_noncharacter =
            strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0;
        if (is_noncharacter)
            text += 2;
        if (entity || is_noncharacter)
            buffer_add_string(out, entity ? entity : "\xef\xbf\xbd");
        else
            buffer_add_char(out, *text);
    }
}

void markup_duration(struct buffer *out, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
        int64_t part_ms;
        const char *part;
    } rows[] = {
        { MS_PER_DAY, "d", MS_PER_HOUR, "h" },
        { MS_PER_HOUR, "h", MS_PER_MINUTE, "m" },
        { MS_PER_MINUTE, "m", MS_PER_SECOND, "s" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (ms < rows[i].ms)
            continue;
        int64_t rest = ms % rows[i].ms / rows[i].part_ms;
        buffer_add_format(out, "%lld%s", (long long)(ms / rows[i].ms), rows[i].unit);
        if (rest)
            buffer_add_format(out, " %lld%s", (long long)rest, rows[i].part);
        return;
    }
    if (ms < MS_PER_SECOND)
        buffer_add_format(out, "%lld ms", (long long)ms);
    else
        buffer_add_format(out, "%.3g s", (double)ms / MS_PER_SECOND);
}

void markup_time(struct buffer *out, int64_t time_ms)
{
    char text[TIMESTAMP_SIZE];
    timestamp_print(time_ms, TIMESTAMP_ISO, text);
    buffer_add_format(out, "%.10s %.8s UTC", text, text + 11);
}

void markup_share(struct buffer *out, uint64_t part, uint64_t whole)
{
    struct interval interval = clopper_pearson(part, whole, 0.95);
    if (whole == 0)
        buffer_add_string(out, "-");
    else
        buffer_add_format(out, "%.3g %% [%.3g, %.3g]", 100 * share_of(part, whole),
                          100 * interval.low, 100 * interval.high);
}

void markup_step(struct buffer *out, const struct step_history *step)
{
    buffer_add_format(out, "step %d: ", step->index + 1);
    if (strcmp(step->kind, "weight") == 0)
        buffer_add_format(out, "%.3g %%", 100 * step->weight);
    else
        buffer_add_string(out, step->kind);
    if (step->name)
        buffer_add_format(out, ", %s", step->name);
}
