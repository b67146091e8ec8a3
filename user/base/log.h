/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages to the person who runs the program, on standard error. Events do not
 * go here: they are written by output_*.c.
 */
#ifndef INTERDICT_LOG_H
#define INTERDICT_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR = 0,
	LOG_LEVEL_WARNING = 1,
	LOG_LEVEL_INFO = 2,
	LOG_LEVEL_DEBUG = 3,
};

/* Messages above @level are dropped. The default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

/* Writes one line, "interdict: " before it, with one write(2). */
void log_message(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)	 log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
