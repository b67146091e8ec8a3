/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 32-bit program, without a C library. Without an argument it is one to restrict: it writes a
 * line (see target.c for the zeros). With one it maps that file for reading only and calls it,
 * which works where reading implies executing.
 */
static const char line[] = "RAN-00000000\n";
static const char called[] = "RAN-here\n";

#define SYS_exit  1
#define SYS_write 4
#define SYS_open  5
#define SYS_mmap  90 /* the old one: its arguments lie in memory */

struct map_arguments {
	unsigned int address, size, protection, flags, fd, offset;
};

static int call(int number, int a, int b, int c)
{
	int result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

/* The kernel leaves argc, and the arguments above it, on top of the stack. */
__asm__(".globl _start\n"
        "_start:\n"
        "	movl %esp, %eax\n"
        "	pushl %eax\n"
        "	call run\n");

__attribute__((noreturn, used)) void run(int *stack);

void run(int *stack)
{
	struct map_arguments map = { 0, 4096, 1 /* PROT_READ */, 2 /* MAP_PRIVATE */, 0, 0 };
	int (*code)(void), address, fd, status = 0;

	if (stack[0] < 2) {
		call(SYS_write, 1, (int)line, sizeof(line) - 1);
	} else {
		fd = call(SYS_open, stack[2], 0, 0);
		map.fd = (unsigned int)fd;
		address = call(SYS_mmap, (int)&map, 0, 0);
		code = (int (*)(void))address;
		if (fd < 0 || (address < 0 && address > -4096))
			status = address == -1 ? 127 : 99;
		else if (code() == 42)
			call(SYS_write, 1, (int)called, sizeof(called) - 1);
		if (status == 127)
			call(SYS_write, 1, (int)"Operation not permitted\n", 24);
	}
	for (;;)
		call(SYS_exit, status, 0, 0);
}
