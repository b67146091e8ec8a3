/* SPDX-License-Identifier: BSD-2-Clause */
#include "capabilities.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's interface has two halves of 32 bits. */
struct sets {
	struct __user_cap_data_struct half[_LINUX_CAPABILITY_U32S_3];
};

static int get(struct sets *ret_sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, ret_sets->half) < 0 ? -errno : 0;
}

static int set(const struct sets *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capset, &header, sets->half) < 0 ? -errno : 0;
}

/* Needs CAP_SETPCAP; where it is gone, so is what could be dropped. */
static void bound(void)
{
	int there;

	for (int capability = 0; (there = prctl(PR_CAPBSET_READ, capability, 0, 0, 0)) >= 0;
	     capability++) {
		if (there && !(CAPABILITIES_DAEMON & CAPABILITY_BIT(capability)))
			(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	}
}

int capabilities_keep(uint64_t keep)
{
	struct sets sets;
	int r;

	bound();
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	r = get(&sets);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		sets.half[i].permitted &= (uint32_t)(keep >> (32 * i));
		sets.half[i].effective = sets.half[i].permitted;
		sets.half[i].inheritable = 0;
	}
	return set(&sets);
}

void capabilities_keep_reading(void)
{
	(void)capabilities_keep(CAPABILITIES_READ);
}

uint64_t capabilities_effective(void)
{
	struct sets sets;

	if (get(&sets) < 0)
		return 0;
	return sets.half[0].effective | (uint64_t)sets.half[1].effective << 32;
}
