/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive_library.h"

#include <dlfcn.h>
#include <iconv.h>
#include <langinfo.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "util.h"

/* Its name as the linker writes it down: its ABI is that of the headers. */
#define SONAME "libarchive.so.13"

struct archive_library libarchive;
static pthread_once_t loaded_once = PTHREAD_ONCE_INIT;
static bool loaded;
static char *missing; /* why not */

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
		missing = format_string("cannot load %s, which unpacks archives and lists in xz and "
					"zstd: %s; install libarchive",
					SONAME, dlerror());
		return;
	}
	loaded = true;
#define ARCHIVE_LIBRARY_FIND(name) loaded = loaded && find(handle, #name, &libarchive.name);
	ARCHIVE_LIBRARY(ARCHIVE_LIBRARY_FIND)
#undef ARCHIVE_LIBRARY_FIND
	if (!loaded)
		missing = format_string("%s lacks a function that this was built with", SONAME);
}

static void say_missing(void)
{
	log_error("%s", missing ? missing : "out of memory");
}

void archive_library_preload(void)
{
	pthread_once(&loaded_once, load);
}

bool archive_library_load(void)
{
	static pthread_once_t said = PTHREAD_ONCE_INIT;

	archive_library_preload();
	if (!loaded)
		pthread_once(&said, say_missing);
	return loaded;
}

/*
 * Of names in pax headers, and of Joliet names on an ISO image, to the one character set
 * that a program has that sets no locale. The modules stay loaded with the descriptors,
 * which are never closed.
 */
static void open_character_sets(void)
{
	static const char *const from[] = { "UTF-8", "UTF-16BE", "UTF-16LE" };
	static iconv_t open[ARRAY_SIZE(from)]; /* or a leak checker counts them */

	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		open[i] = iconv_open(nl_langinfo(CODESET), from[i]);
	(void)open;
}

void archive_library_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, open_character_sets);
}

/* mktime(3) looks each time whether the file of the local zone has changed. */
void archive_library_prepare_child(void)
{
	(void)setenv("TZ", "UTC0", 1);
	tzset();
}
