/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest thing to restrict: its first instructions write a line. Without
 * a C library, so that nothing runs before that. Tests make as many different
 * files of one size from it as they need, by replacing the zeros. With an argument
 * it lives on for a moment, for those who look at it from outside.
 */
#include <sys/syscall.h>
#include <time.h>

static const char line[] = "RAN-00000000\n";

static long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c)
	                 : "rcx", "r11", "memory");
	return result;
}

/* The kernel leaves argc on top of the stack (x86-64 psABI, 3.4.1). */
__asm__(".globl _start\n"
        "_start:\n"
        "	movq (%rsp), %rdi\n"
        "	andq $-16, %rsp\n"
        "	call run\n");

__attribute__((noreturn, used)) void run(long argument_count);

void run(long argument_count)
{
	const struct timespec moment = { .tv_nsec = 50000000 };

	call(SYS_write, 1, (long)line, sizeof(line) - 1);
	if (argument_count > 1)
		call(SYS_nanosleep, (long)&moment, 0, 0);
	for (;;)
		call(SYS_exit_group, 0, 0, 0);
}
