/*
 * Reports of a deployment, in four dresses. Pure: a history in, bytes out.
 */
#ifndef CANARY_REPORT_H
#define CANARY_REPORT_H

#include "buffer.h"
#include "report/history.h"

/* A form of report is a row: its name, and what writes it. */
struct report_form {
    const char *name; /* "text", "json", "junit", "html" */
    void (*write)(const struct history *history, struct buffer *out);
};

/* All forms; ends with a row without a name. */
extern const struct report_form report_forms[];

/* For people, on a terminal or in a log. */
void report_text(const struct history *history, struct buffer *out);
/* For programs: one JSON object. */
void report_json(const struct history *history, struct buffer *out);
/* For CI: JUnit XML with a test case for each check and step, each hook and the deployment. */
void report_junit(const struct history *history, struct buffer *out);
/* For a release ticket: a page of its own, without scripts and without anything from elsewhere. */
void report_html(const struct history *history, struct buffer *out);

#endif
