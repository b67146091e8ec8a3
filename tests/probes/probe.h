/* SPDX-License-Identifier: BSD-2-Clause */
/* What the techniques of the probe share, and the ones that are not in probe.c. */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>

struct technique {
	const char *name;
	void (*run)(char **argv);
	const char *meaning;
};

extern const struct technique more_techniques[];
extern const size_t more_techniques_count;

extern char **environment;

/* The preparation failed: nothing is known. */
__attribute__((noreturn)) void broken(const char *call);

/* The call under test failed. */
__attribute__((noreturn)) void refused(const char *call);

void say_ran(void);

int open_target(const char *path, int flags);

/* Copies the file at @path to @to. A refusal to read it is a refusal. */
void copy_to(const char *path, int to);

void exec_path(char **argv);

/* Waits for a grandchild and dies of what it died of. */
void follow(int pid);

/* Techniques of probe_watched.c. */
void notified_exec(char **argv);
void notified_mmap(char **argv);
void checked_exec(char **argv);
void x32_mmap(char **argv);

/* Calls what was mapped: the file begins with code that returns 42. */
void call_mapping(void *address);

#endif
