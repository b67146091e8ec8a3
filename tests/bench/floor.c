/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * floor OBJECT PROGRAM...: loads and attaches these of floor.bpf.o, prints "ready", has whoever bench_hold has
 * stopped go on, and at SIGTERM or SIGINT prints how many executions bench_exec has counted:
 * "counted N".
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "floor.h"

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

/* The sum over all CPUs; 0 if it cannot be read. */
static unsigned long long counted(int map)
{
	int cpus = libbpf_num_possible_cpus();
	unsigned long long sum = 0;
	__u32 zero = 0;
	__u64 *values;

	if (cpus <= 0)
		return 0;
	values = calloc((size_t)cpus, sizeof(*values));
	if (values && !bpf_map_lookup_elem(map, &zero, values))
		for (int i = 0; i < cpus; i++)
			sum += values[i];
	free(values);
	return sum;
}

static int go_on(void *context, void *record, size_t size)
{
	const struct told *told = record;

	(void)context;
	if (size == sizeof(*told) && told->held)
		kill((pid_t)told->tgid, SIGCONT);
	return 0;
}

/* Not all of them load on each kernel. */
static int load(struct bpf_object *object, char **names)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, false);
	for (; *names; names++) {
		program = bpf_object__find_program_by_name(object, *names);
		if (!program)
			return -1;
		bpf_program__set_autoload(program, true);
	}
	return bpf_object__load(object);
}

static int attach(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	return program && bpf_program__attach(program) ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc > 2 ? bpf_object__open(argv[1]) : NULL;
	struct ring_buffer *ring;

	if (!object || load(object, argv + 2))
		return 1;
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "records"), go_on, NULL, NULL);
	if (!ring)
		return 1;
	signal(SIGTERM, end);
	signal(SIGINT, end);
	for (int i = 2; i < argc; i++)
		if (attach(object, argv[i]))
			return 1;
	puts("ready");
	fflush(stdout);
	while (!ended) {
		int n = ring_buffer__poll(ring, 500);

		if (n < 0 && n != -EINTR)
			return 1;
	}
	printf("counted %llu\n", counted(bpf_object__find_map_fd_by_name(object, "executions")));
	return 0;
}
