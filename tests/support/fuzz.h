/*
 * What a fuzz target (tests/fuzz/fuzz_*.c) needs: libFuzzer calls LLVMFuzzerTestOneInput() with one
 * input after the other. `make fuzz` runs all of them for a while, `make check-fuzz` briefly.
 */
#ifndef COALMINE_FUZZ_H
#define COALMINE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer keeps the input that led here. */
#define fuzz_assert(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
