/*
 * Directories with all that is below them: walked, measured, fingerprinted, packed, laid over one
 * another. Links are never followed. Safe on any thread.
 */
#ifndef COALMINE_TREE_H
#define COALMINE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "compiler.h"
#include "error.h"
#include "runtime/package.h"

enum { TREE_ENTRIES_MAX = 250000 };

struct tree_entry {
    const char *path; /* below the root: "lib/a.py" */
    int directory;    /* the one it is in, open */
    const char *name; /* in that */
    struct stat status;
};

/* False ends the walk. */
typedef bool tree_visitor(const struct tree_entry *entry, void *owner);

/* Visits all below `root`, a directory before what is in it, each directory's entries in the order
 * of their bytes. What vanishes meanwhile is left out. False if the visitor ended it, or with a
 * sentence: no such directory, more than TREE_ENTRIES_MAX entries. */
MUST_CHECK bool tree_walk(const char *root, tree_visitor *visit, void *owner, struct error *error);

/* Bytes of all files. */
MUST_CHECK bool tree_size(const char *root, int64_t *size_out, struct error *error);

/* A number that is another one after any file was edited, added, removed or renamed: made of
 * names, sizes, times and modes, not of contents. */
MUST_CHECK bool tree_fingerprint(const char *root, uint64_t *fingerprint_out, struct error *error);

/* A zip of the tree, the same bytes for the same tree, owned by the caller. What is neither file,
 * link nor directory is left out. */
MUST_CHECK enum package_fault tree_pack(const char *root, char **zip_out, size_t *size_out,
                                        struct error *error);

/* Lays `from` over the directory `to`: directories are joined, of all else the new one stays. Files
 * are linked, not copied, where the disk can. */
MUST_CHECK bool tree_lay_over(const char *from, const char *to, struct error *error);

#endif
