/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the facts come from in the kernel:
 *
 *	lsm_built	 bpf_lsm_*() are there (kernel/bpf/bpf_lsm.c, CONFIG_BPF_LSM)
 *	ima_hash	 helper 193 is accepted, and ima_file_hash() is no inline stub
 *			 (include/linux/ima.h, CONFIG_IMA)
 *	file_post_open	 "security: Introduce file_post_open hook", 6.9
 *	setattr_idmap	 inode_setattr has three arguments
 *	send_signal_task "bpf: Implement bpf_send_signal_task() kfunc", 6.13
 *	task_work	 "bpf: task work scheduling kfuncs", 6.18
 *	multigrain_ctime ktime_get_coarse_real_ts64_mg(), which only it needs, 6.13
 */
#include "features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "scan_mounts.h"
#include "util.h"

#define SECURITYFS "/sys/kernel/security"
#define SMALL	   4096U

/* include/uapi/linux/capability.h */
#define CAPABILITY_SYS_ADMIN 21
#define CAPABILITY_PERFMON   38
#define CAPABILITY_BPF	     39

/* lsm_list_modules(2), Linux 6.8; the same number on all architectures */
#define NR_LSM_LIST_MODULES 461

/* include/uapi/linux/lsm.h; the first is number 100 */
static const char *const lsm_names[] = { "capability", "selinux", "smack",    "tomoyo",
					 "apparmor",   "yama",	  "loadpin",  "safesetid",
					 "lockdown",   "bpf",	  "landlock", "ima",
					 "evm",	       "ipe" };

static void probe_privilege(struct features *features)
{
	_cleanup_free_ char *status = NULL;
	const char *line;
	uint64_t set;

	if (read_small_file("/proc/self/status", 64U << 10, &status, NULL) < 0)
		return;
	line = strstr(status, "\nCapEff:");
	if (!line)
		return;
	set = strtoull(line + strlen("\nCapEff:"), NULL, 16);
	features->privileged = set >> CAPABILITY_SYS_ADMIN & 1 ||
			       (set >> CAPABILITY_BPF & 1 && set >> CAPABILITY_PERFMON & 1);
}

static bool has_function(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/* Number of arguments of a function; 0 if there is none of that name. */
static unsigned int count_arguments(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	const struct btf_type *function = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
	const struct btf_type *prototype = function ? btf__type_by_id(btf, function->type) : NULL;

	return prototype ? btf_vlen(prototype) : 0;
}

static void probe_types(const struct btf *btf, struct features *features)
{
	features->lsm_built = has_function(btf, "bpf_lsm_bprm_check_security");
	features->file_post_open = has_function(btf, "bpf_lsm_file_post_open");
	features->setattr_arguments = count_arguments(btf, "bpf_lsm_inode_setattr");
	features->setattr_known =
		features->setattr_arguments == 2 || features->setattr_arguments == 3;
	features->setattr_idmap = features->setattr_arguments == 3;
	features->send_signal_task = has_function(btf, "bpf_send_signal_task");
	features->task_work = has_function(btf, "bpf_task_work_schedule_resume_impl");
	features->multigrain_ctime = has_function(btf, "ktime_get_coarse_real_ts64_mg");
}

/* Loads a program and lets go of it. Returns 0 or a negative errno. */
static int try_program(enum bpf_prog_type type, enum bpf_attach_type attach, int btf_id,
		       __u32 flags, const struct bpf_insn *code, size_t count)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach,
		    .attach_btf_id = (__u32)btf_id, .prog_flags = flags);
	int fd;

	if (btf_id <= 0)
		return -ENOENT;
	fd = bpf_prog_load(type, "interdict_probe", "GPL", code, count, &options);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* return 0; */
static const struct bpf_insn return_zero[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

/* bpf_ima_file_hash(context[0], stack - 32, 32); return 0; */
static const struct bpf_insn hash_file[] = {
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_1 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10 },
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -32 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 32 },
	{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ima_file_hash },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static void probe_programs(const struct btf *btf, struct features *features)
{
	int exec = btf__find_by_name_kind(btf, "bpf_lsm_bprm_check_security", BTF_KIND_FUNC);
	int open = btf__find_by_name_kind(btf, "bpf_lsm_file_open", BTF_KIND_FUNC);
	int trace = btf__find_by_name_kind(btf, "btf_trace_sched_process_exec", BTF_KIND_TYPEDEF);
	bool has_ima = has_function(btf, "ima_file_hash");

	features->lsm_loads_error = try_program(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, exec, 0,
						return_zero, ARRAY_SIZE(return_zero));
	features->lsm_loads = features->lsm_loads_error == 0;
	features->ima_hash_error = try_program(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, open,
					       BPF_F_SLEEPABLE, hash_file, ARRAY_SIZE(hash_file));
	if (!has_ima)
		features->ima_hash_error = -ENOSYS;
	features->ima_hash = features->ima_hash_error == 0;
	features->tracing_loads_error = try_program(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, trace,
						    0, return_zero, ARRAY_SIZE(return_zero));
	features->tracing_loads = features->tracing_loads_error == 0;
}

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static void probe_kernel_types(struct features *features)
{
	libbpf_print_fn_t before = libbpf_set_print(silent);
	struct btf *btf = btf__load_vmlinux_btf();

	features->btf = btf;
	features->btf_error = btf ? 0 : -errno;
	if (btf) {
		probe_types(btf, features);
		probe_programs(btf, features);
	} else {
		features->lsm_loads_error = features->tracing_loads_error = -ENOENT;
		features->ima_hash_error = -ENOSYS;
	}
	btf__free(btf);
	libbpf_set_print(before);
}

/* securityfs, mounted for nobody but the owner of the returned descriptor. */
static int mount_securityfs(void)
{
	_cleanup_close_ int context = fsopen("securityfs", FSOPEN_CLOEXEC);
	int fd;

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	return fd < 0 ? -errno : fd;
}

static int open_securityfs(void)
{
	int fd = open(SECURITYFS, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && faccessat(fd, "lsm", F_OK, 0) == 0)
		return fd;
	cleanup_close(&fd);
	return mount_securityfs();
}

/* Reads the file @name beneath @directory to @text, without its last newline. */
static int read_at(int directory, const char *name, char *text, size_t size)
{
	_cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

static bool list_contains(const char *list, const char *name)
{
	size_t size = strlen(name);

	while (*list) {
		size_t item = strcspn(list, ",");

		if (item == size && memcmp(list, name, size) == 0)
			return true;
		list += item + (list[item] == ',');
	}
	return false;
}

/* The active LSMs by system call, which works without securityfs and without root. */
static int ask_lsm_list(char *text, size_t size)
{
	uint64_t ids[64];
	uint32_t bytes = sizeof(ids);
	long count = syscall(NR_LSM_LIST_MODULES, ids, &bytes, 0);
	size_t used = 0;

	if (count < 0)
		return -errno;
	for (long i = 0; i < count && used < size; i++) {
		uint64_t index = ids[i] - 100;

		if (index >= ARRAY_SIZE(lsm_names))
			return -ENODATA; /* a newer one: the list would lack it */
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "",
					 lsm_names[index]);
	}
	return used < size ? 0 : -ENODATA;
}

static void probe_lsm_list(int securityfs, struct features *features)
{
	int r = securityfs < 0 ? securityfs
			       : read_at(securityfs, "lsm", features->lsm_list,
					 sizeof(features->lsm_list));

	if (r < 0)
		r = ask_lsm_list(features->lsm_list, sizeof(features->lsm_list));
	if (r < 0)
		features->lsm_list[0] = '\0';
	features->lsm_active_error = r;
	features->lsm_active = r == 0 && list_contains(features->lsm_list, "bpf");
}

/* "none [integrity] confidentiality": the one in brackets. */
static void probe_lockdown(int securityfs, struct features *features)
{
	char text[SMALL];
	int r = securityfs < 0 ? securityfs : read_at(securityfs, "lockdown", text, sizeof(text));
	const char *start = r < 0 ? NULL : strchr(text, '[');

	if (r == -ENOENT) {
		/* a kernel without it */
		snprintf(features->lockdown, sizeof(features->lockdown), "none");
		r = 0;
	} else if (start) {
		snprintf(features->lockdown, sizeof(features->lockdown), "%.*s",
			 (int)strcspn(start + 1, "]"), start + 1);
	}
	features->lockdown_error = r;
	features->lockdown_reads = streq(features->lockdown, "confidentiality");
}

/* True if the boot parameters ask IMA for a policy. */
static bool boot_asks_for_ima(void)
{
	_cleanup_free_ char *line = NULL;

	if (read_small_file("/proc/cmdline", SMALL, &line, NULL) < 0)
		return false;
	return strstr(line, "ima_policy=") || strstr(line, "ima_tcb") ||
	       strstr(line, "ima_appraise_tcb");
}

/*
 * IMA does not say whether it has a policy. It has one if a boot parameter asks
 * for it, if more was measured than the boot itself, if the rules can be read and
 * there are some, or if the file to load one is gone, which is there only once
 * (security/integrity/ima/ima_fs.c).
 */
static void probe_ima_policy(int securityfs, struct features *features)
{
	char text[SMALL];
	int r;

	if (securityfs < 0) {
		features->ima_policy_error = securityfs;
		return;
	}
	r = read_at(securityfs, "ima/runtime_measurements_count", text, sizeof(text));
	if (r == -ENOENT)
		return; /* no IMA, no policy */
	features->ima_policy_error = r;
	if (boot_asks_for_ima() || (r == 0 && strtoul(text, NULL, 10) > 1))
		features->ima_policy = true;
	r = read_at(securityfs, "ima/policy", text, sizeof(text));
	if (r == -ENOENT || (r == 0 && text[0]))
		features->ima_policy = true;
}

static void probe_files(struct features *features)
{
	_cleanup_close_ int securityfs = open_securityfs();
	_cleanup_free_ char *disabled = NULL, *ring = NULL;
	struct statfs statfs_buffer;

	probe_lsm_list(securityfs, features);
	probe_lockdown(securityfs, features);
	probe_ima_policy(securityfs, features);
	features->bpffs = statfs("/sys/fs/bpf", &statfs_buffer) == 0 &&
			  (uint32_t)statfs_buffer.f_type == BPF_FS_MAGIC;
	features->unprivileged_bpf_error = read_small_file(
		"/proc/sys/kernel/unprivileged_bpf_disabled", SMALL, &disabled, NULL);
	features->unprivileged_bpf = disabled && disabled[0] == '0';
	/* 2: nobody may; 76d3ccecfa18 ("io_uring: add a sysctl to disable io_uring"), 6.6. */
	features->io_uring = read_small_file("/proc/sys/kernel/io_uring_disabled", SMALL, &ring,
					     NULL) ||
			     ring[0] != '2';
}

static bool is_fuse(const char *type)
{
	return strcmp(type, "fuse") == 0 || strncmp(type, "fuse.", 5) == 0 ||
	       strcmp(type, "fuseblk") == 0 || strcmp(type, "virtiofs") == 0;
}

/* Those of this mount namespace: what users mount in theirs is not seen from here. */
static void probe_mounts(struct features *features)
{
	struct mounts mounts = {};

	features->fuse_error = mounts_read("/proc/self/mountinfo", &mounts);
	for (size_t i = 0; i < mounts.count && !features->fuse_mounted; i++) {
		if (!is_fuse(mounts.item[i].type))
			continue;
		features->fuse_mounted = true;
		snprintf(features->fuse_point, sizeof(features->fuse_point), "%s",
			 mounts.item[i].point);
	}
	mounts_release(&mounts);
}

void features_probe(struct features *ret_features)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;
	struct utsname names;

	memset(ret_features, 0, sizeof(*ret_features));
	if (uname(&names) == 0)
		snprintf(ret_features->release, sizeof(ret_features->release), "%.64s",
			 names.release);
	probe_privilege(ret_features);
	probe_kernel_types(ret_features);
	probe_files(ret_features);
	probe_mounts(ret_features);
	ret_features->seccomp = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}
