/* SPDX-License-Identifier: BSD-2-Clause */
#include "context.h"

#include <string.h>
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

void context_init(struct context *ret_context)
{
	*ret_context = (struct context){ 0 };
	read_word("/etc/machine-id", ret_context->host_id, sizeof(ret_context->host_id));
	read_word("/proc/sys/kernel/random/boot_id", ret_context->boot_id,
	          sizeof(ret_context->boot_id));
	if (gethostname(ret_context->hostname, sizeof(ret_context->hostname) - 1) < 0)
		ret_context->hostname[0] = '\0';
}
