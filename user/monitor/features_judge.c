/* SPDX-License-Identifier: BSD-2-Clause */
/* What the facts mean: which backend works, how well, and what to change. */
#include "features.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "escape.h"
#include "events.h"
#include "log.h"
#include "util.h"

#define LATE_KILL                                                                                  \
	"a listed program may run for a moment before it is killed, so mode = enforce needs "      \
	"allow-late-kill = yes"

/* copy_process() heeds no signal but SIGKILL once it has begun. */
#define REPORTED_ONLY                                                                              \
	"modules are reported only, and so is a child whose fork(2) was under way when another "   \
	"thread of its parent mapped the file"

/* True if what went wrong went wrong for lack of root. */
static bool lacks_privilege(const struct features *features, int error)
{
	return !features->privileged && (error == -EPERM || error == -EACCES);
}

/* What both backends need. NULL if it is there. */
static const char *common_obstacle(const struct features *features)
{
	if (!features->btf)
		return "the kernel offers no type information (/sys/kernel/btf/vmlinux)";
	if (features->lockdown_reads)
		return "lockdown=confidentiality keeps programs from reading kernel memory";
	return NULL;
}

static void judge_lsm(const struct features *features, struct features_verdict *verdict)
{
	const char *obstacle = common_obstacle(features);
	char text[128] = "";

	if (!obstacle && !features->lsm_built)
		obstacle = "the kernel was built without BPF LSM";
	if (!obstacle && lacks_privilege(features, features->lsm_loads_error))
		obstacle = "only root can find out";
	if (!obstacle && features->lsm_active_error)
		obstacle = "the list of active LSMs cannot be read";
	if (!obstacle && !features->lsm_active)
		obstacle = "\"bpf\" is not among the active LSMs";
	if (!obstacle && !features->lsm_loads) {
		snprintf(text, sizeof(text), "BPF LSM programs are refused (%s)",
			 strerror(-features->lsm_loads_error));
		obstacle = text;
	}
	verdict->source =
		features->ima_hash && !features->ima_policy ? HASH_SOURCE_IMA : HASH_SOURCE_USER;
	if (obstacle) {
		snprintf(verdict->why, sizeof(verdict->why), "%s", obstacle);
		return;
	}
	verdict->usable = verdict->strict = true;
	if (verdict->source == HASH_SOURCE_IMA)
		snprintf(verdict->why, sizeof(verdict->why),
			 "the kernel hashes, decides, and fails the call before anything has run");
	else
		snprintf(verdict->why, sizeof(verdict->why),
			 "the kernel decides and fails the call before anything has run, but the "
			 "daemon has to hash, since %s",
			 features->ima_policy
				 ? "an IMA policy is loaded and IMA may return a stale digest"
				 : "the kernel has no bpf_ima_file_hash()");
}

static void judge_tracepoint(const struct features *features, struct features_verdict *verdict)
{
	const char *obstacle = common_obstacle(features);
	char text[128] = "";

	verdict->source = HASH_SOURCE_USER;
	if (!obstacle && lacks_privilege(features, features->tracing_loads_error))
		obstacle = "only root can find out";
	if (!obstacle && !features->tracing_loads) {
		snprintf(text, sizeof(text), "tracing programs are refused (%s)",
			 strerror(-features->tracing_loads_error));
		obstacle = text;
	}
	if (obstacle) {
		snprintf(verdict->why, sizeof(verdict->why), "%s", obstacle);
		return;
	}
	verdict->usable = true;
	verdict->strict = features->send_signal_task;
	snprintf(
		verdict->why, sizeof(verdict->why), "%s",
		verdict->strict
			? "a task is held until the daemon has hashed its file, and what is listed "
			  "is killed before its first instruction; " REPORTED_ONLY
			: "there is no bpf_send_signal_task(): " LATE_KILL "; " REPORTED_ONLY);
}

void features_judge(const struct features *features, enum backend backend,
		    struct features_verdict *ret_verdict)
{
	memset(ret_verdict, 0, sizeof(*ret_verdict));
	if (backend == BACKEND_LSM)
		judge_lsm(features, ret_verdict);
	else
		judge_tracepoint(features, ret_verdict);
}

int features_choose_backend(const struct features *features, enum backend requested,
			    enum backend *ret_backend)
{
	struct features_verdict lsm, tracepoint;

	features_judge(features, BACKEND_LSM, &lsm);
	features_judge(features, BACKEND_TRACEPOINT, &tracepoint);
	if (lsm.usable && requested != BACKEND_TRACEPOINT) {
		*ret_backend = BACKEND_LSM;
		return 0;
	}
	if (tracepoint.usable && requested != BACKEND_LSM) {
		*ret_backend = BACKEND_TRACEPOINT;
		return 0;
	}
	if (requested == BACKEND_NONE)
		log_error("no backend works on this kernel: lsm: %s; tracepoint: %s; "
			  "`interdict doctor` says what to change",
			  lsm.why, tracepoint.why);
	else
		log_error("the %s backend does not work on this kernel: %s; use backend = auto, or "
			  "see `interdict doctor`",
			  backend_name(requested),
			  requested == BACKEND_LSM ? lsm.why : tracepoint.why);
	return -EOPNOTSUPP;
}

/* How one fact is shown. */
struct fact {
	const char *key;
	const char *title;
	size_t value; /* offset of the bool */
	size_t error; /* offset of its error; 0: it has none */
	bool wanted;  /* the good value */
	enum backend backend;
	/* Both may be NULL; called to say what was found, and what to do if it is not good. */
	void (*detail)(const struct features *features, char *text, size_t size);
	void (*remedy)(const struct features *features, char *text, size_t size);
};

static void remedy_root(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size, "run as root");
}

static void remedy_btf(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size, "boot a kernel with CONFIG_DEBUG_INFO_BTF=y, as Debian's are");
}

static void remedy_lsm_built(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size, "boot a kernel with CONFIG_BPF_LSM=y, as Debian's are");
}

static void detail_lsm_list(const struct features *features, char *text, size_t size)
{
	if (features->lsm_list[0])
		snprintf(text, size, "active: %s", features->lsm_list);
}

/* The parameter keeps what is active now, in its order: the order decides who is asked first. */
static void remedy_lsm_list(const struct features *features, char *text, size_t size)
{
	_cleanup_free_ char *line = NULL;
	const char *old = "";

	if (!features->lsm_built || features->lsm_active_error)
		return;
	if (read_small_file("/proc/cmdline", 4096, &line, NULL) == 0 &&
	    (strncmp(line, "lsm=", 4) == 0 || strstr(line, " lsm=")))
		old = ", in place of the lsm= that is there";
	snprintf(text, size,
		 "add to the kernel command line%s (Debian: GRUB_CMDLINE_LINUX in "
		 "/etc/default/grub, then update-grub), and reboot: lsm=%s%sbpf",
		 old, features->lsm_list, features->lsm_list[0] ? "," : "");
}

static void remedy_lsm_loads(const struct features *features, char *text, size_t size)
{
	if (features->lsm_built && features->lsm_active)
		snprintf(
			text, size,
			"no boot parameter changes that: who built or runs this kernel refuses it; "
			"boot a kernel of the distribution");
}

static void remedy_tracing(const struct features *features, char *text, size_t size)
{
	if (features->btf)
		snprintf(text, size,
			 "who built or runs this kernel refuses it; boot a kernel of the "
			 "distribution");
}

static void remedy_ima_hash(const struct features *features, char *text, size_t size)
{
	if (features->lsm_loads)
		snprintf(text, size, "boot a kernel with CONFIG_IMA=y, as Debian's are");
}

static void remedy_ima_policy(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size,
		 "nothing is wrong: the daemon hashes instead; to let the kernel do it, boot "
		 "without "
		 "ima_policy= and load no policy");
}

static void remedy_kernel_6_9(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size,
		 "nothing is wrong: with open = deny the first read of a file is held "
		 "instead; Linux 6.9 has the hook");
}

static void remedy_kernel_6_13(const struct features *features, char *text, size_t size)
{
	struct features_verdict lsm;

	features_judge(features, BACKEND_LSM, &lsm);
	if (!lsm.usable)
		snprintf(text, size,
			 "boot Linux 6.13 or later, or one where the lsm backend works");
}

static void remedy_bpffs(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size,
		 "mount -t bpf bpf /sys/fs/bpf (systemd does): without it a monitor that "
		 "is killed leaves the tasks that it held stopped");
}

static void remedy_unprivileged(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size, "sysctl kernel.unprivileged_bpf_disabled=1");
}

/* Where it lies is a name that a user may have chosen. */
static void detail_fuse(const struct features *features, char *text, size_t size)
{
	struct buffer buffer = {};

	escape_append(&buffer, features->fuse_point, strlen(features->fuse_point));
	if (features->fuse_mounted && !buffer.failed)
		snprintf(text, size, "at %.*s", (int)buffer.size, buffer.data);
	buffer_release(&buffer);
}

static void remedy_fuse(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size,
		 "who answers for it may show the hash other bytes than the program; "
		 "unverifiable-fs = deny refuses to run anything from there, and from what is "
		 "mounted in a user namespace");
}

static void remedy_io_uring(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size,
		 "open = deny does not hold for files that are opened by io_uring (what is "
		 "executed or mapped is decided all the same): sysctl "
		 "kernel.io_uring_disabled=2 (Linux 6.6), or the lsm backend");
}

static void detail_lockdown(const struct features *features, char *text, size_t size)
{
	if (features->lockdown[0])
		snprintf(text, size, "%s", features->lockdown);
}

static void remedy_lockdown(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size, "boot with lockdown=integrity");
}

static void detail_setattr(const struct features *features, char *text, size_t size)
{
	snprintf(text, size, "%u arguments", features->setattr_arguments);
}

static const char *const unseen[] = {
	"bytes that are written into pages when these are mapped already, as compilers at run time do",
	"bytes that are written into pages which were pinned (io_uring, direct reads) before the "
	"monitor started: start it at boot",
	"what ran before, until the sweep at start has found and reported it",
	"what modules are made of that are loaded from memory, by init_module(2): each such call is "
	"reported; module.sig_enforce=1 refuses unsigned ones",
	"that an interpreter reads a script in order to run it: it is an open, which is reported, and "
	"refused with open = deny",
};

const char *features_unseen(size_t index)
{
	return index < ARRAY_SIZE(unseen) ? unseen[index] : NULL;
}

static void remedy_seccomp(const struct features *features, char *text, size_t size)
{
	(void)features;
	snprintf(text, size,
		 "boot a kernel with CONFIG_SECCOMP_FILTER=y, as Debian's are, and let containers "
		 "use it: without it a monitor that is broken into may make any system call");
}

#define AT(member) offsetof(struct features, member)

static const struct fact facts[] = {
	{ "privileged", "may load programs", AT(privileged), 0, true, BACKEND_NONE, NULL,
	  remedy_root },
	{ "btf", "type information of the kernel (BTF)", AT(btf), AT(btf_error), true, BACKEND_NONE,
	  NULL, remedy_btf },
	{ "lockdown", "lockdown lets programs read kernel memory", AT(lockdown_reads),
	  AT(lockdown_error), false, BACKEND_NONE, detail_lockdown, remedy_lockdown },
	{ "unprivileged_bpf", "only root loads programs", AT(unprivileged_bpf),
	  AT(unprivileged_bpf_error), false, BACKEND_NONE, NULL, remedy_unprivileged },
	{ "lsm_built", "BPF LSM is built in", AT(lsm_built), AT(btf_error), true, BACKEND_LSM, NULL,
	  remedy_lsm_built },
	{ "lsm_active", "\"bpf\" is among the active LSMs", AT(lsm_active), AT(lsm_active_error),
	  true, BACKEND_LSM, detail_lsm_list, remedy_lsm_list },
	{ "lsm_loads", "BPF LSM programs are accepted", AT(lsm_loads), AT(lsm_loads_error), true,
	  BACKEND_LSM, NULL, remedy_lsm_loads },
	{ "ima_hash", "the kernel hashes files for programs (IMA)", AT(ima_hash),
	  AT(ima_hash_error), true, BACKEND_LSM, NULL, remedy_ima_hash },
	{ "ima_policy", "no IMA policy, so no stale digests", AT(ima_policy), AT(ima_policy_error),
	  false, BACKEND_LSM, NULL, remedy_ima_policy },
	{ "file_post_open", "hook that hashes at open (file_post_open)", AT(file_post_open),
	  AT(btf_error), true, BACKEND_LSM, NULL, remedy_kernel_6_9 },
	{ "inode_setattr", "hook that sees size changes (inode_setattr)", AT(setattr_known),
	  AT(btf_error), true, BACKEND_LSM, detail_setattr, NULL },
	{ "tracing_loads", "tracing programs are accepted (tp_btf)", AT(tracing_loads),
	  AT(tracing_loads_error), true, BACKEND_TRACEPOINT, NULL, remedy_tracing },
	{ "send_signal_task", "kills another task at once (bpf_send_signal_task)",
	  AT(send_signal_task), AT(btf_error), true, BACKEND_TRACEPOINT, NULL, remedy_kernel_6_13 },
	{ "multigrain_ctime", "change times finer than a clock tick", AT(multigrain_ctime),
	  AT(btf_error), true, BACKEND_TRACEPOINT, NULL, NULL },
	{ "verifiable", "no file system that a process answers for (FUSE)", AT(fuse_mounted),
	  AT(fuse_error), false, BACKEND_NONE, detail_fuse, remedy_fuse },
	{ "io_uring", "io_uring is off, whose opens are not seen", AT(io_uring), 0, false,
	  BACKEND_TRACEPOINT, NULL, remedy_io_uring },
	{ "bpffs", "/sys/fs/bpf is mounted", AT(bpffs), 0, true, BACKEND_NONE, NULL, remedy_bpffs },
	{ "seccomp", "the monitor's own system calls can be filtered (seccomp)", AT(seccomp), 0,
	  true, BACKEND_NONE, NULL, remedy_seccomp },
};

#undef AT

static int fact_error(const struct features *features, const struct fact *fact)
{
	return fact->error ? *(const int *)((const char *)features + fact->error) : 0;
}

static bool fact_value(const struct features *features, const struct fact *fact)
{
	return *(const bool *)((const char *)features + fact->value);
}

bool features_line(const struct features *features, size_t index, struct feature_line *ret_line)
{
	const struct fact *fact;
	int error;

	if (index >= ARRAY_SIZE(facts))
		return false;
	fact = &facts[index];
	error = fact_error(features, fact);
	*ret_line = (struct feature_line){
		.key = fact->key,
		.title = fact->title,
		.backend = fact->backend,
		.known = !lacks_privilege(features, error),
		.ok = fact_value(features, fact) == fact->wanted,
	};
	if (error && (ret_line->ok || !ret_line->known)) {
		ret_line->ok = ret_line->known = false;
		remedy_root(features, ret_line->remedy, sizeof(ret_line->remedy));
	}
	if (error)
		snprintf(ret_line->detail, sizeof(ret_line->detail), "%s", strerror(-error));
	else if (fact->detail)
		fact->detail(features, ret_line->detail, sizeof(ret_line->detail));
	if (ret_line->known && !ret_line->ok && fact->remedy)
		fact->remedy(features, ret_line->remedy, sizeof(ret_line->remedy));
	return true;
}
