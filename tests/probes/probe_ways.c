/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More techniques of the probe: other system calls, other numberings of them, mappings that
 * become executable on a way round, and opens that take another way than open(2).
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/openat2.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	       4096
#define FILE_PAGES     2 /* the file "code" has two pages */
#define MAPPINGS_MANY  9000
#define THREADS	       8
#define STACK_SIZE     (256 * 1024)

static void *map_file(const char *path, int protection, int flags, size_t size)
{
	int fd = open_target(path, O_RDONLY);
	void *address = mmap(NULL, size, protection, flags, fd, 0);

	if (address == MAP_FAILED)
		refused("mmap");
	close(fd);
	return address;
}

/* --- int $0x80 from 64-bit code: arch/x86/entry/syscalls/syscall_32.tbl -------------------- */

#define I386_EXECVE   11
#define I386_MPROTECT 125
#define I386_MMAP2    192

/* Arguments have to lie below 4 GiB; so does what it returns. */
static int call_32(int number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
	int result;
	register uint32_t si __asm__("esi") = d;
	register uint32_t di __asm__("edi") = e;

	__asm__ volatile("push %%rbp\n\txor %%ebp, %%ebp\n\tint $0x80\n\tpop %%rbp"
	                 : "=a"(result)
	                 : "a"(number), "b"(a), "c"(b), "d"(c), "r"(si), "r"(di)
	                 : "memory", "r8", "r9", "r10", "r11");
	if (result < 0 && result > -4096) {
		errno = -result;
		return -1;
	}
	return result;
}

static void int80_mmap(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	int address = call_32(I386_MMAP2, 0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd);

	if (address == -1)
		refused("int $0x80 mmap2");
	call_mapping((void *)(uintptr_t)(uint32_t)address);
}

static void int80_mprotect(char **argv)
{
	void *address = map_file(argv[0], PROT_READ, MAP_PRIVATE | MAP_32BIT, PAGE);

	if (call_32(I386_MPROTECT, (uint32_t)(uintptr_t)address, PAGE, PROT_READ | PROT_EXEC, 0, 0))
		refused("int $0x80 mprotect");
	call_mapping(address);
}

static void int80_exec(char **argv)
{
	char *low = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	uint32_t *vector = (uint32_t *)(low + PAGE);

	if (low == MAP_FAILED)
		broken("mmap");
	snprintf(low, PAGE, "%s", argv[0]);
	vector[0] = (uint32_t)(uintptr_t)low;
	vector[1] = 0;
	call_32(I386_EXECVE, vector[0], (uint32_t)(uintptr_t)vector, 0, 0, 0);
	refused("int $0x80 execve");
}

/* --- mappings ----------------------------------------------------------------------------- */

/* The descriptor is standard input: somebody opened it long ago. */
static void map_inherited(char **argv)
{
	void *address = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, STDIN_FILENO, 0);

	(void)argv;
	if (address == MAP_FAILED)
		refused("mmap");
	call_mapping(address);
}

static void execute_only(char **argv)
{
	call_mapping(map_file(argv[0], PROT_EXEC, MAP_PRIVATE, PAGE));
}

static void protect(void *address, size_t size)
{
	if (mprotect(address, size, PROT_READ | PROT_EXEC) < 0)
		refused("mprotect");
}

static void protect_by_key(char **argv)
{
	void *address = map_file(argv[0], PROT_READ, MAP_PRIVATE, PAGE);

	if (syscall(SYS_pkey_mprotect, address, PAGE, PROT_READ | PROT_EXEC, -1) < 0)
		refused("pkey_mprotect");
	call_mapping(address);
}

/* One page of two; then the other one, of a mapping that is split by now. */
static void protect_part(char **argv)
{
	char *address = map_file(argv[0], PROT_READ, MAP_PRIVATE, FILE_PAGES * PAGE);

	protect(address + PAGE, 1);
	protect(address, 1);
	call_mapping(address);
}

/* The last of thousands of mappings, in one call. */
static void protect_many(char **argv)
{
	size_t size = (MAPPINGS_MANY + FILE_PAGES) * (size_t)PAGE;
	int fd = open_target(argv[0], O_RDONLY);
	char *start = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *last;

	if (start == MAP_FAILED)
		broken("mmap");
	for (size_t i = 0; i < MAPPINGS_MANY; i += 2)
		if (mprotect(start + i * PAGE, PAGE, PROT_NONE) < 0)
			broken("mprotect");
	last = start + MAPPINGS_MANY * (size_t)PAGE;
	if (mmap(last, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
		broken("mmap");
	protect(start, MAPPINGS_MANY * (size_t)PAGE + PAGE);
	call_mapping(last);
}

/* A page that is the process's own copy by now. */
static void protect_written(char **argv)
{
	char *address = map_file(argv[0], PROT_READ | PROT_WRITE, MAP_PRIVATE, FILE_PAGES * PAGE);

	address[PAGE - 1] = 1;
	protect(address, FILE_PAGES * PAGE);
	call_mapping(address);
}

static void protect_moved(char **argv)
{
	char *address = map_file(argv[0], PROT_READ, MAP_PRIVATE, PAGE), *moved;
	char *room = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	moved = mremap(address, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room);
	if (room == MAP_FAILED || moved == MAP_FAILED)
		broken("mremap");
	protect(moved, PAGE);
	call_mapping(moved);
}

/* Reading is made to imply executing once the file is mapped; then its pages are mapped anew. */
static void remap_implied(char **argv)
{
	int fd = open_target(argv[0], O_RDWR); /* only then the kernel takes it for shared */
	void *address = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	if (address == MAP_FAILED)
		broken("mmap");
	close(fd);
	if (personality(READ_IMPLIES_EXEC) < 0)
		broken("personality");
	if (syscall(SYS_remap_file_pages, address, PAGE, 0, 0, 0) < 0)
		refused("remap_file_pages");
	call_mapping(address);
}

/* Over an exec: 32-bit programs keep it (64-bit ones lose it, SET_PERSONALITY2()). */
static void exec_implied(char **argv)
{
	if (personality(READ_IMPLIES_EXEC) < 0)
		broken("personality");
	exec_path(argv);
}

/* The page with the arguments is one that nobody delivers: the record must not wait for it. */
static void late_arguments(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	int faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page = (char *)((uintptr_t)argv[0] & ~(uintptr_t)(PAGE - 1));
	void *address;

	range.range.start = (uintptr_t)page;
	range.range.len = PAGE;
	if (faults < 0 || ioctl(faults, UFFDIO_API, &api) < 0 ||
	    ioctl(faults, UFFDIO_REGISTER, &range) < 0 || madvise(page, PAGE, MADV_DONTNEED) < 0)
		broken("userfaultfd");
	alarm(20);
	address = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (address == MAP_FAILED)
		refused("mmap");
	call_mapping(address);
}

/* --- executing ---------------------------------------------------------------------------- */

/* A script by its descriptor: the interpreter is given /dev/fd/N. */
static void exec_descriptor(char **argv)
{
	int fd = open(argv[0], O_PATH);

	if (fd < 0)
		broken("open");
	syscall(SYS_execveat, fd, "", argv, environment, AT_EMPTY_PATH);
	refused("execveat");
}

static int exec_cloned(void *argv)
{
	exec_path(argv);
	return 1;
}

/* A child that shares memory, files and directory, while the parent goes on. */
static void exec_clone(char **argv)
{
	char *stack = malloc(STACK_SIZE);
	int pid = stack ? clone(exec_cloned, stack + STACK_SIZE,
	                        CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD, argv)
	                : -1;

	if (pid < 0)
		broken("clone");
	follow(pid);
}

static pthread_barrier_t start;

static void *exec_when_all(void *argv)
{
	pthread_barrier_wait(&start);
	exec_path(argv);
	return NULL;
}

/* All threads of the process execute at once: one gets through. */
static void exec_threads(char **argv)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		errno = pthread_create(&threads[i], NULL, exec_when_all, argv);
		if (errno)
			broken("pthread_create");
	}
	pthread_join(threads[0], NULL);
}

/* The kernel unpacks it (MODULE_INIT_COMPRESSED_FILE, 5.17). */
static void module_packed(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);

	if (syscall(SYS_finit_module, fd, "", 4) < 0)
		refused("finit_module");
	say_ran();
	if (!argv[1] || syscall(SYS_delete_module, argv[1], O_NONBLOCK) < 0)
		broken("delete_module");
}

/* --- opening ------------------------------------------------------------------------------ */

static void read_byte(int fd, const char *call)
{
	char byte;

	if (fd < 0)
		refused(call);
	if (read(fd, &byte, 1) != 1)
		refused("read");
	say_ran();
}

static void open_2(char **argv)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };

	read_byte((int)syscall(SYS_openat2, AT_FDCWD, argv[0], &how, sizeof(how)), "openat2");
}

static void open_handle(char **argv)
{
	char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	struct file_handle *handle = (struct file_handle *)space;
	char directory[4200], *slash;
	int mount_id, mount_fd;

	snprintf(directory, sizeof(directory), "%s", argv[0]);
	slash = strrchr(directory, '/');
	if (slash)
		*slash = '\0';
	mount_fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	handle->handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(AT_FDCWD, argv[0], handle, &mount_id, 0) < 0)
		broken("name_to_handle_at");
	read_byte(open_by_handle_at(mount_fd, handle, O_RDONLY | O_CLOEXEC), "open_by_handle_at");
}

static void open_again(char **argv)
{
	char path[64];
	int fd = open(argv[0], O_PATH | O_CLOEXEC);

	if (fd < 0)
		broken("open");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_byte(open(path, O_RDONLY | O_CLOEXEC), "open");
}

static int ring_run(struct io_uring *ring)
{
	struct io_uring_cqe *completion;
	int result = io_uring_submit_and_wait(ring, 1);

	if (result < 0 || io_uring_wait_cqe(ring, &completion) < 0)
		broken("io_uring");
	result = completion->res;
	io_uring_cqe_seen(ring, completion);
	errno = result < 0 ? -result : 0;
	return result < 0 ? -1 : result;
}

static void open_ring(char **argv)
{
	struct io_uring ring;

	if (io_uring_queue_init(4, &ring, 0) < 0)
		broken("io_uring_setup");
	io_uring_prep_openat(io_uring_get_sqe(&ring), AT_FDCWD, argv[0], O_RDONLY | O_CLOEXEC, 0);
	read_byte(ring_run(&ring), "IORING_OP_OPENAT");
}

const struct technique more_techniques[] = {
	{ "int80-mmap", int80_mmap, "mmap2 by int $0x80 from 64-bit code" },
	{ "int80-mprotect", int80_mprotect, "mprotect by int $0x80 from 64-bit code" },
	{ "int80-exec", int80_exec, "execve by int $0x80 from 64-bit code" },
	{ "inherited", map_inherited, "standard input mapped PROT_EXEC" },
	{ "execute-only", execute_only, "mapped PROT_EXEC alone" },
	{ "pkey-mprotect", protect_by_key, "mapped PROT_READ, pkey_mprotect PROT_EXEC" },
	{ "protect-part", protect_part, "mapped PROT_READ, made executable page by page" },
	{ "protect-many", protect_many, "made executable as the last of thousands of mappings" },
	{ "protect-written", protect_written, "made executable after a page was written" },
	{ "protect-moved", protect_moved, "mapped PROT_READ, mremap, mprotect PROT_EXEC" },
	{ "module-packed", module_packed, "compressed module by descriptor; argument: its name" },
	{ "remap-implied", remap_implied, "remap_file_pages under READ_IMPLIES_EXEC" },
	{ "exec-implied", exec_implied, "execve under READ_IMPLIES_EXEC" },
	{ "late-arguments", late_arguments, "mapped PROT_EXEC, argv on a userfaultfd page" },
	{ "exec-fd", exec_descriptor, "execveat of a descriptor that stays open" },
	{ "clone", exec_clone, "execve in a CLONE_VM child" },
	{ "threads", exec_threads, "execve by eight threads at once" },
	{ "openat2", open_2, "openat2, read" },
	{ "by-handle", open_handle, "open_by_handle_at, read" },
	{ "reopen", open_again, "O_PATH, opened again by /proc/self/fd, read" },
	{ "notified-exec", notified_exec, "execve that a seccomp supervisor lets go on" },
	{ "notified-mmap", notified_mmap, "mapped PROT_EXEC, likewise" },
	{ "checked-exec", checked_exec, "AT_EXECVE_CHECK, then execve" },
	{ "x32-mmap", x32_mmap, "mmap by x32's number from 64-bit code" },
	{ "ring-open", open_ring, "opened by io_uring, read" },
};

const size_t more_techniques_count = sizeof(more_techniques) / sizeof(more_techniques[0]);
