/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A password, from a file, from a pipe or from a person.
 */
#ifndef INTERDICT_PASSWORD_H
#define INTERDICT_PASSWORD_H

#include <stddef.h>

#include "problems.h"

/* Bytes, as minisign has it. */
#define PASSWORD_MAX 1023

/* Released by password_release(), which wipes it. */
struct password {
	char text[PASSWORD_MAX + 2]; /* with the end of its line, while it is read */
	size_t size;
};

/*
 * Reads the first line of @file; without one, of standard input, unless that is a
 * terminal: then shows @prompt on the terminal and reads it from there, without echo.
 * Returns 0; -EINTR if a signal came meanwhile, which was raised again; or another
 * negative errno with the reason in @problems.
 */
int password_read(const char *file, const char *prompt, struct problems *problems,
		  struct password *ret_password);

void password_release(struct password *password);

/*
 * Opens a file that holds a secret: refuses one that others than its owner can read, or
 * whose owner is neither who runs this nor root. What is no regular file (a pipe) has
 * no such mode and is good. Returns 0 or a negative errno with the reason in @problems.
 */
int secret_open(const char *file, struct problems *problems, int *ret_fd);

#endif
