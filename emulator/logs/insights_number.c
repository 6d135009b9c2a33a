#include "logs/insights_functions.h"

static struct insights_value do_abs(const struct insights_value *arguments, int count UNUSED,
                                    struct arena *arena UNUSED)
{
    return insights_number(fabs(insights_number_of(arguments)));
}

static struct insights_value do_ceil(const struct insights_value *arguments, int count UNUSED,
                                     struct arena *arena UNUSED)
{
    return insights_number(ceil(insights_number_of(arguments)));
}

static struct insights_value do_floor(const struct insights_value *arguments, int count UNUSED,
                                      struct arena *arena UNUSED)
{
    return insights_number(floor(insights_number_of(arguments)));
}

static struct insights_value do_greatest(const struct insights_value *arguments, int count,
                                         struct arena *arena UNUSED)
{
    double most = insights_number_of(arguments);
    for (int i = 1; i < count; i++)
        most = fmax(most, insights_number_of(&arguments[i]));
    return insights_number(most);
}

static struct insights_value do_least(const struct insights_value *arguments, int count,
                                      struct arena *arena UNUSED)
{
    double least = insights_number_of(arguments);
    for (int i = 1; i < count; i++)
        least = fmin(least, insights_number_of(&arguments[i]));
    return insights_number(least);
}

static struct insights_value do_log(const struct insights_value *arguments, int count UNUSED,
                                    struct arena *arena UNUSED)
{
    return insights_number(log(insights_number_of(arguments)));
}

/* round(number[, decimals]) */
static struct insights_value do_round(const struct insights_value *arguments, int count,
                                      struct arena *arena UNUSED)
{
    double scale = count > 1 ? pow(10, trunc(insights_number_of(&arguments[1]))) : 1;
    return insights_number(round(insights_number_of(arguments) * scale) / scale);
}

static struct insights_value do_sqrt(const struct insights_value *arguments, int count UNUSED,
                                     struct arena *arena UNUSED)
{
    return insights_number(sqrt(insights_number_of(arguments)));
}

/* haversine(latitude, longitude, latitude, longitude): kilometres between two places, on a sphere
 * with the Earth's mean radius (IUGG). */
static struct insights_value do_haversine(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena UNUSED)
{
    static const double RADIUS_KM = 6371.0088;
    static const double RADIANS = M_PI / 180;
    double first = insights_number_of(&arguments[0]) * RADIANS;
    double second = insights_number_of(&arguments[2]) * RADIANS;
    double along = insights_number_of(&arguments[3]) - insights_number_of(&arguments[1]);
    double up = sin((second - first) / 2);
    double across = sin(along * RADIANS / 2);
    double chord = up * up + cos(first) * cos(second) * across * across;
    return insights_number(2 * RADIUS_KM * asin(chord > 1 ? 1 : sqrt(chord)));
}

static struct insights_value do_tonumber(const struct insights_value *arguments, int count UNUSED,
                                         struct arena *arena UNUSED)
{
    return insights_number(insights_number_of(arguments));
}

/* toInt and toLong */
static struct insights_value do_tolong(const struct insights_value *arguments, int count UNUSED,
                                       struct arena *arena UNUSED)
{
    return insights_number(trunc(insights_number_of(arguments)));
}

static struct insights_value do_isnumeric(const struct insights_value *arguments, int count UNUSED,
                                          struct arena *arena UNUSED)
{
    return insights_boolean(!isnan(insights_number_of(arguments)));
}

const struct insights_function insights_number_functions[] = {
    { .name = "abs", .least = 1, .most = 1, .call = do_abs },
    { .name = "ceil", .least = 1, .most = 1, .call = do_ceil },
    { .name = "floor", .least = 1, .most = 1, .call = do_floor },
    { .name = "greatest", .least = 1, .most = INSIGHTS_ARGUMENTS_MAX, .call = do_greatest },
    { .name = "haversine", .least = 4, .most = 4, .call = do_haversine },
    { .name = "isnumeric", .least = 1, .most = 1, .call = do_isnumeric },
    { .name = "least", .least = 1, .most = INSIGHTS_ARGUMENTS_MAX, .call = do_least },
    { .name = "log", .least = 1, .most = 1, .call = do_log },
    { .name = "round", .least = 1, .most = 2, .call = do_round },
    { .name = "sqrt", .least = 1, .most = 1, .call = do_sqrt },
    { .name = "todouble", .least = 1, .most = 1, .call = do_tonumber },
    { .name = "toint", .least = 1, .most = 1, .call = do_tolong },
    { .name = "tolong", .least = 1, .most = 1, .call = do_tolong },
    { .name = "tonumber", .least = 1, .most = 1, .call = do_tonumber },
    { 0 },
};
