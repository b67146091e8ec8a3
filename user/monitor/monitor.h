/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon: puts the parts together and runs the event loop until a signal
 * ends it.
 */
#ifndef INTERDICT_MONITOR_H
#define INTERDICT_MONITOR_H

#include "config.h"

/*
 * Runs with @config until SIGTERM or SIGINT. What went wrong has been logged.
 * Returns 0 or a negative errno.
 */
int monitor_run(const struct config *config);

#endif
