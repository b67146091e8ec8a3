/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest thing to restrict: its first instructions write a line. Without
 * a C library, so that nothing runs before that. Tests make as many different
 * files of one size from it as they need, by replacing the zeros.
 */
#include <sys/syscall.h>

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

__attribute__((noreturn)) void _start(void);

void _start(void)
{
	call(SYS_write, 1, (long)line, sizeof(line) - 1);
	for (;;)
		call(SYS_exit_group, 0, 0, 0);
}
