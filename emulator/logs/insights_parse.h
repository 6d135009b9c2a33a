/*
 * parse: fields out of a text, by a pattern with * or a regular expression with groups.
 */
#ifndef COALMINE_INSIGHTS_PARSE_H
#define COALMINE_INSIGHTS_PARSE_H

#include "logs/insights_expression.h"
#include "logs/insights_record.h"

struct insights_parse;

/* Behind the word parse; lives in the lexer's arena. NULL with the lexer's error. */
MUST_CHECK struct insights_parse *insights_parse_read(struct insights_lexer *lexer);

/* Whether a field of that name is among those it sets. */
bool insights_parse_makes(const struct insights_parse *parse, const char *name);

/* Sets the fields if the text has the shape, else nothing. */
void insights_parse_apply(const struct insights_parse *parse, struct insights_record *record);

#endif
