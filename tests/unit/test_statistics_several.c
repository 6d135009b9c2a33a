/* special functions, corrections and planned looks, against reference values. */
#include "statistics/several.h"
#include "statistics/special.h"

#include "support/close.h"

static const struct {
    const char *id;
    size_t looks;
    double error;
} peeks[] = {
    { "PK1", 1, 0.05 },
    { "PK2", 2, 0.083117803355 },
    { "PK3", 3, 0.10725637464 },
    { "PK4", 4, 0.126169012502 },
    { "PK5", 5, 0.141689332591 },
    { "PK6", 10, 0.19335659335 },
    { "PK7", 20, 0.247910938619 },
};

static const struct {
    const char *id;
    size_t looks;
    double pocock;
    double nominal;
} bounds[] = {
    { "GS1", 2, 2.1782720887, 0.0293857859 },  { "GS2", 3, 2.2894780610, 0.0220515912 },
    { "GS3", 4, 2.3612978911, 0.0182110955 },  { "GS4", 5, 2.4131762201, 0.0158141716 },
    { "GS5", 10, 2.5550127703, 0.0106183902 },
};

START_TEST(the_gamma_function_has_its_reference_values)
{
    static const struct {
        double x;
        double log_gamma;
    } rows[] = { { 0.5, 0.572364942925 },
                 { 1, 0 },
                 { 2, 0 },
                 { 1e-8, 18.4206807382 },
                 { 3.5, 1.20097360235 },
                 { 10, 12.8018274801 },
                 { 100, 359.134205370 },
                 { 1000.5, 5908.67417585 },
                 { 1e6, 12815504.5691 },
                 { 1e10, 220258509289 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double x = rows[i].x;
        /* Gamma(x) = x!/x, and x! by Stirling's formula and its rest. */
        double got = (x - 0.5) * log(x) - x + 0.5 * log(2 * M_PI) + stirling_rest(x);
        ck_assert_msg(fabs(got - rows[i].log_gamma) <= 1e-9 * fmax(1e-3, fabs(rows[i].log_gamma)),
                      "ln Gamma(%g): %.15g", x, got);
    }
}
END_TEST

START_TEST(the_beta_function_has_its_reference_values)
{
    static const struct {
        const char *id;
        double x;
        double a;
        double b;
        double value;
    } rows[] = { { "SF11", 0.5, 1, 1, 0.5 },
                 { "SF12", 0.1, 2, 3, 0.0523 },
                 { "SF13", 0.1, 13, 89, 0.208057688595 },
                 { "SF14", 0.9, 100, 10, 0.340309849383 },
                 { "SF15", 0.1, 121, 881, 0.0177311219705 },
                 { "SF16", 0.01, 51, 951, 1.62320367659e-20 },
                 { "SF17", 0.999, 500, 1, 0.606378944861 },
                 { "SF18", 0.25, 0.5, 0.5, 1 / 3.0 },
                 { "SF19", 0.05, 1, 2000, 1 },
                 { "SF20", 0.1, 12001, 88001, 8.54823591033e-94 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_close(beta_greater(1 - rows[i].x, rows[i].b, rows[i].a), rows[i].value, "I_x(a, b)",
                     rows[i].id);
}
END_TEST

/* B(a, b) = B(a+1, b) + B(a, b+1), across the seam between series and GSL; and whole values. */
START_TEST(the_logarithm_of_the_beta_function_keeps_its_law)
{
    static const double values[] = { 0.5, 1, 3, 9.5, 10, 11, 99, 1e4, 1e7 };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        for (size_t j = 0; j < COUNT_OF(values); j++) {
            double a = values[i];
            double b = values[j];
            double sum = log_add(log_beta(a + 1, b), log_beta(a, b + 1));
            ck_assert_msg(fabs(sum - log_beta(a, b)) < 1e-11 + 1e-15 * fabs(sum) &&
                              fabs(sum - log_beta(b, a)) < 1e-11 + 1e-15 * fabs(sum),
                          "B(%g, %g): %.17g, %.17g", a, b, sum, log_beta(a, b));
        }
    }
    assert_close(exp(log_beta(3, 4)), 1 / 60.0, "B(3, 4)", "whole");
    assert_close(exp(-log_beta(12, 13)) / 12, 2704156, "B(12, 13)", "whole");
}
END_TEST

START_TEST(the_normal_law_has_its_reference_values)
{
    static const struct {
        const char *id;
        double p;
        double z;
    } quantiles[] = {
        { "SF28", 0.5, 0 },
        { "SF29", 0.6, 0.253347103136 },
        { "SF30", 0.975, 1.95996398454 },
        { "SF31", 0.999999999, 5.99780701501 },
        { "SF32", 1e-6, -4.75342430882 },
        { "SF33", 1e-12, -7.03448382530 },
        { "SF34", 1e-50, -14.9333375348 },
        { "SF35", 1e-300, -37.0470962994 },
        { "SF43", 0.9, 1.28155156554460 },
        { "SF44", 0.95, 1.64485362695147 },
        { "SF45", 0.975, 1.95996398454005 },
        { "SF46", 0.99, 2.32634787404084 },
        { "SF47", 0.995, 2.57582930354890 },
        { "SF48", 0.9995, 3.29052673149189 },
        { "SF49", 0.999999, 4.75342430882290 },
    };
    static const struct {
        const char *id;
        double z;
        double greater;
    } tails[] = {
        { "SF36", 1, 0.158655253931 },      { "SF37", 1.959963984540054, 0.0250000000000 },
        { "SF38", 3, 0.00134989803163 },    { "SF39", 5, 2.86651571879e-7 },
        { "SF40", 8, 6.22096057427e-16 },   { "SF41", 20, 2.75362411861e-89 },
        { "SF42", 37, 5.72557122252e-300 },
    };
    for (size_t i = 0; i < COUNT_OF(quantiles); i++)
        assert_close(normal_quantile(quantiles[i].p), quantiles[i].z, "z", quantiles[i].id);
    for (size_t i = 0; i < COUNT_OF(tails); i++)
        assert_close(normal_greater(tails[i].z), tails[i].greater, "tail", tails[i].id);
}
END_TEST

START_TEST(adjusted_ratios_have_their_reference_values)
{
    /* Not in order, to see that the order is kept. */
    static const size_t places[] = { 3, 0, 9, 5, 1, 8, 2, 7, 6, 4 };
    static const double given[] = { 0.001, 0.008, 0.039, 0.041, 0.042,
                                    0.06,  0.074, 0.205, 0.212, 0.216 };
    static const double holm[] = { 0.01,  0.072, 0.312, 0.312, 0.312,
                                   0.312, 0.312, 0.615, 0.615, 0.615 };
    double shuffled[COUNT_OF(given)];
    for (size_t i = 0; i < COUNT_OF(given); i++)
        shuffled[i] = given[places[i]];
    adjust_holm_ratios(shuffled, COUNT_OF(given));
    for (size_t i = 0; i < COUNT_OF(given); i++)
        assert_close(shuffled[i], holm[places[i]], "adjusted", "AD2");
}
END_TEST

START_TEST(repeated_looks_have_their_reference_values)
{
    double z[LOOKS_MAX];
    for (size_t i = 0; i < COUNT_OF(peeks); i++) {
        for (size_t look = 0; look < peeks[i].looks; look++)
            z[look] = 1.959963984540;
        assert_close(looks_error(z, peeks[i].looks), peeks[i].error, "error", peeks[i].id);
    }
}
END_TEST

/* Bounds that are not alike: O'Brien and Fleming's, and those of two spending functions. */
START_TEST(bounds_that_fall_pass_as_often_as_they_should)
{
    static const double constants[][2] = { { 2, 1.9774309593 },
                                           { 3, 2.0040355786 },
                                           { 4, 2.0242954996 },
                                           { 5, 2.0400731748 },
                                           { 10, 2.0865021806 } };
    static const double spending[][5] = {
        { 4.38261270, 3.09972748, 2.55335497, 2.25384790, 2.06350110 },
        { 2.43797669, 2.42681386, 2.41019384, 2.39664540, 2.38598457 }
    };
    for (size_t i = 0; i < COUNT_OF(constants); i++) {
        double looks = constants[i][0];
        double z[10];
        for (size_t look = 0; look < (size_t)looks; look++)
            z[look] = constants[i][1] * sqrt(looks / (double)(look + 1));
        assert_close(looks_error(z, (size_t)looks), 0.05, "O'Brien-Fleming", "GS");
    }
    for (size_t i = 0; i < COUNT_OF(spending); i++)
        assert_within(looks_error(spending[i], 5), 0.05, 2e-8, "spending", "of 8 decimals");
}
END_TEST

START_TEST(pococks_bounds_have_their_reference_values)
{
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        double constant = pocock_constant(bounds[i].looks, 0.05);
        assert_close(constant, bounds[i].pocock, "Pocock", bounds[i].id);
        /* a reference of 9 or 10 digits */
        assert_within(2 * normal_greater(constant), bounds[i].nominal, 5e-9, "nominal p",
                      bounds[i].id);
    }
}
END_TEST

/* Reference values of 60 digits. */
START_TEST(what_nearly_cancels_keeps_its_digits)
{
    static const struct {
        const char *id;
        double x;
        double rest;
    } rests[] = {
        { "1!", 1, 0.0810614667953272582 },     { "9!", 9, 0.0092554621827127329 },
        { "10!", 10, 0.0083305634333628713 },   { "11!", 11, 0.0075736754879518408 },
        { "100!", 100, 0.0008333305556349147 },
    };
    static const struct {
        const char *id;
        double x;
        double m;
        double deviance;
    } rows[] = {
        { "one more of 10^6", 1000001, 1000000, 4.9999983333341663e-07 },
        { "one less", 1000000, 1000001, 4.9999966666691662e-07 },
        { "10^6 more of 10^12", 1000001000000, 1e12, 0.49999983333341669 },
        { "near", 105, 100, 0.12296723779036033 },
        { "within the series", 61, 50, 1.1299023834550765 },
        { "beyond it", 62, 50, 1.3369055362506208 },
        { "far", 1, 1000, 992.09224472101789 },
        { "none", 0, 5, 5 },
    };
    for (size_t i = 0; i < COUNT_OF(rests); i++)
        assert_within(stirling_rest(rests[i].x), rests[i].rest, 1e-12, "Stirling", rests[i].id);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_within(deviance(rows[i].x, rows[i].m), rows[i].deviance, 1e-13, "deviance",
                      rows[i].id);
}
END_TEST

/* Rounding may bring the logarithm of a probability above 0. */
START_TEST(logarithms_of_probabilities_are_added_at_their_ends)
{
    ck_assert(log_add(-INFINITY, -INFINITY) <= -INFINITY);
    assert_close(log_add(-INFINITY, -3), -3, "ln(0 + p)", "right");
    assert_close(log_add(-3, -INFINITY), -3, "ln(p + 0)", "left");
    assert_close(log_add(log(0.25), log(0.5)), log(0.75), "ln(p + q)", "both");
    ck_assert(log_complement(0) <= -INFINITY && log_complement(1e-16) <= -INFINITY);
    assert_close(log_complement(-1e-20), log(1e-20), "ln(1 - p)", "nearly 1");
    assert_close(log_complement(log(0.25)), log(0.75), "ln(1 - p)", "a quarter");
    assert_close(log_complement(-40), -4.2483542552915890e-18, "ln(1 - p)", "nearly 0");
    assert_close(log_complement(-INFINITY) + 1, 1, "ln(1 - p)", "0");
}
END_TEST

SUITE("special functions and several tests", what_nearly_cancels_keeps_its_digits,
      logarithms_of_probabilities_are_added_at_their_ends,
      the_gamma_function_has_its_reference_values, the_beta_function_has_its_reference_values,
      the_logarithm_of_the_beta_function_keeps_its_law, the_normal_law_has_its_reference_values,
      adjusted_ratios_have_their_reference_values, repeated_looks_have_their_reference_values,
      bounds_that_fall_pass_as_often_as_they_should, pococks_bounds_have_their_reference_values)
