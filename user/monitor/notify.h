/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells the service manager how the daemon is (sd_notify(3): one datagram to
 * $NOTIFY_SOCKET). Without a service manager every call does nothing.
 */
#ifndef INTERDICT_NOTIFY_H
#define INTERDICT_NOTIFY_H

#include <stdint.h>

/* Sends newline-separated assignments, for example "READY=1\nSTATUS=...". Never blocks. */
void notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Nanoseconds in which the service manager wants to hear WATCHDOG=1 (half of
 * WATCHDOG_USEC, as sd_watchdog_enabled(3) advises); 0 if it does not.
 */
uint64_t notify_watchdog_interval(void);

#endif
