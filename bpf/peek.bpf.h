/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reading kernel memory behind a pointer that the verifier does not trust.
 *
 *	PEEK(pointer, member)
 *	PEEK(pointer, member, member of what it points to, ...)
 *
 * bpf_probe_read_kernel() is a call for each field, and where returns are expensive (safe
 * RET, retpolines) those calls are most of what a hook costs. Behind bpf_rdonly_cast()
 * (6.2, a35b9af4ec2c, "bpf: Add a kfunc for generic type cast") the same read is one load,
 * which yields zero where there is no memory. A result that is a pointer then is none that
 * may be calculated with.
 *
 * Only the object that defines PEEK_BY_CAST before its first include does it: libbpf 1.1's
 * linker cannot compare two declarations of a function that returns void *.
 */
#ifndef INTERDICT_PEEK_BPF_H
#define INTERDICT_PEEK_BPF_H

#include "kernel.bpf.h"

/* Whole, not only declared: the kernel's is found by its kind. */
struct bpf_iter_task {
	u64 __opaque[3];
} __attribute__((aligned(8)));

#ifdef PEEK_BY_CAST

extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym __weak;

/* Told by a type that came later (6.7): 6.1 has no way to ask for a function. */
static __always_inline bool can_cast(void)
{
	return bpf_core_type_exists(struct bpf_iter_task);
}

#define PEEK_CAST(pointer)                                                                         \
	((typeof(pointer))bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(typeof(*(pointer)))))

#define PEEK(pointer, member, ...)                                                                 \
	(can_cast() ? ___arrow(PEEK_CAST(pointer), member, ##__VA_ARGS__)                          \
		    : BPF_CORE_READ(pointer, member, ##__VA_ARGS__))

#else

#define PEEK BPF_CORE_READ

#endif

#endif
