/* SPDX-License-Identifier: BSD-2-Clause */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "elf_facts.h"
#include "util.h"

static int file_of(const void *data, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	return fd;
}

/* The build-id of a loaded object as the dynamic linker sees it, in hexadecimal. */
static int find_build_id(struct dl_phdr_info *info, size_t size, void *data)
{
	char *hex = data;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		const unsigned char *next = (const void *)(info->dlpi_addr + segment->p_vaddr);
		const unsigned char *end = next + segment->p_memsz;

		while (segment->p_type == PT_NOTE && segment->p_align != 8 && next < end) {
			const ElfW(Nhdr) *note = (const void *)next;
			const unsigned char *id = next + sizeof(*note) + 4;

			if (note->n_type == NT_GNU_BUILD_ID && !memcmp(id - 4, "GNU", 4)) {
				for (size_t k = 0; k < note->n_descsz; k++)
					snprintf(hex + 2 * k, 3, "%02x", id[k]);
				return 1;
			}
			next += sizeof(*note) + ((note->n_namesz + 3) & ~3U) +
				((note->n_descsz + 3) & ~3U);
		}
	}
	return 1; /* the first object is the program */
}

static void test_own_program(void **state)
{
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct elf_facts facts;
	char expected[256] = "";

	(void)state;
	dl_iterate_phdr(find_build_id, expected);
	assert_int_equal(elf_facts_read(fd, &facts), 0);
	if (expected[0])
		assert_string_equal(facts.build_id, expected);
	else
		assert_null(facts.build_id); /* a compiler that makes none */
	assert_null(facts.soname);
	assert_null(facts.package);
	elf_facts_release(&facts);
	assert_null(facts.build_id);
}

static int find_libc(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	if (!strstr(info->dlpi_name, "/libc.so.6"))
		return 0;
	snprintf(data, 4096, "%s", info->dlpi_name);
	return 1;
}

static int open_libc(void)
{
	char path[4096] = "";
	int fd;

	dl_iterate_phdr(find_libc, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void test_library(void **state)
{
	_cleanup_close_ int fd = open_libc();
	struct elf_facts facts;

	(void)state;
	assert_int_equal(elf_facts_read(fd, &facts), 0);
	assert_string_equal(facts.soname, "libc.so.6");
	assert_int_equal(strlen(facts.build_id), 40);
	elf_facts_release(&facts);
}

static void test_no_elf(void **state)
{
	static const char *const texts[] = { "", "\177", "\177ELF",
					     "#!/bin/sh\necho hello world\n" };
	struct elf_facts facts = { .soname = (char *)1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_close_ int fd = file_of(texts[i], strlen(texts[i]));

		assert_int_equal(elf_facts_read(fd, &facts), -ENOEXEC);
	}
	assert_int_equal(elf_facts_read(-1, &facts), -EBADF);
	assert_ptr_equal(facts.soname, (char *)1);
}

#define PACKAGE_JSON "{\"type\":\"deb\",\"name\":\"hello\",\"version\":\"2.10-3\"}"

struct big_endian {
	Elf32_Ehdr header;
	Elf32_Phdr segments[3];
	Elf32_Nhdr build_note;
	char build_name[4];
	unsigned char build_id[8];
	Elf32_Nhdr package_note;
	char package_name[4];
	char package[64];
	Elf32_Dyn dynamic[3];
	char strings[16];
};

static void set_segment(Elf32_Phdr *segment, uint32_t type, size_t offset, size_t size)
{
	segment->p_type = htobe32(type);
	segment->p_offset = htobe32((uint32_t)offset);
	segment->p_vaddr = htobe32((uint32_t)offset + 0x10000);
	segment->p_filesz = htobe32((uint32_t)size);
}

/* Another class and another byte order than this machine's, with all facts. */
static struct big_endian make_big_endian(void)
{
	struct big_endian elf = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2MSB, 1 },
			.e_type = htobe16(ET_DYN),
			.e_phoff = htobe32(offsetof(struct big_endian, segments)),
			.e_phentsize = htobe16(sizeof(Elf32_Phdr)),
			.e_phnum = htobe16(3),
		},
		.build_note = { htobe32(4), htobe32(8), htobe32(NT_GNU_BUILD_ID) },
		.build_name = "GNU",
		.build_id = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef },
		.package_note = { htobe32(4), htobe32(64), htobe32(0xcafe1a7eU) },
		.package_name = "FDO",
		.package = PACKAGE_JSON,
		.dynamic = {
			{ (Elf32_Sword)htobe32(DT_SONAME), { htobe32(3) } },
			{ (Elf32_Sword)htobe32(DT_STRTAB),
			  { htobe32(offsetof(struct big_endian, strings) + 0x10000) } },
		},
		.strings = "\0x\0libbig.so.1",
	};

	set_segment(&elf.segments[0], PT_LOAD, 0, sizeof(elf));
	set_segment(&elf.segments[1], PT_NOTE, offsetof(struct big_endian, build_note),
		    offsetof(struct big_endian, dynamic) - offsetof(struct big_endian, build_note));
	set_segment(&elf.segments[2], PT_DYNAMIC, offsetof(struct big_endian, dynamic),
		    sizeof(elf.dynamic));
	return elf;
}

static void test_other_byte_order(void **state)
{
	struct big_endian elf = make_big_endian();
	_cleanup_close_ int fd = file_of(&elf, sizeof(elf));
	struct elf_facts facts;

	(void)state;
	assert_int_equal(elf_facts_read(fd, &facts), 0);
	assert_string_equal(facts.build_id, "0123456789abcdef");
	assert_string_equal(facts.package, "hello 2.10-3");
	assert_string_equal(facts.soname, "libbig.so.1");
	elf_facts_release(&facts);
}

/* A field of the file with a value that must not be believed, and what is then not known. */
static void test_lies(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
		bool build_id, package, soname;
	} cases[] = {
#define AT(member) offsetof(struct big_endian, member)
		{ AT(build_note.n_descsz), 0xffffffff, false, false, true },
		{ AT(build_note.n_descsz), 0xfffffff0, false, false, true },
		{ AT(build_note.n_namesz), 0xffffffff, false, false, true },
		{ AT(build_note.n_namesz), 0xfffffff4, false, false, true },
		{ AT(build_note.n_descsz), 0, false, false, true },
		{ AT(package_note.n_descsz), 65, true, false, true },
		{ AT(package_note.n_namesz), 0, true, false, true },
		{ AT(package), 0x5b5b5b5b, true, false, true }, /* [[[[ */
		{ AT(segments[1].p_offset), 0xffffffff, false, false, true },
		{ AT(segments[1].p_filesz), 0xffffffff, false, false, true },
		{ AT(segments[2].p_filesz), 0xffffffff, true, true, false },
		{ AT(segments[2].p_offset), 0x7fffffff, true, true, false },
		{ AT(dynamic[0].d_un), 0xffffffff, true, true, false },
		{ AT(dynamic[1].d_un), 0xffffffff, true, true, false },
		{ AT(dynamic[0].d_tag), 0, true, true, false },
		{ AT(header.e_phoff), 0xffffffff, false, false, false },
		{ AT(header.e_phentsize), 0xffffffff, false, false, false },
#undef AT
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct big_endian elf = make_big_endian();
		uint32_t value = htobe32(cases[i].value);
		_cleanup_close_ int fd = -EBADF;
		struct elf_facts facts = { 0 };

		memcpy((char *)&elf + cases[i].offset, &value, sizeof(value));
		fd = file_of(&elf, sizeof(elf));
		assert_int_equal(elf_facts_read(fd, &facts), 0);
		assert_int_equal(facts.build_id != NULL, cases[i].build_id);
		assert_int_equal(facts.package != NULL, cases[i].package);
		assert_int_equal(facts.soname != NULL, cases[i].soname);
		elf_facts_release(&facts);
	}
}

/* JSON within JSON must not exhaust the stack of the small thread that parses it. */
static void test_deep_nesting(void **state)
{
	struct {
		struct big_endian elf;
		char more[4096];
	} deep = { .elf = make_big_endian() };
	_cleanup_close_ int fd = -EBADF;
	struct elf_facts facts = { 0 };

	(void)state;
	deep.elf.package_note.n_descsz = htobe32(4096);
	deep.elf.segments[1].p_filesz = htobe32(4096 + 64);
	memset(deep.elf.package, '[', sizeof(deep) - offsetof(struct big_endian, package));
	fd = file_of(&deep, sizeof(deep));
	assert_int_equal(elf_facts_read(fd, &facts), 0);
	assert_string_equal(facts.build_id, "0123456789abcdef");
	assert_null(facts.package);
	elf_facts_release(&facts);
}

/* Every truncation: never an error other than "no ELF", never a read outside. */
static void test_truncated(void **state)
{
	struct big_endian elf = make_big_endian();

	(void)state;
	for (size_t size = 0; size <= sizeof(elf); size++) {
		_cleanup_close_ int fd = file_of(&elf, size);
		struct elf_facts facts = { 0 };
		int r = elf_facts_read(fd, &facts);

		assert_int_equal(r, size < sizeof(Elf32_Ehdr) ? -ENOEXEC : 0);
		elf_facts_release(&facts);
	}
}

static uint64_t random_state = 88172645463325252ULL;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Some bytes of a real file replaced; the sanitizers watch. */
static void test_mutated(void **state)
{
	_cleanup_close_ int libc = open_libc();
	_cleanup_free_ unsigned char *image = malloc(64 << 10);
	struct big_endian small = make_big_endian();
	ssize_t libc_size;

	(void)state;
	assert_non_null(image);
	libc_size = pread(libc, image, 64 << 10, 0);
	assert_true(libc_size > 4096);
	for (int i = 0; i < 20000; i++) {
		size_t size = i % 2 ? sizeof(small) : 4096;
		_cleanup_close_ int fd = -EBADF;
		unsigned char copy[4096];
		struct elf_facts facts = { 0 };

		memcpy(copy, i % 2 ? (const void *)&small : image, size);
		for (uint64_t n = next_random() % 8 + 1; n > 0; n--)
			copy[4 + next_random() % (size - 4)] = (unsigned char)next_random();
		fd = file_of(copy, size);
		if (elf_facts_read(fd, &facts) == 0)
			elf_facts_release(&facts);
	}
}

static void test_sparse_giant(void **state)
{
	struct big_endian elf = make_big_endian();
	_cleanup_close_ int fd = -EBADF;
	struct elf_facts facts;

	(void)state;
	/* many sections, far away, in a file that has room for all of them */
	elf.header.e_phnum = 0;
	elf.header.e_shnum = htobe16(0xfeff);
	elf.header.e_shentsize = htobe16(sizeof(Elf32_Shdr));
	elf.header.e_shoff = htobe32(0x7fffffff);
	fd = file_of(&elf, sizeof(elf));
	assert_int_equal(ftruncate(fd, 1LL << 40), 0);
	assert_int_equal(elf_facts_read(fd, &facts), 0);
	assert_null(facts.build_id);
	elf_facts_release(&facts);
}

/* A relocatable file, as a kernel module is: notes in sections, no segments. */
static void test_sections(void **state)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Shdr sections[2];
		Elf64_Nhdr note;
		char name[4];
		unsigned char id[4];
	} module = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, 1 },
			.e_type = htole16(ET_REL),
			.e_shoff = htole64(sizeof(Elf64_Ehdr)),
			.e_shentsize = htole16(sizeof(Elf64_Shdr)),
			.e_shnum = htole16(2),
		},
		.sections[1] = {
			.sh_type = htole32(SHT_NOTE),
			.sh_offset = htole64(sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Shdr)),
			.sh_size = htole64(sizeof(Elf64_Nhdr) + 8),
			.sh_addralign = htole64(4),
		},
		.note = { htole32(4), htole32(4), htole32(NT_GNU_BUILD_ID) },
		.name = "GNU",
		.id = { 0xde, 0xad, 0xbe, 0xef },
	};
	_cleanup_close_ int fd = file_of(&module, sizeof(module));
	struct elf_facts facts;

	(void)state;
	assert_int_equal(elf_facts_read(fd, &facts), 0);
	assert_string_equal(facts.build_id, "deadbeef");
	elf_facts_release(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_program),  cmocka_unit_test(test_library),
		cmocka_unit_test(test_no_elf),	     cmocka_unit_test(test_other_byte_order),
		cmocka_unit_test(test_lies),	     cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_truncated),    cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_sparse_giant), cmocka_unit_test(test_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
