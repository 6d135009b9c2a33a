/* The release of both programs. */
#ifndef COALMINE_VERSION_H
#define COALMINE_VERSION_H

#define COALMINE_VERSION "0.1.0"

#endif
