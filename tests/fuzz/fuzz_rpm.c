/* SPDX-License-Identifier: BSD-2-Clause */
/* What rpm(8) answers about its packages and their files. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "package_db_private.h"

static int take(void *cookie, const struct installed_package *package, const char *path)
{
	unsigned int *files = cookie;

	fuzz_touch(package->name, strlen(package->name));
	fuzz_touch(package->version, strlen(package->version));
	fuzz_touch(package->architecture, strlen(package->architecture));
	FUZZ_ASSERT(path[0] == '/');
	return ++*files == 100 ? -ECANCELED : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int files = 0;
	const struct package_query query = { .file = take, .cookie = &files };
	int r = package_rpm_read(&query, fuzz_fd(data, size), 60);

	FUZZ_ASSERT(r == 0 || r == -EBADMSG || r == -EMSGSIZE || (r == -ECANCELED && files == 100));
	return 0;
}
