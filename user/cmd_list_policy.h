/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `list show` and `list verify` look at: lists that are named, or all those
 * of the vendor files.
 */
#ifndef INTERDICT_CMD_LIST_POLICY_H
#define INTERDICT_CMD_LIST_POLICY_H

#include <stddef.h>

#include "config.h"
#include "policy.h"
#include "problems.h"

struct list_policy_source {
	const char *config;  /* NULL: CONFIG_PATH, if it is there */
	const char *vendors; /* NULL: as the configuration says */
	const char *const *files;
	size_t file_count; /* 0: the vendor files */
};

/*
 * Loads them. Returns 0 or a negative errno, with the reasons in @problems.
 * @config has to be released in either case.
 */
int list_policy_load(const struct list_policy_source *source, struct problems *problems,
		     struct config *config, struct policy **ret_policy);

/* How a vendor is called: its id, or the file that it was made of. */
const char *list_policy_label(const struct vendor *vendor);

#endif
