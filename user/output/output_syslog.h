/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system log, as syslog(3) writes it: one datagram a record,
 *
 *	<PRI>Nov 21 03:12:45 interdict[4711]: deny exec level=alert path=...
 *
 * but never blocking, and queued and tried again where syslog(3) would lose the
 * message. When the log daemon restarts, the next attempt connects anew. A
 * message is at most 8 KB, what every syslogd takes; what was cut is named at its
 * end. The time is that of the event.
 */
#ifndef INTERDICT_OUTPUT_SYSLOG_H
#define INTERDICT_OUTPUT_SYSLOG_H

#include "output.h"

#define OUTPUT_SYSLOG_PATH "/dev/log"

/*
 * @facility is LOG_AUTHPRIV or another of <syslog.h>; @ident stands before every
 * message. The socket at @path need not be there yet. Returns 0, -EINVAL if a
 * name is too long or the facility is none, or -ENOMEM.
 */
int output_syslog_new(int facility, const char *ident, const char *path,
                      struct output **ret_output);

/*
 * Number of a facility by its name, such as "authpriv" or "local0". Returns 0 or
 * -EINVAL if there is none of that name.
 */
int syslog_facility_find(const char *name, int *ret_facility);

#endif
