/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static enum log_level log_limit = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	log_limit = level;
}

void log_message(enum log_level level, const char *format, ...)
{
	static const char *const prefix[] = { "error: ", "warning: ", "", "debug: " };
	char line[4096];
	int saved = errno;
	va_list args;
	size_t used;
	int n;

	if (level > log_limit)
		return;
	used = (size_t)snprintf(line, sizeof(line), "interdict: %s", prefix[level]);
	va_start(args, format);
	n = vsnprintf(line + used, sizeof(line) - used - 1, format, args);
	va_end(args);
	if (n > 0)
		used += (size_t)n < sizeof(line) - used - 1 ? (size_t)n : sizeof(line) - used - 2;
	line[used++] = '\n';
	if (write(STDERR_FILENO, line, used) < 0) {
		/* Nobody reads: there is nowhere to say so. */
	}
	errno = saved;
}
