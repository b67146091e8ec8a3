/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the sandbox share: sandbox.c (the parent), sandbox_child.c (how the
 * child gives everything up), sandbox_filter.c (which system calls are left to it).
 */
#ifndef INTERDICT_SANDBOX_PRIVATE_H
#define INTERDICT_SANDBOX_PRIVATE_H

#include <linux/filter.h>
#include <sys/types.h>

#include "sandbox.h"

/*
 * Sanitizers map terabytes, make system calls of their own, and write to standard error.
 * valgrind, for which this has to be built with -DINTERDICT_VALGRIND, makes code while the
 * program runs, shares memory with its children, and sees to descriptors: the child cannot
 * take away any of that then.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(INTERDICT_VALGRIND)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

#ifdef INTERDICT_VALGRIND
#define SANDBOX_FILTERED 0
#else
#define SANDBOX_FILTERED 1
#endif

/* The filter, made once and never freed. Returns 0 or a negative errno. */
int sandbox_filter(const struct sock_fprog **ret_filter);

/*
 * In the child of @parent: gives everything up but the two descriptors. Returns 0,
 * confined, or a negative errno.
 */
int sandbox_confine(const struct sandbox_job *job, int output, pid_t parent,
		    const struct sock_fprog *filter);

#endif
