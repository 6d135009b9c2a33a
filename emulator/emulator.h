/*
 * The whole server: owns every module, starts them in order and ends them in reverse. Only the
 * commands include it.
 */
#ifndef COALMINE_EMULATOR_H
#define COALMINE_EMULATOR_H

#include <stdbool.h>

#include "error.h"
#include "operation/operation.h"
#include "settings.h"

struct emulator;

/* Opens the state and listens. NULL with a sentence if it cannot; nothing is left behind then. */
struct emulator *emulator_create(const struct settings *settings, struct error *error);
/* Ends everything; what is ephemeral is removed. Accepts NULL. */
void emulator_destroy(struct emulator *emulator);

int emulator_port(const struct emulator *emulator);
const char *emulator_region(const struct emulator *emulator);
struct loop *emulator_loop(struct emulator *emulator);

/* Runs until emulator_stop() has drained what was under way, or emulator_stop_now(). */
void emulator_run(struct emulator *emulator);
/* No new connections; ends when nothing is under way. */
void emulator_stop(struct emulator *emulator);
void emulator_stop_now(struct emulator *emulator);

/* Every service there is, NULL-ended: for health and for docs/operations.md. */
extern const struct service *const emulator_services[];

#endif
