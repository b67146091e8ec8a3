/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nameless TECHNIQUE FILE: the bytes of FILE as a file that has no name, another's name, or a name
 * that comes later. See steps.h for what it tells. FILE of `again` is a fifo. Where a technique
 * needs an allowed file it is `clean` beside FILE.
 */
#include <linux/memfd.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>

#include "steps.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define HUGE_PAGE (2UL << 20)

/* MFD_EXEC and MFD_NOEXEC_SEAL are of 6.3 (105ff5339f49): without them memfds are executable. */
static int memfd_of(const char *path, unsigned int flags)
{
	int fd = memfd_create("names", MFD_CLOEXEC | flags);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("names", MFD_CLOEXEC);
	CHECK(fd);
	copy_to_fd(path, fd);
	return fd;
}

static void descriptor_read(const char *path)
{
	run_fd((int)CHECK(open(path, O_RDONLY | O_CLOEXEC)));
}

static int shown_fd;

static void show_open(const char *path)
{
	shown_fd = (int)CHECK(open(path, O_RDONLY | O_CLOEXEC));
}

/* /proc/PID/fd/N of another process. The numbers are equal: both opened at the same point. */
static void descriptor_of_other(const char *path)
{
	char link[64];
	int fd = (int)CHECK(dup(STDERR_FILENO));
	pid_t pid;

	close(fd);
	/* Two more are taken by the pipe of companion(). */
	pid = companion(show_open, path);
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd + 2);
	run_path(link);
}

/* Through the link of a mapping in /proc, after the descriptor is closed. */
static void map_files(const char *path)
{
	int fd = (int)CHECK(open(path, O_RDONLY | O_CLOEXEC));
	char *address = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	char link[96];

	if (address == MAP_FAILED)
		broken("mmap");
	close(fd);
	snprintf(link, sizeof(link), "/proc/self/map_files/%lx-%lx", (unsigned long)address,
	         (unsigned long)address + 4096);
	run_path(link);
}

static void memfd_exec(const char *path)
{
	run_fd(memfd_of(path, MFD_EXEC));
}

/* Not to be executed, but nothing keeps it from being mapped. */
static void memfd_noexec(const char *path)
{
	run_mapped(reopen_read(memfd_of(path, MFD_NOEXEC_SEAL)), 4096);
}

static void memfd_reopened(const char *path)
{
	run_fd(reopen_read(memfd_of(path, 0)));
}

/* The allowed bytes have run before the same memfd gets the others, of the same size. */
static void memfd_rewritten(const char *path)
{
	int fd = memfd_of(beside(path, "clean"), 0), status;
	pid_t pid = (pid_t)CHECK(fork());

	if (pid == 0) {
		CHECK(dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO));
		run_fd(fd);
	}
	CHECK(waitpid(pid, &status, 0));
	errno = 0;
	if (status)
		broken("the allowed bytes");
	CHECK(lseek(fd, 0, SEEK_SET));
	copy_to_fd(path, fd);
	run_fd(fd);
}

static void memfd_huge(const char *path)
{
	int from = (int)CHECK(open(path, O_RDONLY | O_CLOEXEC));
	int fd = (int)CHECK(memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB));
	char *pages;

	CHECK(ftruncate(fd, HUGE_PAGE));
	pages = mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pages == MAP_FAILED)
		broken("mmap of a huge page");
	if (read(from, pages, HUGE_PAGE) != HUGE_PAGE)
		broken("read");
	munmap(pages, HUGE_PAGE);
	run_mapped(reopen_read(fd), HUGE_PAGE);
}

/* A segment with the file's bytes. */
static int sysv_segment(const char *path)
{
	int from = (int)CHECK(open(path, O_RDONLY | O_CLOEXEC)), id;
	struct stat status;
	void *address;

	CHECK(fstat(from, &status));
	id = (int)CHECK(shmget(IPC_PRIVATE, (size_t)status.st_size, IPC_CREAT | 0700));
	address = shmat(id, NULL, 0);
	if (address == (void *)-1 || read(from, address, (size_t)status.st_size) != status.st_size)
		broken("shmat");
	shmdt(address);
	return id;
}

__attribute__((noreturn)) static void run_attached(void *address)
{
	int (*code)(void);

	*(void **)&code = address;
	if (code() != 42)
		broken("attached code");
	usleep(50000);
	puts("RAN-attached");
	fflush(stdout);
	_exit(0);
}

/* In pages that belong to no file of anybody: SysV shared memory, attached as code. */
static void sysv_shared(const char *path)
{
	int id = sysv_segment(path), error;
	void *address = shmat(id, NULL, SHM_EXEC | SHM_RDONLY);

	error = errno;
	shmctl(id, IPC_RMID, NULL);
	errno = error;
	if (address == (void *)-1)
		refused("shmat");
	run_attached(address);
}

#define I386_IPC  117
#define IPC_SHMAT 21

/* The same by ipc(2) of i386, which 64-bit code can call too. */
static void sysv_shared_i386(const char *path)
{
	int id = sysv_segment(path);
	uint32_t *address = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result = I386_IPC;

	if (address == MAP_FAILED)
		broken("mmap");
	__asm__ volatile("int $0x80"
	                 : "+a"(result)
	                 : "b"(IPC_SHMAT), "c"((long)id), "d"((long)(SHM_EXEC | SHM_RDONLY)),
	                   "S"((long)(uintptr_t)address), "D"(0L)
	                 : "memory", "r8", "r9", "r10", "r11");
	shmctl(id, IPC_RMID, NULL);
	errno = (int)-result;
	if (result < 0)
		refused("ipc");
	run_attached((void *)(uintptr_t)*address);
}

static void fd_send(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	CHECK(sendmsg(socket, &message, 0));
}

static int fd_receive(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};
	int fd = -1;

	CHECK(recvmsg(socket, &message, MSG_CMSG_CLOEXEC));
	if (CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return (int)CHECK(fd);
}

/* The one who executes it has never opened it. */
static void run_passed(int fd)
{
	int sockets[2];
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
	pid = (pid_t)CHECK(fork());
	if (pid == 0) {
		close(fd);
		run_fd(fd_receive(sockets[1]));
	}
	fd_send(sockets[0], fd);
	close(fd);
	follow(pid);
}

static void memfd_passed(const char *path)
{
	run_passed(reopen_read(memfd_of(path, 0)));
}

/* A copy that has lost its name. */
static int unlinked_copy(const char *path)
{
	const char *copy = beside(path, "copy");
	int fd;

	copy_file(path, copy);
	fd = (int)CHECK(open(copy, O_RDONLY | O_CLOEXEC));
	CHECK(unlink(copy));
	return fd;
}

static void unlinked_passed(const char *path)
{
	run_passed(unlinked_copy(path));
}

static void unlinked_mapped(const char *path)
{
	run_mapped(unlinked_copy(path), 4096);
}

static void unlinked_library(const char *path)
{
	int fd = unlinked_copy(path);
	char library[64], loader[4096];
	char *argv[] = {loader, library, (char *)"linger", NULL};
	ssize_t length = CHECK(readlink("/proc/self/exe", loader, sizeof(loader) - 16));

	while (length > 0 && loader[length - 1] != '/')
		length--;
	strcpy(loader + length, "load_library");
	CHECK(fcntl(fd, F_SETFD, 0));
	snprintf(library, sizeof(library), "/proc/self/fd/%d", fd);
	CHECK(execve(loader, argv, environ));
}

/* O_TMPFILE, and a name only at the end. */
static void linked_later(const char *path)
{
	const char *name = beside(path, "linked");
	int fd = (int)CHECK(open(beside(path, "."), O_RDWR | O_TMPFILE | O_CLOEXEC, 0700));
	char link[64];

	copy_to_fd(path, fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)unlink(name);
	CHECK(linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW));
	close(fd);
	run_path(name);
}

static void deleted_directory(const char *path)
{
	const char *directory = beside(path, "directory");
	int fd = (int)CHECK(open(path, O_PATH | O_CLOEXEC));

	CHECK(mkdir(directory, 0700));
	CHECK(chdir(directory));
	CHECK(rmdir(directory));
	run_fd(fd);
}

/* Waits for a byte from @path, which is no file to run, and then executes itself once more. */
static void again(const char *path)
{
	int fd = (int)CHECK(open(path, O_RDONLY | O_CLOEXEC));
	char *argv[] = {(char *)"again", (char *)"ran", (char *)path, NULL};
	char byte;

	errno = 0;
	if (read(fd, &byte, 1) != 1)
		broken("read");
	execve("/proc/self/exe", argv, environ);
	refused("execve");
}

static void ran(const char *path)
{
	(void)path;
	puts("RAN-again");
	fflush(stdout);
	usleep(50000);
	_exit(0);
}

static const struct technique techniques[] = {
        {"again", again},
        {"ran", ran},
        {"descriptor-read", descriptor_read},
        {"descriptor-of-other", descriptor_of_other},
        {"map-files", map_files},
        {"memfd-exec", memfd_exec},
        {"memfd-noexec", memfd_noexec},
        {"memfd-reopened", memfd_reopened},
        {"memfd-rewritten", memfd_rewritten},
        {"memfd-huge", memfd_huge},
        {"memfd-passed", memfd_passed},
        {"sysv-shared", sysv_shared},
        {"sysv-shared-i386", sysv_shared_i386},
        {"unlinked-passed", unlinked_passed},
        {"unlinked-mapped", unlinked_mapped},
        {"unlinked-library", unlinked_library},
        {"linked-later", linked_later},
        {"deleted-directory", deleted_directory},
        {NULL, NULL},
};

int main(int argc, char **argv)
{
	return steps_main(argc, argv, techniques);
}
