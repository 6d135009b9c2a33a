/*
 * Which record a command is about that needs no network.
 */
#ifndef CANARY_RECORD_FILE_H
#define CANARY_RECORD_FILE_H

/* The path of the record that `named` means: a file, a deployment's directory, or an id in `state`;
 * NULL: the deployment begun last. The caller owns it. NULL, with a complaint, if it is not there.
 */
char *record_find(const char *named, const char *state);

#endif
