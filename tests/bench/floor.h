/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What floor.bpf.c tells floor.c. */
#ifndef INTERDICT_BENCH_FLOOR_H
#define INTERDICT_BENCH_FLOOR_H

#include <linux/types.h>

struct told {
	__u32 tgid;
	__u32 held; /* it waits for a SIGCONT */
};

#endif
