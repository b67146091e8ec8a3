/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to give a file other bytes of the same number: rewrite.c runs what comes of them. */
#ifndef REWRITE_H
#define REWRITE_H

#include <stdbool.h>
#include <stddef.h>

/* What a file is to become. */
struct content {
	char *bytes;
	size_t size;
};

struct way {
	const char *name;
	/* Before the file is executed for the first time; NULL: nothing to do. */
	void (*prepare)(const char *file);
	void (*change)(const char *file, const struct content *content);
};

/* Ends the program: the probe itself is broken. */
__attribute__((noreturn, format(printf, 1, 2))) void broken(const char *format, ...);

/* broken(@what), unless @good. */
void check(bool good, const char *what);

const struct way *way_find(const char *name);
void ways_print(void);

/*
 * Repeats a call that fails with ETXTBSY for two seconds. Whoever looks into /proc/PID of a process
 * holds its memory for that moment, and with it the program that it executed, also when the process
 * has been waited for (mmput(), kernel/fork.c).
 */
#define UNTIL_FREE(call)                                                                           \
	({                                                                                         \
		long _result;                                                                      \
		for (int _i = 0; (_result = (call)) < 0 && errno == ETXTBSY && _i < 200; _i++)     \
			usleep(10000);                                                             \
		_result;                                                                           \
	})

/* Writes all of the content through @fd, at offset 0 of a file that is open for writing. */
void write_all(int fd, const struct content *content);

int open_writable(const char *file);

/* The directory that @file lies in. */
int open_directory(const char *file);

/* The next multiple of a page. */
size_t round_up(size_t size);

/* A file beside @file that has the content; its path, until the next call. */
const char *make_source(const char *file, const struct content *content);

/* The same, open for reading and writing. */
int open_source(const char *file, const struct content *content);

/* The ways of rewrite_xfs.c. */
void xfs_swap_extents(const char *file, const struct content *content);
void xfs_exchange(const char *file, const struct content *content);
void xfs_handle(const char *file, const struct content *content);

/* The way of rewrite_fuse.c: it can be gone once there and once back. */
void fuse_pinned_prepare(const char *file);
void fuse_pinned_change(const char *file, const struct content *content);

#endif
