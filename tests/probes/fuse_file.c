/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuse_file TECHNIQUE FILE: serves FILE's bytes as view/file beside it, by way of /dev/fuse, and
 * executes that. See steps.h for what it tells. `fuse` beside FILE is the device, `clean` what a
 *liar shows to some:
 *
 *	honest   FILE's bytes to everybody
 *	direct   the clean ones to who reads (FOPEN_DIRECT_IO), FILE's to who maps
 *
 * "user:" before the technique: as nobody, in a user namespace.
 */
#include <linux/fuse.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "steps.h"

#define FILE_NODE   2
#define FILE_MAX    (1 << 20)
#define REQUEST_MAX (FILE_MAX + 4096)

struct bytes {
	char data[FILE_MAX];
	size_t size;
};

static struct bytes own, clean;
static bool lies;
static int device;

static void load(const char *path, struct bytes *bytes)
{
	int fd = (int)CHECK(open(path, O_RDONLY | O_CLOEXEC));

	bytes->size = (size_t)CHECK(read(fd, bytes->data, FILE_MAX));
	close(fd);
}

static void answer(uint64_t unique, int error, const void *data, size_t size)
{
	static char buffer[REQUEST_MAX];
	struct fuse_out_header header = {
	        .len = (uint32_t)(sizeof(header) + size), .error = error, .unique = unique};

	memcpy(buffer, &header, sizeof(header));
	if (size)
		memcpy(buffer + sizeof(header), data, size);
	(void)!write(device, buffer, sizeof(header) + size);
}

static struct fuse_attr attributes(uint64_t node)
{
	if (node != FILE_NODE)
		return (struct fuse_attr){.ino = FUSE_ROOT_ID, .mode = S_IFDIR | 0755, .nlink = 2};
	return (struct fuse_attr){.ino = FILE_NODE,
	                          .mode = S_IFREG | 0755,
	                          .nlink = 1,
	                          .size = own.size,
	                          .blocks = own.size / 512,
	                          .blksize = 4096};
}

static void answer_lookup(const struct fuse_in_header *request, const char *name)
{
	struct fuse_entry_out entry = {.nodeid = FILE_NODE,
	                               .attr_valid = 10,
	                               .entry_valid = 10,
	                               .attr = attributes(FILE_NODE)};

	if (strcmp(name, "file") == 0)
		answer(request->unique, 0, &entry, sizeof(entry));
	else
		answer(request->unique, -ENOENT, NULL, 0);
}

static void answer_read(const struct fuse_in_header *request, const struct fuse_read_in *read)
{
	const struct bytes *bytes = &own;
	size_t size = read->size;

	/* Only read(2) past the page cache has an owner of locks. */
	if (lies && (read->read_flags & FUSE_READ_LOCKOWNER))
		bytes = &clean;
	if (read->offset >= bytes->size)
		size = 0;
	else if (size > bytes->size - read->offset)
		size = bytes->size - read->offset;
	answer(request->unique, 0, bytes->data + read->offset, size);
}

static void serve_one(const struct fuse_in_header *request, const void *body)
{
	struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION,
	                             .minor = 31,
	                             .max_readahead = 65536,
	                             .max_write = 4096};
	struct fuse_attr_out attr = {.attr_valid = 10, .attr = attributes(request->nodeid)};
	struct fuse_open_out opened = {.open_flags = lies ? FOPEN_DIRECT_IO : 0};

	switch (request->opcode) {
	case FUSE_INIT:
		answer(request->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		answer_lookup(request, body);
		break;
	case FUSE_GETATTR:
		answer(request->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		answer(request->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		answer_read(request, body);
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

/* Until the mount is gone with its namespace, or the executor is. */
static void serve(pid_t executor)
{
	static char request[REQUEST_MAX];

	while (getppid() == executor) {
		if (read(device, request, sizeof(request)) > 0)
			serve_one((void *)request, request + sizeof(struct fuse_in_header));
		else if (errno != EINTR && errno != EAGAIN && errno != ENOENT)
			break;
	}
	_exit(0);
}

static void serve_and_run(const char *path)
{
	const char *view = beside(path, "view");
	pid_t executor = getpid();
	char options[128];

	load(path, &own);
	load(beside(path, "clean"), &clean);
	CHECK(unshare(CLONE_NEWNS));
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	if (mkdir(view, 0755) && errno != EEXIST)
		broken("mkdir");
	/* Debian's is open to everybody; a machine without udev has only what the test made. */
	device = (int)CHECK(open(beside(path, "fuse"), O_RDWR | O_CLOEXEC));
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
	         device);
	CHECK(mount("file", view, "fuse.file", MS_NOSUID | MS_NODEV, options));
	if (CHECK(fork()) == 0) {
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL));
		serve(executor);
	}
	close(device);
	run_path(beside(path, "view/file"));
}

static void serve_honest(const char *path)
{
	serve_and_run(path);
}

static void serve_direct(const char *path)
{
	lies = true;
	serve_and_run(path);
}

static const struct technique techniques[] = {
        {"honest", serve_honest},
        {"direct", serve_direct},
        {NULL, NULL},
};

int main(int argc, char **argv)
{
	if (argc > 1 && strncmp(argv[1], "user:", 5) == 0) {
		argv[1] += 5;
		become_nobody();
		become_root_of_own(0);
	}
	return steps_main(argc, argv, techniques);
}
