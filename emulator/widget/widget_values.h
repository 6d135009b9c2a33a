/*
 * What the numbers of a widget say about its picture: axes' ranges, sums of stacks, the value that
 * stands for a series. Pure.
 */
#ifndef COALMINE_WIDGET_VALUES_H
#define COALMINE_WIDGET_VALUES_H

#include <stdbool.h>

#include "arena.h"
#include "scale.h"
#include "widget/widget.h"

/* For each series what stands below each of its points; NULLs if the widget is not stacked. */
const double **widget_stack(const struct widget *widget, struct arena *arena);

/* True if a series belongs to that axis. */
bool widget_uses_axis(const struct widget *widget, bool is_right);

/* The range of an axis: its data (on its stacks), its thresholds, its limits. */
struct scale widget_scale(const struct widget *widget, const double *const *bases, bool is_right,
                          int wanted);

/* What the axis is called: its label, and the unit that all its series share. In the arena; NULL:
 * nothing. */
const char *widget_axis_title(const struct widget *widget, bool is_right, struct arena *arena);

/* The value that stands for a series: its last. NAN without data. */
double widget_value(const struct widget_series *series);

/* True if the point at `at` follows the one before it without a gap. */
bool widget_is_joined(const struct widget_series *series, size_t at);

#endif
