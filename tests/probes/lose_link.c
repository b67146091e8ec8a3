/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loaded into the monitor with LD_PRELOAD: at SIGUSR2 it closes the first BPF link, as somebody
 * with a debugger might, so that one program is detached behind the monitor's back.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 1024

static void lose_link(int number)
{
	(void)number;
	for (int fd = 3; fd < DESCRIPTORS_MAX; fd++) {
		char path[64], target[64] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) > 0 && strstr(target, "bpf_link")) {
			close(fd);
			return;
		}
	}
}

__attribute__((constructor)) static void install(void)
{
	const struct sigaction action = { .sa_handler = lose_link, .sa_flags = SA_RESTART };

	sigaction(SIGUSR2, &action, NULL);
}
