/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the verbs of `interdict list` that make a list put it.
 */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_list.h"
#include "log.h"
#include "problems.h"

int list_write(const char *verb, const struct listing *listing, const char *path)
{
	int r = path ? listing_write_file(listing, path) : listing_write_csv(listing, stdout);
	_cleanup_free_ char *quoted = path ? problem_quote(path, strlen(path)) : NULL;

	if (r < 0)
		log_error("list %s: cannot write %s: %s", verb, quoted ? quoted : "standard output",
			  path && r == -EINVAL ? "there is something that is no regular file" :
						 strerror(-r));
	return r;
}
