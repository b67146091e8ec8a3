/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * floor OBJECT: attaches floor.bpf.o, prints "ready", and at SIGTERM or SIGINT how many executions
 * it has counted: "counted N".
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

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

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 2 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_program *program;
	sigset_t ends;
	int got;

	if (!object || bpf_object__load(object))
		return 1;
	program = bpf_object__find_program_by_name(object, "bench_floor");
	if (!program || !bpf_program__attach(program))
		return 1;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	puts("ready");
	fflush(stdout);
	sigwait(&ends, &got);
	printf("counted %llu\n", counted(bpf_object__find_map_fd_by_name(object, "executions")));
	return 0;
}
