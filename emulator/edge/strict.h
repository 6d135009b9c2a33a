/*
 * Coalmine's own endpoints refuse by name what no row names, where AWS's ignore it: whoever
 * misspells a member of theirs is told.
 */
#ifndef COALMINE_STRICT_H
#define COALMINE_STRICT_H

#include "operation/operation.h"

/* False, with the error, if the service is one of those and `name` is a member of a body that no
 * row of these names. */
bool strict_allows_unknown(const struct service *service, const struct field *rows,
                           const char *name, struct error *error);

/* Puts the member's name before the sentence of an error about its value, if the service is one of
 * those. AWS's say of what type it is and should be, and not which it is. */
void strict_name_member(const struct service *service, const char *name, struct error *error);

/* False, with the error, if the service is one of those and the query has a parameter that none of
 * the operation's rows names. What is for everybody takes any, as what asks for a server's health
 * may send. */
bool strict_check_query(const struct service *service, const struct operation *operation,
                        struct text query, struct error *error);

#endif
