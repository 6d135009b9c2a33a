/*
 * How much memory a function process and its descendants use, and how many they are, from /proc.
 */
#ifndef COALMINE_MEMORY_USE_H
#define COALMINE_MEMORY_USE_H

#include <sys/types.h>

/* Lambda's limit of processes and threads of an environment. */
enum { TASKS_MAX = 1024 };

struct memory_use {
    int now_mb;  /* resident now; what processes share counts once */
    int peak_mb; /* the same, or the most that one of them has had resident */
    int tasks;   /* processes and threads; with more processes than TASKS_MAX the others are 0 */
};

/* `generations`: how many to leave out from the top (bubblewrap's own processes). Zeros if
 * nothing is there any more. */
struct memory_use memory_use_of(pid_t pid, int generations);

#endif
