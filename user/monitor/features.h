/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the running kernel offers: found out by its type information, by its files
 * and by trying, never by its version.
 */
#ifndef INTERDICT_FEATURES_H
#define INTERDICT_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

#include <interdict/event.h>

#define FEATURES_TEXT_SIZE 256

/* What cannot be found out is false, with an error. */
struct features {
	bool privileged;       /* this process may load programs */
	bool btf;	       /* type information of the kernel */
	bool lsm_built;	       /* the kernel was built with BPF LSM */
	bool lsm_active;       /* "bpf" is among the active LSMs */
	bool lsm_loads;	       /* BPF LSM programs are accepted */
	bool ima_hash;	       /* bpf_ima_file_hash() is there and IMA behind it */
	bool ima_policy;       /* IMA has a policy: what it returns may be stale */
	bool file_post_open;   /* the hook that may hash at open */
	bool setattr_known;    /* inode_setattr has one of the two forms that we know */
	bool setattr_idmap;    /* inode_setattr has the idmap as its first argument */
	bool tracing_loads;    /* tp_btf programs are accepted */
	bool send_signal_task; /* kfunc bpf_send_signal_task() */
	bool task_work;	       /* kfunc bpf_task_work_schedule_resume_impl() */
	bool multigrain_ctime; /* change times are finer than a clock tick */
	bool bpffs;	       /* mounted on /sys/fs/bpf */
	bool seccomp;	       /* system calls can be filtered, and end the process */
	bool unprivileged_bpf; /* anybody may load programs */
	bool fuse_mounted;     /* some file system's answers cannot be verified */
	bool io_uring;	       /* somebody may use io_uring (no sysctl says otherwise) */
	bool lockdown_reads;   /* lockdown keeps programs from reading kernel memory */

	/* negative errno: why it is not known, or why the kernel refused; else 0 */
	int btf_error, lsm_active_error, lsm_loads_error, ima_hash_error, ima_policy_error;
	int tracing_loads_error, unprivileged_bpf_error, lockdown_error, fuse_error;

	char lsm_list[FEATURES_TEXT_SIZE]; /* active LSMs in order, "" if not known */
	char fuse_point[FEATURES_TEXT_SIZE]; /* where the first such file system is mounted */
	char lockdown[32]; /* "none", "integrity", "confidentiality", "" if not known */
	char release[65];  /* uname -r */
	unsigned int setattr_arguments; /* of the hook; 0 if not known */
};

/* Finds out. Wants root; loads three programs of a few instructions, and attaches none. */
void features_probe(struct features *ret_features);

/* How well a backend works here. */
struct features_verdict {
	bool usable;
	bool strict;		 /* denies before the program has run an instruction */
	enum hash_source source; /* who hashes */
	char why[512];		 /* one sentence for the administrator */
};

/* Judges one backend, BACKEND_LSM or BACKEND_TRACEPOINT. */
void features_judge(const struct features *features, enum backend backend,
		    struct features_verdict *ret_verdict);

/*
 * Decides which backend is used: the one that is @requested, or with BACKEND_NONE
 * the better one that is usable. Returns 0, or -EOPNOTSUPP after it has logged as
 * an error why that cannot be and what to do.
 */
int features_choose_backend(const struct features *features, enum backend requested,
			    enum backend *ret_backend);

/* One line of `doctor`. */
struct feature_line {
	const char *key;   /* one word, for JSON */
	const char *title; /* what it is, as it is wanted */
	bool known;
	bool ok;
	enum backend backend;		 /* that it matters to; BACKEND_NONE: both */
	char detail[FEATURES_TEXT_SIZE]; /* what was found, "" if there is no more to say */
	char remedy[768];		 /* what to do; "" if there is nothing to be done */
};

/*
 * What no backend can see on any kernel, a sentence each for the administrator; NULL behind the
 * last one.
 */
const char *features_unseen(size_t index);

/* The lines in their order. Returns false behind the last one. */
bool features_line(const struct features *features, size_t index, struct feature_line *ret_line);

#endif
