/* SPDX-License-Identifier: BSD-2-Clause */
#include "privileges.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "capabilities.h"
#include "log.h"
#include "util.h"

static const struct {
	int capability;
	const char *name;
} names[] = {
	{ CAP_KILL, "kill" },
	{ CAP_DAC_READ_SEARCH, "dac_read_search" },
	{ CAP_SYS_PTRACE, "sys_ptrace" },
	{ CAP_BPF, "bpf" },
	{ CAP_CHECKPOINT_RESTORE, "checkpoint_restore" },
};

/* Its memory holds the policy and is written to by nobody else: no dump, no tracer. */
static void close_memory(void)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		log_warning("core dumps of the monitor cannot be switched off: %s",
			    strerror(errno));
}

void privileges_drop(struct privileges *ret_privileges)
{
	struct privileges privileges = { 0 };

	close_memory();
	privileges.capability_error = capabilities_keep(CAPABILITIES_DAEMON);
	if (privileges.capability_error)
		log_warning("the monitor keeps all capabilities: they cannot be dropped: %s",
			    strerror(-privileges.capability_error));
	privileges.capabilities = capabilities_effective();
	privileges.filter_error = privileges_filter();
	if (privileges.filter_error)
		log_warning("system calls of the monitor are not filtered: %s",
			    privileges.filter_error == -EOPNOTSUPP
				    ? "built with a sanitizer"
				    : strerror(-privileges.filter_error));
	*ret_privileges = privileges;
}

static json_t *capability_names(uint64_t capabilities)
{
	json_t *array = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (capabilities & CAPABILITY_BIT(names[i].capability))
			json_array_append_new(array, json_string(names[i].name));
	}
	if (capabilities & ~CAPABILITIES_DAEMON)
		json_array_append_new(array, json_string("more"));
	return array;
}

json_t *privileges_status(const struct privileges *privileges, bool protect)
{
	const char *filter = "on";

	if (privileges->filter_error == -EOPNOTSUPP)
		filter = "off: built with a sanitizer";
	else if (privileges->filter_error)
		filter = strerror(-privileges->filter_error);
	return json_pack("{s:o, s:s, s:b}", "capabilities",
			 capability_names(privileges->capabilities), "seccomp", filter, "protect",
			 protect);
}
