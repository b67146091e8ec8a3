/* SPDX-License-Identifier: BSD-2-Clause */
/* Each of the ways, and their table at the end. Sources are read by name: see rewrite.h. */
#include "rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096

size_t round_up(size_t size)
{
	return (size + BLOCK - 1) / BLOCK * BLOCK;
}

int open_writable(const char *file)
{
	int fd = (int)UNTIL_FREE(open(file, O_RDWR | O_CLOEXEC));

	if (fd < 0)
		broken("open %s for writing", file);
	return fd;
}

void check(bool good, const char *what)
{
	if (!good)
		broken("%s", what);
}

void write_all(int fd, const struct content *content)
{
	check(pwrite(fd, content->bytes, content->size, 0) == (ssize_t)content->size, "pwrite");
}

const char *make_source(const char *file, const struct content *content)
{
	static char path[4200];
	int fd;

	snprintf(path, sizeof(path), "%s.source", file);
	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	check(fd >= 0, "create the source");
	write_all(fd, content);
	close(fd);
	return path;
}

int open_source(const char *file, const struct content *content)
{
	int fd = open(make_source(file, content), O_RDWR | O_CLOEXEC);

	check(fd >= 0, "open the source");
	return fd;
}

int open_directory(const char *file)
{
	char path[4200], *slash;
	int fd;

	snprintf(path, sizeof(path), "%s", file);
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	fd = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(fd >= 0, "open the directory");
	return fd;
}

/* --- plain writes ------------------------------------------------------------------------- */

static void in_place(const char *file, const struct content *content)
{
	int fd = open_writable(file);

	write_all(fd, content);
	close(fd);
}

/* What can be restored is: contents, then times, mode and owner. */
static void in_place_restored(const char *file, const struct content *content)
{
	struct timespec times[2];
	struct stat before;

	check(stat(file, &before) == 0, "stat");
	in_place(file, content);
	times[0] = before.st_atim;
	times[1] = before.st_mtim;
	check(utimensat(AT_FDCWD, file, times, 0) == 0, "utimensat");
	check(chown(file, before.st_uid, before.st_gid) == 0, "chown");
	check(chmod(file, before.st_mode & 07777) == 0, "chmod");
}

static void truncate_fd(const char *file, const struct content *content)
{
	int fd = open_writable(file);

	check(ftruncate(fd, 0) == 0, "ftruncate");
	write_all(fd, content);
	close(fd);
}

static void truncate_path(const char *file, const struct content *content)
{
	check(UNTIL_FREE(truncate(file, 0)) == 0, "truncate");
	in_place(file, content);
}

static void truncate_open(const char *file, const struct content *content)
{
	int fd = (int)UNTIL_FREE(open(file, O_WRONLY | O_TRUNC | O_CLOEXEC));

	check(fd >= 0, "O_TRUNC");
	write_all(fd, content);
	close(fd);
}

static void append(const char *file, const struct content *content)
{
	const struct iovec rest = { content->bytes, content->size };
	int fd;

	check(UNTIL_FREE(truncate(file, 0)) == 0, "truncate");
	fd = open_writable(file);
	check(pwritev2(fd, &rest, 1, 0, RWF_APPEND) == (ssize_t)content->size, "RWF_APPEND");
	close(fd);
}

static void no_wait(const char *file, const struct content *content)
{
	const struct iovec all = { content->bytes, content->size };
	int fd = open_writable(file);
	ssize_t size = pwritev2(fd, &all, 1, 0, RWF_NOWAIT);

	if (size != (ssize_t)content->size) /* not every file system knows it */
		size = pwritev2(fd, &all, 1, 0, RWF_DSYNC);
	check(size == (ssize_t)content->size, "pwritev2");
	close(fd);
}

static void *aligned(const struct content *content)
{
	void *buffer = aligned_alloc(BLOCK, round_up(content->size));

	check(buffer != NULL, "aligned_alloc");
	memset(buffer, 0, round_up(content->size));
	memcpy(buffer, content->bytes, content->size);
	return buffer;
}

static void direct(const char *file, const struct content *content)
{
	size_t size = round_up(content->size);
	int fd = (int)UNTIL_FREE(open(file, O_RDWR | O_DIRECT | O_CLOEXEC));
	void *buffer = aligned(content);

	check(fd >= 0, "O_DIRECT");
	check(pwrite(fd, buffer, size, 0) == (ssize_t)size, "pwrite");
	check(ftruncate(fd, content->size) == 0, "ftruncate");
	close(fd);
	free(buffer);
}

static void aio(const char *file, const struct content *content)
{
	int fd = open_writable(file);
	aio_context_t context = 0;
	struct io_event event;
	struct iocb request = {
		.aio_lio_opcode = IOCB_CMD_PWRITE,
		.aio_fildes = (unsigned int)fd,
		.aio_buf = (uintptr_t)content->bytes,
		.aio_nbytes = content->size,
	};
	struct iocb *requests[] = { &request };

	check(syscall(SYS_io_setup, 1, &context) == 0, "io_setup");
	check(syscall(SYS_io_submit, context, 1, requests) == 1, "io_submit");
	check(syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1, "io_getevents");
	check(event.res == (int64_t)content->size, "what io_submit wrote");
	syscall(SYS_io_destroy, context);
	close(fd);
}

/* --- other files put in its place --------------------------------------------------------- */

static void rename_over(const char *file, const struct content *content)
{
	check(rename(make_source(file, content), file) == 0, "rename");
}

static void exchange_names(const char *file, const struct content *content)
{
	check(renameat2(AT_FDCWD, make_source(file, content), AT_FDCWD, file, RENAME_EXCHANGE) == 0,
	      "RENAME_EXCHANGE");
}

static void link_anew(const char *file, const struct content *content)
{
	const char *source = make_source(file, content);

	check(unlink(file) == 0, "unlink");
	check(link(source, file) == 0, "link");
	check(unlink(source) == 0, "unlink");
}

/* --- mappings ----------------------------------------------------------------------------- */

static char *map_shared(const char *file, size_t size)
{
	int fd = open_writable(file);
	char *address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	check(address != MAP_FAILED, "mmap");
	close(fd);
	return address;
}

/* The descriptor is closed before the first byte is written. */
static void mapped(const char *file, const struct content *content)
{
	char *address = map_shared(file, content->size);

	memcpy(address, content->bytes, content->size);
	munmap(address, content->size);
}

static void mapped_synced(const char *file, const struct content *content)
{
	char *address = map_shared(file, content->size);

	memcpy(address, content->bytes, content->size);
	check(msync(address, content->size, MS_SYNC) == 0, "msync");
	munmap(address, content->size);
}

/* Mapped before the file was ever executed, and left there. */
static char *kept_mapping;

static void kept_mapping_prepare(const char *file)
{
	struct stat status;

	check(stat(file, &status) == 0, "stat");
	kept_mapping = map_shared(file, status.st_size);
}

static void kept_mapping_change(const char *file, const struct content *content)
{
	(void)file;
	memcpy(kept_mapping, content->bytes, content->size);
}

static int kept_descriptor = -1;

static void kept_descriptor_prepare(const char *file)
{
	kept_descriptor = open_writable(file);
}

static void kept_descriptor_change(const char *file, const struct content *content)
{
	(void)file;
	write_all(kept_descriptor, content);
}

/* By a child's memory: through /proc/PID/mem, into pages that it may only read. */
static void proc_mem(const char *file, const struct content *content)
{
	int fd = open_writable(file), memory;
	char *address = mmap(NULL, content->size, PROT_READ, MAP_SHARED, fd, 0);

	check(address != MAP_FAILED, "mmap");
	close(fd);
	memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	check(memory >= 0, "/proc/self/mem");
	if (pwrite(memory, content->bytes, content->size, (off_t)(uintptr_t)address) < 0) {
		/* Where only a tracer may: by its own right, the page is writable. */
		check(mprotect(address, content->size, PROT_READ | PROT_WRITE) == 0, "mprotect");
		check(pwrite(memory, content->bytes, content->size, (off_t)(uintptr_t)address) ==
		              (ssize_t)content->size,
		      "/proc/self/mem");
	}
	close(memory);
	munmap(address, content->size);
}

/* --- moved inside the kernel -------------------------------------------------------------- */

static void by_copy_file_range(const char *file, const struct content *content)
{
	int to = open_writable(file), from = open_source(file, content);

	check(copy_file_range(from, NULL, to, NULL, content->size, 0) == (ssize_t)content->size,
	      "copy_file_range");
	close(from);
	close(to);
}

static void by_sendfile(const char *file, const struct content *content)
{
	int to = open_writable(file), from = open_source(file, content);

	check(sendfile(to, from, NULL, content->size) == (ssize_t)content->size, "sendfile");
	close(from);
	close(to);
}

static void pipe_to_file(int in, int to, size_t size)
{
	loff_t offset = 0;

	while ((size_t)offset < size)
		check(splice(in, NULL, to, &offset, size - offset, SPLICE_F_MOVE) > 0, "splice");
}

static void by_splice(const char *file, const struct content *content)
{
	int to = open_writable(file), from = open_source(file, content), ends[2];

	check(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
	check(splice(from, NULL, ends[1], NULL, content->size, 0) == (ssize_t)content->size,
	      "splice to the pipe");
	pipe_to_file(ends[0], to, content->size);
	close(ends[0]);
	close(ends[1]);
	close(from);
	close(to);
}

/* Pages of this process into a pipe, from there to another, from there to the file. */
static void by_vmsplice(const char *file, const struct content *content)
{
	struct iovec all = { aligned(content), content->size };
	int to = open_writable(file), first[2], second[2];

	check(pipe2(first, O_CLOEXEC) == 0 && pipe2(second, O_CLOEXEC) == 0, "pipe2");
	check(vmsplice(first[1], &all, 1, SPLICE_F_GIFT) == (ssize_t)content->size, "vmsplice");
	check(tee(first[0], second[1], content->size, 0) == (ssize_t)content->size, "tee");
	pipe_to_file(second[0], to, content->size);
	close(first[0]);
	close(first[1]);
	close(second[0]);
	close(second[1]);
	close(to);
	free(all.iov_base);
}

static void reflink(const char *file, const struct content *content)
{
	int to = open_writable(file), from = open_source(file, content);

	check(ioctl(to, FICLONE, from) == 0, "FICLONE");
	close(from);
	close(to);
}

static void reflink_range(const char *file, const struct content *content)
{
	struct file_clone_range range = { 0 };
	int to = open_writable(file), from = open_source(file, content);

	range.src_fd = from;
	check(ioctl(to, FICLONERANGE, &range) == 0, "FICLONERANGE");
	close(from);
	close(to);
}

/* --- holes and ranges --------------------------------------------------------------------- */

static void punched(const char *file, const struct content *content)
{
	int fd = open_writable(file);

	check(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, content->size) == 0,
	      "FALLOC_FL_PUNCH_HOLE");
	write_all(fd, content);
	close(fd);
}

static void zeroed(const char *file, const struct content *content)
{
	int fd = open_writable(file);

	check(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, content->size) == 0, "FALLOC_FL_ZERO_RANGE");
	write_all(fd, content);
	close(fd);
}

/* The new bytes lie behind the old ones already: taking those out moves them to the front. */
static void collapsed(const char *file, const struct content *content)
{
	size_t old = round_up(content->size);
	int fd = open_writable(file);

	check(pwrite(fd, content->bytes, content->size, old) == (ssize_t)content->size, "pwrite");
	check(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, old) == 0, "FALLOC_FL_COLLAPSE_RANGE");
	close(fd);
}

/* All but the first block is there, at its place once there is room for that one. */
static void inserted(const char *file, const struct content *content)
{
	int fd = open_writable(file);

	check(ftruncate(fd, 0) == 0, "ftruncate");
	check(pwrite(fd, content->bytes + BLOCK, content->size - BLOCK, 0) ==
	              (ssize_t)(content->size - BLOCK),
	      "pwrite");
	check(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, BLOCK) == 0, "FALLOC_FL_INSERT_RANGE");
	check(pwrite(fd, content->bytes, BLOCK, 0) == BLOCK, "pwrite");
	close(fd);
}

/* fs/ext4/ext4.h: no header for programs has it. */
struct move_extent {
	uint32_t reserved;
	uint32_t donor_fd;
	uint64_t orig_start;
	uint64_t donor_start;
	uint64_t len;
	uint64_t moved_len;
};

#define EXT4_MOVE_EXTENTS _IOWR('f', 15, struct move_extent)
#define EXT4_SWAP_BOOT	  _IO('f', 17)

/*
 * The file is the donor: of each block that is given it has zeroes afterwards (the kernel leaves
 * it the extent of the other file, marked as not written), and neither its times nor its version
 * nor its size move. So the content is to differ from what is there by a last block of zeroes.
 * What the page cache has of it is dropped.
 */
static void move_extents(const char *file, const struct content *content)
{
	size_t last = (content->size - 1) / BLOCK;
	int fd, from, tries = 0;
	struct move_extent move = { .orig_start = last, .donor_start = last, .len = 1 };

	if (content->bytes[content->size - 1]) { /* back again: the plain way */
		in_place(file, content);
		return;
	}
	fd = open_writable(file);
	from = open_source(file, content);
	move.donor_fd = (uint32_t)fd;
	check(fsync(fd) == 0 && fsync(from) == 0, "fsync");
	while (ioctl(from, EXT4_MOVE_EXTENTS, &move) != 0) {
		check(errno == EBUSY && ++tries < 50, "EXT4_IOC_MOVE_EXT");
		usleep(100000);
	}
	check(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0, "POSIX_FADV_DONTNEED");
	close(from);
	close(fd);
}

/* The boot loader's inode takes the content of the one file, and gives it to the other. */
static void swap_boot(const char *file, const struct content *content)
{
	int fd = open_writable(file), donor = open_source(file, content);

	check(fsync(fd) == 0 && fsync(donor) == 0, "fsync");
	check(ioctl(donor, EXT4_SWAP_BOOT) == 0, "EXT4_IOC_SWAP_BOOT, donor");
	check(ioctl(fd, EXT4_SWAP_BOOT) == 0, "EXT4_IOC_SWAP_BOOT");
	check(ioctl(donor, EXT4_SWAP_BOOT) == 0, "EXT4_IOC_SWAP_BOOT, donor");
	check(fchmod(fd, 0755) == 0, "fchmod");
	close(donor);
	close(fd);
}

/* --- other people's descriptors ----------------------------------------------------------- */

/* A child opens the file and sends the descriptor; it has never been opened for writing here. */
static void passed(const char *file, const struct content *content)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec one = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &one,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int pair[2], fd;
	pid_t pid;

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	pid = fork();
	check(pid >= 0, "fork");
	if (pid == 0) {
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);

		fd = open_writable(file);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
		_exit(sendmsg(pair[0], &message, 0) != 1);
	}
	check(recvmsg(pair[1], &message, 0) == 1 && CMSG_FIRSTHDR(&message), "recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	waitpid(pid, NULL, 0);
	write_all(fd, content);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

static void by_handle(const char *file, const struct content *content)
{
	char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	struct file_handle *handle = (struct file_handle *)space;
	int mount_id, directory, fd;

	handle->handle_bytes = MAX_HANDLE_SZ;
	check(name_to_handle_at(AT_FDCWD, file, handle, &mount_id, 0) == 0, "name_to_handle_at");
	directory = open_directory(file);
	fd = (int)UNTIL_FREE(open_by_handle_at(directory, handle, O_WRONLY | O_CLOEXEC));
	check(fd >= 0, "open_by_handle_at");
	write_all(fd, content);
	close(fd);
	close(directory);
}

/* Through another mount of its directory, which is made read-only again and taken away. */
static void other_mount(const char *file, const struct content *content)
{
	char directory[4200], place[4200], inside[8500];
	const char *slash = strrchr(file, '/');

	check(slash != NULL, "a path with a directory");
	snprintf(directory, sizeof(directory), "%.*s", (int)(slash - file), file);
	snprintf(place, sizeof(place), "%s.mount", file);
	snprintf(inside, sizeof(inside), "%s/%s", place, slash + 1);
	mkdir(place, 0755);
	check(mount(directory, place, NULL, MS_BIND, NULL) == 0, "MS_BIND");
	in_place(inside, content);
	check(mount(NULL, place, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0, "MS_REMOUNT");
	check(umount2(place, MNT_DETACH) == 0, "umount2");
}

/* --- io_uring ----------------------------------------------------------------------------- */

static void ring_wait(struct io_uring *ring, int64_t wanted, const char *what)
{
	struct io_uring_cqe *completion = NULL;
	int error = io_uring_submit_and_wait(ring, 1);

	if (error >= 0)
		error = io_uring_wait_cqe(ring, &completion);
	errno = error < 0 ? -error : 0;
	check(error >= 0, what);
	errno = completion->res < 0 ? -completion->res : 0;
	check(completion->res == wanted, what);
	io_uring_cqe_seen(ring, completion);
}

static void ring_write(const char *file, const struct content *content)
{
	int fd = open_writable(file);
	struct io_uring ring;

	check(io_uring_queue_init(4, &ring, 0) == 0, "io_uring_setup");
	io_uring_prep_write(io_uring_get_sqe(&ring), fd, content->bytes, content->size, 0);
	ring_wait(&ring, content->size, "IORING_OP_WRITE");
	io_uring_queue_exit(&ring);
	close(fd);
}

/* Descriptor and buffer are registered, and the descriptor closed before the write. */
static void ring_fixed(const char *file, const struct content *content)
{
	struct iovec buffer = { aligned(content), round_up(content->size) };
	int fd = open_writable(file);
	struct io_uring_sqe *entry;
	struct io_uring ring;

	check(io_uring_queue_init(4, &ring, 0) == 0, "io_uring_setup");
	check(io_uring_register_files(&ring, &fd, 1) == 0, "IORING_REGISTER_FILES");
	check(io_uring_register_buffers(&ring, &buffer, 1) == 0, "IORING_REGISTER_BUFFERS");
	close(fd);
	entry = io_uring_get_sqe(&ring);
	io_uring_prep_write_fixed(entry, 0, buffer.iov_base, content->size, 0, 0);
	entry->flags |= IOSQE_FIXED_FILE;
	ring_wait(&ring, content->size, "IORING_OP_WRITE_FIXED");
	/* The file stays open in the ring until all of it has gone. */
	check(io_uring_unregister_files(&ring) == 0, "IORING_UNREGISTER_FILES");
	io_uring_queue_exit(&ring);
	free(buffer.iov_base);
}

static struct io_uring pins;
static char *pinned;

/* Pages of the file as a registered buffer: they stay pinned when mapping and file are gone. */
static void ring_pinned_prepare(const char *file)
{
	struct stat status;
	struct iovec buffer;

	check(stat(file, &status) == 0, "stat");
	pinned = map_shared(file, status.st_size);
	buffer.iov_base = pinned;
	buffer.iov_len = status.st_size;
	check(io_uring_queue_init(4, &pins, 0) == 0, "io_uring_setup");
	check(io_uring_register_buffers(&pins, &buffer, 1) == 0, "IORING_REGISTER_BUFFERS");
	munmap(pinned, status.st_size);
}

/* Another file is read into the buffer. */
static void ring_pinned_change(const char *file, const struct content *content)
{
	int from = open_source(file, content);

	io_uring_prep_read_fixed(io_uring_get_sqe(&pins), from, pinned, content->size, 0, 0);
	ring_wait(&pins, content->size, "IORING_OP_READ_FIXED");
	close(from);
}

static const struct way ways[] = {
	{ "in-place", NULL, in_place },
	{ "in-place-restored", NULL, in_place_restored },
	{ "truncate-fd", NULL, truncate_fd },
	{ "truncate-path", NULL, truncate_path },
	{ "truncate-open", NULL, truncate_open },
	{ "append", NULL, append },
	{ "no-wait", NULL, no_wait },
	{ "direct", NULL, direct },
	{ "aio", NULL, aio },
	{ "rename", NULL, rename_over },
	{ "exchange-names", NULL, exchange_names },
	{ "link", NULL, link_anew },
	{ "mapped", NULL, mapped },
	{ "mapped-synced", NULL, mapped_synced },
	{ "kept-mapping", kept_mapping_prepare, kept_mapping_change },
	{ "kept-descriptor", kept_descriptor_prepare, kept_descriptor_change },
	{ "proc-mem", NULL, proc_mem },
	{ "copy_file_range", NULL, by_copy_file_range },
	{ "sendfile", NULL, by_sendfile },
	{ "splice", NULL, by_splice },
	{ "vmsplice", NULL, by_vmsplice },
	{ "reflink", NULL, reflink },
	{ "reflink-range", NULL, reflink_range },
	{ "punched", NULL, punched },
	{ "zeroed", NULL, zeroed },
	{ "collapsed", NULL, collapsed },
	{ "inserted", NULL, inserted },
	{ "move-extents", NULL, move_extents },
	{ "xfs-swap-extents", NULL, xfs_swap_extents },
	{ "xfs-exchange", NULL, xfs_exchange },
	{ "xfs-handle", NULL, xfs_handle },
	{ "swap-boot", NULL, swap_boot },
	{ "passed", NULL, passed },
	{ "by-handle", NULL, by_handle },
	{ "other-mount", NULL, other_mount },
	{ "ring-write", NULL, ring_write },
	{ "ring-fixed", NULL, ring_fixed },
	{ "ring-pinned", ring_pinned_prepare, ring_pinned_change },
	{ "fuse-pinned", fuse_pinned_prepare, fuse_pinned_change },
};

const struct way *way_find(const char *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	return NULL;
}

void ways_print(void)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		fprintf(stderr, "  %s\n", ways[i].name);
}
