/*
 * Escape sequences in texts of somebody else's: what a hook says has its colours, which only a
 * terminal can show.
 */
#ifndef CANARY_ESCAPE_H
#define CANARY_ESCAPE_H

#include <stddef.h>

#include "text.h"

/* The size of the control sequence (CSI: colours, moves of the cursor) that the bytes begin with;
 * 0: none. */
size_t escape_size(struct text text);

/* The same of anything that a terminal would obey and not show: besides, what sets its title and
 * its like (OSC). One that nothing ends is none: what follows is to be seen. */
size_t escape_command_size(struct text text);

/* Takes them out of a string, in place. */
void escape_strip(char *string);

#endif
