/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * overwrite mapped FROM TO: gives TO the bytes of FROM, which has the same size, through a shared
 * writable mapping whose descriptor is closed before the first byte is written.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct stat from_status, to_status;
	void *from, *to;
	int from_fd, to_fd;

	if (argc != 4 || strcmp(argv[1], "mapped") != 0) {
		fprintf(stderr, "usage: overwrite mapped FROM TO\n");
		return 2;
	}
	from_fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	to_fd = open(argv[3], O_RDWR | O_CLOEXEC);
	if (from_fd < 0 || to_fd < 0 || fstat(from_fd, &from_status) < 0 ||
	    fstat(to_fd, &to_status) < 0) {
		perror("overwrite: open");
		return 1;
	}
	if (from_status.st_size != to_status.st_size) {
		fprintf(stderr, "overwrite: sizes differ\n");
		return 1;
	}
	from = mmap(NULL, from_status.st_size, PROT_READ, MAP_PRIVATE, from_fd, 0);
	to = mmap(NULL, to_status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, to_fd, 0);
	if (from == MAP_FAILED || to == MAP_FAILED) {
		perror("overwrite: mmap");
		return 1;
	}
	close(to_fd);
	memcpy(to, from, to_status.st_size);
	return munmap(to, to_status.st_size) < 0;
}
