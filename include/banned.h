/*
 * Calls that have no safe use here become compile errors. Included by force in every C file.
 */
#ifndef COALMINE_BANNED_H
#define COALMINE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok atoi atol atof gmtime localtime      \
    ctime asctime

#endif
