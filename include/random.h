/*
 * Randomness as a module: every draw comes from a named stream, so that a run with --seed
 * repeats exactly and interleaving one stream's draws with another's changes neither.
 * The generator is xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), seeded by SplitMix64. Not for secrets: crypto.h has those.
 * Implemented in emulator/base/random.c.
 */
#ifndef COALMINE_RANDOM_H
#define COALMINE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random_stream {
    uint64_t state[4];
};

/* Seeds all later streams. Without it they are seeded from the operating system. */
void random_set_seed(uint64_t seed);

/* A stream for `name` (for instance an alias's ARN): same seed and name, same draws. */
struct random_stream random_stream_for(const char *name);

uint64_t random_next(struct random_stream *stream);
double random_unit(struct random_stream *stream); /* uniform in [0, 1), 53 bits */

/* A random (version 4) UUID from the id stream of calls. Who sends one call after the other with
 * --seed gets the same ids, whatever goes on beside them. */
enum { UUID_SIZE = 37 };
void random_uuid(char uuid_out[UUID_SIZE]);

/* From the id stream of what nobody waits for: environments, traces, events of other services. When
 * that is its turn is a matter of speed. */
uint64_t random_next_aside(void);
void random_uuid_aside(char uuid_out[UUID_SIZE]);
/* So many random hexadecimal digits and a NUL. */
void random_hex_aside(char *hex_out, size_t digits);

/* Begins both id streams anew, as those of the so manieth run with this seed: what they draw, no
 * run before it has drawn. The first run's are what there is without a call. */
void random_set_run(int64_t number);

#endif
