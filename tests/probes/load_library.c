/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load_library PATH [linger]: loads it by dlopen(3) and runs what is in it; lives on for a moment.
 * Exit 127: it did not load.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	void *library = argc >= 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
	int (*run)(void);

	if (!library) {
		fprintf(stderr, "load_library: %s\n",
		        argc >= 2 ? dlerror() : "a path is expected");
		return 127;
	}
	*(void **)&run = dlsym(library, "library_run");
	if (argc > 2)
		usleep(50000);
	return run ? run() : 126;
}
