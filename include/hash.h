/*
 * FNV-1a, 64 bits (Fowler, Noll, Vo): for tables and fingerprints, never for safety.
 */
#ifndef COALMINE_HASH_H
#define COALMINE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of nothing, with which one begins. */
#define HASH_EMPTY UINT64_C(0xCBF29CE484222325)

/* The hash of what `hash` is of and one byte more. */
static inline uint64_t hash_byte(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * UINT64_C(0x100000001B3);
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = hash_byte(hash, at[i]);
    return hash;
}

static inline uint64_t hash_string(const char *string)
{
    uint64_t hash = HASH_EMPTY;
    for (; *string; string++)
        hash = hash_byte(hash, (unsigned char)*string);
    return hash;
}

#endif
