/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "log.h"

/* Its name as the linker writes it down: its ABI is that of the headers. */
#define SONAME "libarchive.so.13"

struct archive_library libarchive;
static bool loaded;

/* A pointer to a function is no pointer to an object for ISO C; POSIX says that it fits. */
static bool find(void *handle, const char *name, void *ret_function)
{
	void *symbol = dlsym(handle, name);

	memcpy(ret_function, &symbol, sizeof(symbol));
	return symbol;
}

static void load(void)
{
	/* Never closed: what it set up for its threads could not be taken down. */
	void *handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		log_error("cannot load %s, which unpacks archives and lists in xz and zstd: %s; "
			  "install libarchive",
			  SONAME, dlerror());
		return;
	}
	loaded = true;
#define ARCHIVE_LIBRARY_FIND(name) loaded = loaded && find(handle, #name, &libarchive.name);
	ARCHIVE_LIBRARY(ARCHIVE_LIBRARY_FIND)
#undef ARCHIVE_LIBRARY_FIND
	if (!loaded)
		log_error("%s lacks a function that this was built with", SONAME);
}

bool archive_library_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded;
}
