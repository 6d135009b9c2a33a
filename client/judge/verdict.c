/*
 * What the kinds of checks share (kinds.h).
 */
#include <math.h>
#include <stdarg.h>

#include "judge/kinds.h"
#include "text.h"

double half(double alpha)
{
    return alpha / 2;
}

void verdict_say(struct check_verdict *verdict, enum check_result result, const char *format, ...)
{
    va_list arguments;
    verdict->result = result;
    va_start(arguments, format);
    vsnprintf(verdict->sentence, sizeof(verdict->sentence), format, arguments);
    va_end(arguments);
    text_mend_utf8(verdict->sentence);
}

void verdict_add(struct check_verdict *verdict, const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(verdict->sentence);
    va_start(arguments, format);
    vsnprintf(verdict->sentence + used, sizeof(verdict->sentence) - used, format, arguments);
    va_end(arguments);
    text_mend_utf8(verdict->sentence);
}

void verdict_number(struct check_verdict *verdict, const char *name, double value)
{
    if (verdict->number_count < NUMBERS_MAX && isfinite(value))
        verdict->numbers[verdict->number_count++] = (struct named_number){ name, value };
}

void verdict_test(struct check_verdict *verdict, double p_value, double level)
{
    verdict->p_value = p_value;
    verdict->level = level;
}

double percent(double share)
{
    return 100 * share;
}

bool has_passed(struct check_memory *memory, double log_factor, double alpha)
{
    static const double MOST = 1e300; /* JSON knows no infinity */
    if (memory->peak <= 0 && log_factor >= -log(alpha))
        memory->peak = fmin(log_factor, MOST);
    return memory->peak > 0;
}

enum { WAS_GOOD = COUNT_OF(((struct check_memory *)NULL)->more) - 1 };

bool stays_good(struct check_memory *memory, bool is_good)
{
    if (is_good)
        memory->more[WAS_GOOD] = 1;
    return memory->more[WAS_GOOD] > 0;
}

void forget_good(struct check_memory *memory)
{
    memory->more[WAS_GOOD] = 0;
}

bool is_without_traffic(const struct evidence *evidence, uint64_t requests,
                        struct check_verdict *verdict)
{
    if (evidence->weight > 0 || requests > 0)
        return false;
    verdict_say(verdict, evidence->is_final ? CHECK_PASS : CHECK_CONTINUE,
                "the new version gets no traffic in this step: there is nothing to judge");
    return true;
}

bool is_too_few(const struct check *check, uint64_t requests, struct check_verdict *verdict)
{
    if ((int64_t)requests >= check->min_requests)
        return false;
    verdict_say(verdict, CHECK_INCONCLUSIVE,
                "the new version got only %llu requests, and %lld are needed to say anything; send "
                "more traffic, or give it more weight or time",
                (unsigned long long)requests, (long long)check->min_requests);
    return true;
}

bool is_split(const struct evidence *evidence)
{
    return evidence->weight > 0 && evidence->weight < 1;
}
