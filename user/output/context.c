/* SPDX-License-Identifier: BSD-2-Clause */
#include "context.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cleanup.h"
#include "util.h"

/* Copies the first word of a small file; leaves "" if there is none. */
static void read_word(const char *path, char *word, size_t size)
{
	_cleanup_free_ char *text = NULL;
	size_t length;

	if (read_small_file(path, 4096, &text, NULL) < 0)
		return;
	length = strcspn(text, " \t\n");
	if (length >= size)
		return;
	memcpy(word, text, length);
	word[length] = '\0';
}

/* Random, so that no file has to remember which were used. */
static void make_run_id(char run_id[RUN_ID_SIZE])
{
	uint64_t number;

	/* Before the random numbers are ready, early at boot, the clock has to do. */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = clock_realtime() * 0x9E3779B97F4A7C15ULL;
	snprintf(run_id, RUN_ID_SIZE, "%016" PRIx64, number);
}

void context_init(struct context *ret_context)
{
	*ret_context = (struct context){ 0 };
	read_word("/etc/machine-id", ret_context->host_id, sizeof(ret_context->host_id));
	read_word("/proc/sys/kernel/random/boot_id", ret_context->boot_id,
	          sizeof(ret_context->boot_id));
	if (gethostname(ret_context->hostname, sizeof(ret_context->hostname) - 1) < 0)
		ret_context->hostname[0] = '\0';
	make_run_id(ret_context->run_id);
}
