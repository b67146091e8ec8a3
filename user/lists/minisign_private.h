/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between minisign.c (public keys, signatures) and minisign_secret.c (secret keys).
 */
#ifndef INTERDICT_MINISIGN_PRIVATE_H
#define INTERDICT_MINISIGN_PRIVATE_H

#include <stdbool.h>

#include "list.h"
#include "minisign.h"

/* Cuts off the first line, without its end. False if there is none. */
bool minisign_next_line(struct slice *text, struct slice *ret_line);

/* Whether it is an untrusted comment. */
bool minisign_untrusted(struct slice line);

#define MINISIGN_GLOBAL_MAX (MINISIGN_SIGNATURE_SIZE + MINISIGN_COMMENT_MAX)

/* What the global signature signs. Returns its size. */
size_t minisign_global_message(const struct minisign_signature *signature,
			       uint8_t ret_message[MINISIGN_GLOBAL_MAX]);

#endif
