/*
 * Is this HTTP request for a function URL, and for which? Two forms:
 *   Host: <url-id>.lambda-url.<region>.localhost[:port]   or, as AWS's own, ....on.aws[:port]
 *   any host, path /_coalmine/url/<url-id>[/...]          for clients that cannot resolve the name
 */
#ifndef COALMINE_URL_ADDRESS_H
#define COALMINE_URL_ADDRESS_H

#include <stdbool.h>

#include "compiler.h"
#include "text.h"

struct url_address {
    struct text id;     /* as it came: a host name's letters may be of either case */
    struct text region; /* size 0: the path form names none */
    struct text domain; /* the host without its port; size 0: the path form */
    struct text path;   /* what the function sees; "/" at least, still percent-encoded */
};

/* All texts are borrowed. False if it is neither form; cheap then. */
MUST_CHECK bool url_address_read(struct text host, struct text path,
                                 struct url_address *address_out);

#endif
