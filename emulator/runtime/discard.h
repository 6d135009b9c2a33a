/*
 * Directories that nobody needs any more: put aside at once by a rename, so that their names are
 * free, and removed by a worker when the loop has nothing more urgent to do. What a crash kept it
 * from removing goes after the next start.
 */
#ifndef COALMINE_DISCARD_H
#define COALMINE_DISCARD_H

struct discard;
struct loop;

/* Keeps what is put aside in `directory`, made when it is needed. */
struct discard *discard_create(struct loop *loop, const char *directory);

/* After the loop: its workers have ended then. Accepts NULL. */
void discard_destroy(struct discard *discard);

/* `path` is free when this returns. Where it cannot be renamed, or with `discard` NULL, it is
 * removed at once. Nothing happens if there is no such directory. */
void discard_take(struct discard *discard, const char *path);

#endif
