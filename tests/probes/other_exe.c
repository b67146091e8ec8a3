/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * other_exe LINK OTHER: a running program that has /proc/PID/exe name OTHER. LINK is a hard link of
 * this program: what is mapped of the program itself is mapped anew from there, or the kernel would
 * refuse (replace_mm_exe_file()). Says "ready" and waits. Needs CAP_CHECKPOINT_RESTORE, which
 * anybody has in a user namespace of his own.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/prctl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAPPINGS_MAX 16

struct mapping {
	uint64_t start, end, offset;
	int protection;
};

__attribute__((noreturn)) static void fail(const char *what)
{
	perror(what);
	exit(2);
}

/* The mappings of @path; their number. */
static int find_mappings(const char *path, struct mapping *mappings)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4400];
	int count = 0;

	if (!maps)
		fail("maps");
	while (count < MAPPINGS_MAX && fgets(line, sizeof(line), maps)) {
		struct mapping *mapping = &mappings[count];
		char permissions[5];

		line[strcspn(line, "\n")] = '\0';
		if (!strstr(line, path) ||
		    sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64, &mapping->start,
		           &mapping->end, permissions, &mapping->offset) != 4)
			continue;
		mapping->protection = (permissions[0] == 'r' ? PROT_READ : 0) |
		                      (permissions[1] == 'w' ? PROT_WRITE : 0) |
		                      (permissions[2] == 'x' ? PROT_EXEC : 0);
		count++;
	}
	fclose(maps);
	return count;
}

/* Code from @fd, in place; all else as anonymous memory with the same bytes. */
static void map_anew(const struct mapping *mapping, int fd)
{
	void *start = (void *)(uintptr_t)mapping->start, *copy;
	size_t size = mapping->end - mapping->start;

	if (mapping->protection & PROT_EXEC) {
		if (mmap(start, size, mapping->protection, MAP_PRIVATE | MAP_FIXED, fd,
		         (off_t)mapping->offset) == MAP_FAILED)
			fail("mmap");
		return;
	}
	copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		fail("mmap");
	memcpy(copy, start, size);
	if (mprotect(copy, size, mapping->protection) ||
	    mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED)
		fail("mremap");
}

/* All else stays as it is, which has to be said too. */
static void show_other(int fd)
{
	struct prctl_mm_map map = { .exe_fd = (uint32_t)fd };
	char text[4096], *at;
	uint64_t fields[52] = { 0 };
	FILE *stat = fopen("/proc/self/stat", "re");

	if (!stat || !fgets(text, sizeof(text), stat))
		fail("stat");
	fclose(stat);
	at = strrchr(text, ')') + 2;
	for (int i = 2; i < 52 && at; i++) { /* proc(5): the state is field 3 */
		fields[i] = strtoull(at, NULL, 10);
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	map.start_code = fields[25];
	map.end_code = fields[26];
	map.start_stack = fields[27];
	map.start_data = fields[44];
	map.end_data = fields[45];
	map.start_brk = fields[46];
	map.brk = (uint64_t)(uintptr_t)sbrk(0);
	map.arg_start = fields[47];
	map.arg_end = fields[48];
	map.env_start = fields[49];
	map.env_end = fields[50];
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0)
		fail("PR_SET_MM_MAP");
}

int main(int argc, char **argv)
{
	struct mapping mappings[MAPPINGS_MAX];
	char self[4300] = "";
	int link, other, count;

	if (argc != 3 || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		fail("usage: other_exe LINK OTHER");
	link = open(argv[1], O_RDONLY | O_CLOEXEC);
	other = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (link < 0 || other < 0)
		fail("open");
	count = find_mappings(self, mappings);
	for (int i = 0; i < count; i++)
		map_anew(&mappings[i], link);
	show_other(other);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
