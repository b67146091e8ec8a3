/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the commands that ask the running monitor: the question, and in words what
 * went wrong with it.
 */
#ifndef INTERDICT_CONTROL_CLIENT_H
#define INTERDICT_CONTROL_CLIENT_H

#include <jansson.h>

/* Returns the answer, which the caller frees, or NULL after printing why there is none. */
json_t *control_client_ask(const char *request);

#endif
