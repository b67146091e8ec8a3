/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stalled fuse|userfaultfd exec|map COUNT MOUNTPOINT UID FILE: COUNT processes execute FILE with
 * arguments, or map it as code from a process whose own arguments, lie in memory that nobody ever
 * brings in: on a FUSE file whose process answers no read, or behind a userfaultfd(2) that nobody
 * serves. MOUNTPOINT is a file to mount on, in a namespace of our own. Prints how many
 * "ran A denied B killed C stuck D"; stuck are those that wait for such a page before FILE is
 * looked at. Exit status 99: the technique does not work here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_DENIED 100
#define EXIT_OTHER  102
#define ARGUMENT    65536 /* bytes of the first argument, so that it has pages of its own */
#define PAGES	    8
#define AREA	    (PAGES * 4096UL)
#define WAIT_MS	    300

static int device = -1; /* /dev/fuse */

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "stalled: %s: %s\n", what, strerror(errno));
	exit(99);
}

static void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

/* --- a file system of one file, which answers everything but reads ------------------ */

static void answer(const struct fuse_in_header *request, int error, const void *body, size_t size)
{
	char buffer[512];
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size),
		.error = error,
		.unique = request->unique,
	};

	memcpy(buffer, &header, sizeof(header));
	if (size)
		memcpy(buffer + sizeof(header), body, size);
	if (write(device, buffer, header.len) < 0 && errno != ENOENT)
		fail("write");
}

static void serve_one(const struct fuse_in_header *request)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096
	};
	struct fuse_attr_out attr = { .attr = {
		.ino = 1, .size = AREA, .mode = S_IFREG | 0644, .nlink = 1, .blksize = 4096,
	} };
	struct fuse_open_out opened = { 0 };

	switch (request->opcode) {
	case FUSE_INIT:
		answer(request, 0, &init, sizeof(init));
		break;
	case FUSE_GETATTR:
		answer(request, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(request, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
	case FUSE_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(request, -ENOSYS, NULL, 0);
	}
}

static void *serve(void *unused)
{
	static char buffer[FUSE_MIN_READ_BUFFER + 65536] __attribute__((aligned(8)));

	while (read(device, buffer, sizeof(buffer)) > 0)
		serve_one((const struct fuse_in_header *)buffer);
	return unused;
}

static void become(unsigned int uid)
{
	if (uid && (setgid(uid) < 0 || setuid(uid) < 0))
		fail("setuid");
	prctl(PR_SET_DUMPABLE, 1); /* or /proc/self were not ours */
}

/* In namespaces of our own, as any user may. Returns the file, open. */
static int mount_file(const char *path, unsigned int uid)
{
	char options[128], map[64];
	pthread_t thread;
	int fd;

	if (uid) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			fail("unshare");
		put_text("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "0 %u 1", uid);
		put_text("/proc/self/uid_map", map);
		put_text("/proc/self/gid_map", map);
	} else if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		fail("unshare");
	}
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		fail("/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=0100000,user_id=0,group_id=0", device);
	if (mount("stalled", path, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		fail("mount");
	if (pthread_create(&thread, NULL, serve, NULL))
		fail("pthread_create");
	fd = open(path, O_RDONLY);
	if (fd < 0)
		fail(path);
	return fd;
}

/* --- memory that never comes -------------------------------------------------------- */

static int fuse_file = -1;
static int faults = -1;

/* In each process anew: it is for the memory of the one that opens it. */
static void open_faults(void)
{
	struct uffdio_api api = { .api = UFFD_API };

	faults = (int)syscall(SYS_userfaultfd, geteuid() ? UFFD_USER_MODE_ONLY : 0);
	if (faults < 0 || ioctl(faults, UFFDIO_API, &api) < 0)
		fail("userfaultfd");
}

static void register_faults(void *address)
{
	struct uffdio_register range = {
		.range = { .start = (unsigned long)address, .len = AREA },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	if (ioctl(faults, UFFDIO_REGISTER, &range) < 0)
		fail("UFFDIO_REGISTER");
}

/* From now on what lies at @address does not come when it is asked for. */
static void take_away(void *address)
{
	if (fuse_file >= 0)
		mmap(address, AREA, PROT_READ, MAP_PRIVATE | MAP_FIXED, fuse_file, 0);
	else
		madvise(address, AREA, MADV_DONTNEED);
}

static char *make_area(void *at)
{
	char *area = mmap(at, AREA, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

	if (area == MAP_FAILED)
		fail("mmap");
	memset(area, 'y', AREA - 1);
	if (faults >= 0)
		register_faults(area);
	return area;
}

/* --- the techniques ----------------------------------------------------------------- */

static volatile bool ready;

static void *take_away_later(void *area)
{
	ready = true;
	for (volatile int i = 0; i < getpid() % 40 * 1000; i++)
		;
	take_away(area);
	return NULL;
}

__attribute__((noreturn)) static void execute(char *file)
{
	char *area = make_area(NULL), *argv[] = { file, area, NULL };
	pthread_t thread;

	if (pthread_create(&thread, NULL, take_away_later, area))
		fail("pthread_create");
	while (!ready)
		;
	execv(file, argv);
	_exit(errno == EPERM ? EXIT_DENIED : EXIT_OTHER);
}

/* @own: our own arguments. */
__attribute__((noreturn)) static void map(const char *file, char *own)
{
	char *page = (char *)(((unsigned long)own + 4095) & ~4095UL);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int (*code)(void);
	void *address;

	take_away(faults >= 0 ? make_area(page) : page);
	address = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (address == MAP_FAILED)
		_exit(errno == EPERM ? EXIT_DENIED : EXIT_OTHER);
	*(void **)&code = address;
	if (code() != 42 || write(STDOUT_FILENO, "RAN-here\n", 9) != 9)
		_exit(EXIT_OTHER);
	_exit(0);
}

struct tally {
	unsigned int ran, denied, killed, stuck;
};

static void count_end(int status, bool output, struct tally *tally)
{
	if (output)
		tally->ran++;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DENIED)
		tally->denied++;
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		tally->killed++;
	else
		tally->stuck++;
}

/* One attempt; what does not end in time is stuck, and killed. */
static void attempt(bool exec, char *file, char *own, struct tally *tally)
{
	int ends[2], status = 0, i;
	char text[64];
	pid_t pid, got = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail("pipe2");
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		if (fuse_file < 0)
			open_faults();
		if (exec)
			execute(file);
		map(file, own);
	}
	close(ends[1]);
	for (i = 0; i < WAIT_MS && (got = waitpid(pid, &status, WNOHANG)) == 0; i++)
		usleep(1000);
	if (got == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		status = 0;
	}
	count_end(status, read(ends[0], text, sizeof(text)) > 0, tally);
	close(ends[0]);
}

int main(int argc, char **argv)
{
	unsigned int count, uid;
	struct tally tally = { 0 };
	char *first, *rest[8] = { NULL };
	bool exec;

	if (argc != 7) {
		fprintf(stderr, "usage: stalled fuse|userfaultfd exec|map COUNT MOUNTPOINT UID FILE\n");
		return 2;
	}
	if (strlen(argv[0]) < ARGUMENT) { /* once more, with a first argument that has room */
		first = malloc(ARGUMENT + 1);
		if (!first)
			return 2;
		memset(first, 'x', ARGUMENT);
		first[ARGUMENT] = '\0';
		memcpy(rest, argv, sizeof(char *) * 7);
		rest[0] = first;
		execv("/proc/self/exe", rest);
		fail("execv");
	}
	count = (unsigned int)atoi(argv[3]);
	uid = (unsigned int)atoi(argv[5]);
	exec = strcmp(argv[2], "exec") == 0;
	become(uid);
	if (strcmp(argv[1], "fuse") == 0)
		fuse_file = mount_file(argv[4], uid);
	for (unsigned int i = 0; i < count; i++)
		attempt(exec, argv[6], argv[0], &tally);
	printf("ran %u denied %u killed %u stuck %u\n", tally.ran, tally.denied, tally.killed,
	       tally.stuck);
	return 0;
}
