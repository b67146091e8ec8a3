/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "features.h"
#include "util.h"

/* Debian 6.1, where all is well. */
static const struct features debian_6_1 = {
	.privileged = true,
	.btf = true,
	.lsm_built = true,
	.lsm_active = true,
	.lsm_loads = true,
	.ima_hash = true,
	.setattr_known = true,
	.setattr_arguments = 2,
	.tracing_loads = true,
	.bpffs = true,
	.seccomp = true,
	.lsm_list = "lockdown,capability,yama,apparmor,bpf",
	.lockdown = "none",
};

struct judged {
	struct features_verdict lsm, tracepoint;
	enum backend automatic; /* BACKEND_NONE: refused */
};

static enum backend choose(const struct features *features, enum backend requested)
{
	enum backend backend = BACKEND_NONE;
	int r = features_choose_backend(features, requested, &backend);

	assert_int_equal(r, backend == BACKEND_NONE ? -EOPNOTSUPP : 0);
	return backend;
}

static struct judged judge(const struct features *features)
{
	struct judged judged;

	features_judge(features, BACKEND_LSM, &judged.lsm);
	features_judge(features, BACKEND_TRACEPOINT, &judged.tracepoint);
	judged.automatic = choose(features, BACKEND_NONE);
	/* who is asked for is used, or it is refused: never the other one instead */
	assert_int_equal(choose(features, BACKEND_LSM),
			 judged.lsm.usable ? BACKEND_LSM : BACKEND_NONE);
	assert_int_equal(choose(features, BACKEND_TRACEPOINT),
			 judged.tracepoint.usable ? BACKEND_TRACEPOINT : BACKEND_NONE);
	assert_true(judged.lsm.why[0] && judged.tracepoint.why[0]);
	return judged;
}

static void test_all_is_well(void **state)
{
	struct judged judged = judge(&debian_6_1);

	(void)state;
	assert_int_equal(judged.automatic, BACKEND_LSM);
	assert_true(judged.lsm.strict);
	assert_int_equal(judged.lsm.source, HASH_SOURCE_IMA);
	assert_true(judged.tracepoint.usable);
	assert_false(judged.tracepoint.strict);
	assert_non_null(strstr(judged.tracepoint.why, "allow-late-kill"));
	assert_int_equal(judged.tracepoint.source, HASH_SOURCE_USER);
}

static void test_kernel_refuses_lsm(void **state)
{
	struct features features = debian_6_1;
	struct judged judged;

	(void)state;
	features.lsm_loads = false;
	features.lsm_loads_error = -EPERM;
	features.send_signal_task = true;
	judged = judge(&features);
	assert_int_equal(judged.automatic, BACKEND_TRACEPOINT);
	assert_true(judged.tracepoint.strict);
	assert_false(judged.lsm.usable);
	assert_non_null(strstr(judged.lsm.why, "refused (Operation not permitted)"));
}

/* Without "bpf" in the list, programs load, attach, and never run. */
static void test_lsm_not_active(void **state)
{
	struct features features = debian_6_1;

	(void)state;
	features.lsm_active = false;
	assert_int_equal(judge(&features).automatic, BACKEND_TRACEPOINT);
	features.lsm_active = false;
	features.lsm_active_error = -ENOENT;
	assert_int_equal(judge(&features).automatic, BACKEND_TRACEPOINT);
}

static void test_ima_policy(void **state)
{
	struct features features = debian_6_1;

	(void)state;
	features.ima_policy = true;
	assert_int_equal(judge(&features).lsm.source, HASH_SOURCE_USER);
	assert_true(judge(&features).lsm.usable);
	assert_non_null(strstr(judge(&features).lsm.why, "stale"));
	features.ima_policy = features.ima_hash = false;
	assert_int_equal(judge(&features).lsm.source, HASH_SOURCE_USER);
}

static void test_nothing_works(void **state)
{
	struct features cases[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cases[i] = debian_6_1;
	cases[0].btf = false;
	cases[1].lockdown_reads = true;
	cases[2].lsm_loads = cases[2].tracing_loads = false;
	cases[2].lsm_loads_error = cases[2].tracing_loads_error = -EINVAL;
	cases[3] = cases[2];
	cases[3].privileged = false;
	cases[3].lsm_loads_error = cases[3].tracing_loads_error = -EPERM;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct judged judged = judge(&cases[i]);

		assert_int_equal(judged.automatic, BACKEND_NONE);
		assert_false(judged.lsm.usable || judged.lsm.strict);
		assert_false(judged.tracepoint.usable || judged.tracepoint.strict);
	}
	assert_non_null(strstr(judge(&cases[3]).lsm.why, "root"));
}

static struct feature_line line_of(const struct features *features, const char *key)
{
	struct feature_line line;

	for (size_t i = 0; features_line(features, i, &line); i++) {
		if (streq(line.key, key))
			return line;
	}
	fail_msg("no line '%s'", key);
	return line;
}

/* Only bpf is added, at the end; what is there stays, in its order. */
static void test_boot_parameter(void **state)
{
	struct features features = debian_6_1;
	struct feature_line line;
	const char *parameter;

	(void)state;
	features.lsm_active = false;
	strcpy(features.lsm_list, "lockdown,capability,yama,apparmor");
	line = line_of(&features, "lsm_active");
	assert_true(line.known);
	assert_false(line.ok);
	parameter = strstr(line.remedy, "reboot: lsm=");
	assert_non_null(parameter);
	assert_string_equal(parameter, "reboot: lsm=lockdown,capability,yama,apparmor,bpf");
	assert_string_equal(line.detail, "active: lockdown,capability,yama,apparmor");

	/* the parameter would not help */
	features.lsm_built = false;
	assert_string_equal(line_of(&features, "lsm_active").remedy, "");
	features.lsm_built = true;
	features.lsm_active_error = -EACCES;
	features.lsm_list[0] = '\0';
	assert_null(strstr(line_of(&features, "lsm_active").remedy, "lsm="));
	assert_true(line_of(&debian_6_1, "lsm_active").ok);
	assert_string_equal(line_of(&debian_6_1, "lsm_active").remedy, "");
}

static void test_lines_without_root(void **state)
{
	struct features features = debian_6_1;
	struct feature_line line;

	(void)state;
	features.privileged = features.lsm_loads = false;
	features.lsm_loads_error = -EPERM;
	line = line_of(&features, "lsm_loads");
	assert_false(line.known || line.ok);
	assert_string_equal(line.remedy, "run as root");
	/* what is good only if it is absent must not be good for not being known */
	features.ima_policy_error = -EACCES;
	line = line_of(&features, "ima_policy");
	assert_false(line.known || line.ok);
	/* root knows that it is refused */
	features.privileged = true;
	line = line_of(&features, "lsm_loads");
	assert_true(line.known);
	assert_false(line.ok);
}

/* Its mount point is a name that a user may have chosen. */
static void test_fuse(void **state)
{
	struct features features = debian_6_1;
	struct feature_line line = line_of(&features, "verifiable");

	(void)state;
	assert_true(line.known && line.ok);
	assert_string_equal(line.remedy, "");
	features.fuse_mounted = true;
	snprintf(features.fuse_point, sizeof(features.fuse_point), "/mnt/\n\033[2J");
	line = line_of(&features, "verifiable");
	assert_false(line.ok);
	assert_string_equal(line.detail, "at /mnt/\\x0a\\x1b[2J");
	assert_non_null(strstr(line.remedy, "unverifiable-fs = deny"));
}

/* This machine: what can be seen by other ways than those of the module. */
static void test_probe(void **state)
{
	struct features features, again;
	bool was_mounted = access("/sys/kernel/security/lsm", F_OK) == 0;
	struct utsname names;

	(void)state;
	features_probe(&features);
	assert_int_equal(uname(&names), 0);
	assert_string_equal(features.release, names.release);
	assert_int_equal(features.btf, access("/sys/kernel/btf/vmlinux", R_OK) == 0);
	if (geteuid() != 0)
		assert_false(features.lsm_loads);
	if (was_mounted)
		assert_true(features.lsm_list[0]);
	assert_int_equal(features.lsm_active, strstr(features.lsm_list, "bpf") != NULL);
	if (features.btf && features.lsm_built)
		assert_in_range(features.setattr_arguments, 2, 3);
	/* nothing is left mounted or loaded: the second time finds the same */
	features_probe(&again);
	assert_memory_equal(&features, &again, sizeof(features));
	assert_int_equal(access("/sys/kernel/security/lsm", F_OK) == 0, was_mounted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_well),
		cmocka_unit_test(test_kernel_refuses_lsm),
		cmocka_unit_test(test_lsm_not_active),
		cmocka_unit_test(test_ima_policy),
		cmocka_unit_test(test_nothing_works),
		cmocka_unit_test(test_boot_parameter),
		cmocka_unit_test(test_lines_without_root),
		cmocka_unit_test(test_fuse),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
