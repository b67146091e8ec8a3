/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which attribute types of MISP are digests of a file, for its JSON and its CSV.
 * Private to the list formats.
 */
#ifndef INTERDICT_MISP_TYPE_H
#define INTERDICT_MISP_TYPE_H

#include "list.h"

struct misp_digest {
	enum list_weak weak; /* LIST_WEAK_COUNT: it is a SHA-256 */
	bool named;	     /* the value is "NAME|DIGEST" */
};

/* False if @type is no digest of a file. */
bool misp_type_digest(struct slice type, struct misp_digest *ret_digest);

#endif
