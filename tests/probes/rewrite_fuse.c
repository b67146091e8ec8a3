/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages of a file as the target of direct reads from a FUSE file that are answered late: they
 * stay pinned when mapping and descriptor are gone, and each answer writes into them, without a
 * system call on the file. The mount is served by a process of its own, which alone has the
 * device, or nobody could end those who wait for it.
 */
#include "rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FILE_NODE   2
#define REQUEST_MAX (1 << 17)
#define READS	    2 /* one a change: to the listed bytes, and back */
#define FUSE_MAJOR  10
#define FUSE_MINOR  229

static struct {
	int device;
	int commands;  /* each byte: answer the next read */
	int news;      /* a byte for each read that waits */
	size_t size;   /* of the file */
	char *answer;  /* shared: what it is answered with */
	uint64_t waiting[READS];
	int reads, answered;
} server;

static pthread_t readers[READS];
static char *target, path[4300];
static int next_reader;

/* --- the server --------------------------------------------------------------------------- */

static void answer(uint64_t unique, int error, const void *data, size_t size)
{
	static char buffer[REQUEST_MAX];
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size), .error = error, .unique = unique
	};

	memcpy(buffer, &header, sizeof(header));
	if (size)
		memcpy(buffer + sizeof(header), data, size);
	(void)!write(server.device, buffer, sizeof(header) + size);
}

static struct fuse_attr attributes(uint64_t node)
{
	if (node != FILE_NODE)
		return (struct fuse_attr){ .ino = FUSE_ROOT_ID, .mode = S_IFDIR | 0755, .nlink = 2 };
	return (struct fuse_attr){ .ino = FILE_NODE,
				   .mode = S_IFREG | 0644,
				   .nlink = 1,
				   /* no listed one: the monitor has no reason to read it */
				   .size = server.size + 1,
				   .blksize = 4096 };
}

static void serve_request(const struct fuse_in_header *request)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
				      .minor = 31,
				      .flags = FUSE_ASYNC_READ,
				      .max_readahead = 65536,
				      .max_write = 65536 };
	struct fuse_entry_out entry = { .nodeid = FILE_NODE,
					.attr_valid = 10,
					.entry_valid = 10,
					.attr = attributes(FILE_NODE) };
	struct fuse_attr_out attr = { .attr_valid = 10, .attr = attributes(request->nodeid) };
	struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };

	switch (request->opcode) {
	case FUSE_INIT:
		answer(request->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		answer(request->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		answer(request->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(request->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		if (server.reads == READS) {
			answer(request->unique, -EIO, NULL, 0);
			break;
		}
		server.waiting[server.reads++] = request->unique;
		(void)!write(server.news, "", 1);
		break;
	case FUSE_RELEASE:
	case FUSE_FLUSH:
		answer(request->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(request->unique, -ENOSYS, NULL, 0);
	}
}

/* Until nobody gives commands any more: then the mount is gone with the device. */
__attribute__((noreturn)) static void serve(void)
{
	static char request[REQUEST_MAX];
	struct pollfd sources[] = { { .fd = server.device, .events = POLLIN },
				    { .fd = server.commands, .events = POLLIN } };
	char byte;

	while (poll(sources, 2, -1) > 0) {
		if ((sources[0].revents & POLLIN) &&
		    read(server.device, request, sizeof(request)) > 0)
			serve_request((void *)request);
		if (!sources[1].revents)
			continue;
		if (read(server.commands, &byte, 1) != 1)
			break;
		if (server.answered < server.reads)
			answer(server.waiting[server.answered++], 0, server.answer, server.size);
	}
	_exit(0);
}

/* --- who reads ---------------------------------------------------------------------------- */

static void *read_into_target(void *unused)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	(void)unused;
	if (fd < 0 || read(fd, target, server.size) != (ssize_t)server.size)
		broken("a direct read");
	close(fd);
	return NULL;
}

static void mount_view(const char *file)
{
	char options[128];

	snprintf(path, sizeof(path), "%s.device", file);
	check(mknod(path, S_IFCHR | 0600, makedev(FUSE_MAJOR, FUSE_MINOR)) == 0 || errno == EEXIST,
	      "mknod");
	server.device = open(path, O_RDWR | O_CLOEXEC);
	check(server.device >= 0, "open the FUSE device");
	snprintf(path, sizeof(path), "%s.view", file);
	check(mkdir(path, 0755) == 0 || errno == EEXIST, "mkdir");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		 server.device);
	check(mount("view", path, "fuse.view", MS_NOSUID | MS_NODEV, options) == 0, "mount");
	strncat(path, "/file", sizeof(path) - strlen(path) - 1);
}

static void start_server(int commands[2], int news[2])
{
	pid_t pid;

	check(pipe2(commands, O_CLOEXEC) == 0 && pipe2(news, O_CLOEXEC) == 0, "pipe2");
	server.commands = commands[0];
	server.news = news[1];
	pid = fork();
	check(pid >= 0, "fork");
	if (pid == 0) {
		/* Who waits for an answer keeps the pipe open, whatever ends the others. */
		check(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "PR_SET_PDEATHSIG");
		close(commands[1]);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		serve();
	}
	close(server.device);
	close(commands[0]);
	close(news[1]);
	server.commands = commands[1];
	server.news = news[0];
}

void fuse_pinned_prepare(const char *file)
{
	int fd, commands[2], news[2];
	struct stat status;
	char byte;

	check(stat(file, &status) == 0, "stat");
	server.size = (size_t)status.st_size;
	server.answer = mmap(NULL, server.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			     -1, 0);
	check(server.answer != MAP_FAILED, "mmap");
	mount_view(file);
	start_server(commands, news);
	fd = open_writable(file); /* not the server's too */
	target = mmap(NULL, server.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(target != MAP_FAILED, "mmap");
	for (int i = 0; i < READS; i++) {
		errno = pthread_create(&readers[i], NULL, read_into_target, NULL);
		check(errno == 0, "pthread_create");
		check(read(server.news, &byte, 1) == 1, "a read that waits");
	}
	munmap(target, server.size);
	close(fd);
	/* The files that are open there stay. */
	*strrchr(path, '/') = '\0';
	check(umount2(path, MNT_DETACH) == 0, "umount2");
}

void fuse_pinned_change(const char *file, const struct content *content)
{
	(void)file;
	errno = EINVAL;
	check(content->size == server.size && next_reader < READS, "one more change");
	memcpy(server.answer, content->bytes, content->size);
	check(write(server.commands, "", 1) == 1, "answer");
	errno = pthread_join(readers[next_reader++], NULL);
	check(errno == 0, "pthread_join");
}
