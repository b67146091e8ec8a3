/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libelf is used for what it does on buffers only: converting headers of either
 * byte order and class. Its functions on whole files allocate what the headers
 * claim, so the reading is done here.
 */
#include "elf_facts.h"

#include <elf.h>
#include <errno.h>
#include <jansson.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "util.h"

#define HEADERS_MAX    4096U	   /* program or section headers */
#define NOTES_MAX      (64U << 10) /* bytes of one note segment */
#define NOTE_PARTS_MAX 64U	   /* note segments or sections that are read */
#define DYNAMIC_MAX    (64U << 10) /* bytes of the dynamic segment */
#define SONAME_MAX     256U	   /* bytes, with the final NUL */
#define BUILD_ID_MAX   64U	   /* bytes; SHA-1 has 20 */
#define PACKAGE_MAX    (4U << 10)  /* bytes of JSON */
#define NESTING_MAX    8U	   /* brackets in it: the JSON parser recurses */
#define NOTE_PACKAGE   0xcafe1a7eU /* https://systemd.io/ELF_PACKAGE_METADATA */

struct elf {
	int fd;
	bool wide; /* ELFCLASS64 */
	unsigned int encoding;
	Elf64_Ehdr header;
	Elf64_Phdr *segments;
	size_t segment_count;
	size_t note_parts;
};

/* 0, -ENODATA if the file ends before, or what pread(2) said. */
static int read_exactly(int fd, void *buffer, size_t size, uint64_t offset)
{
	char *next = buffer;

	if (offset > INT64_MAX - size)
		return -ENODATA;
	while (size > 0) {
		ssize_t n = pread(fd, next, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		next += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* Converts @size bytes at @data, in place, from the byte order of the file to ours. */
static bool to_memory(const struct elf *elf, Elf_Type type, void *data, size_t size)
{
	Elf_Data source = {
		.d_buf = data, .d_type = type, .d_size = size, .d_version = EV_CURRENT
	};
	Elf_Data target = source;

	return elf->wide ? elf64_xlatetom(&target, &source, elf->encoding)
			 : elf32_xlatetom(&target, &source, elf->encoding);
}

/* Reads a table of @count elements of @size bytes. NULL in @ret_table if there is none. */
static int read_table(const struct elf *elf, Elf_Type type, uint64_t offset, size_t count,
		      size_t size, void **ret_table)
{
	_cleanup_free_ void *table = calloc(count, size);
	int r;

	if (!table)
		return -ENOMEM;
	r = read_exactly(elf->fd, table, count * size, offset);
	if (r < 0)
		return r;
	if (!to_memory(elf, type, table, count * size))
		return -ENODATA;
	*ret_table = TAKE_PTR(table);
	return 0;
}

static int read_header(struct elf *elf)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr narrow;
		Elf64_Ehdr wide;
	} raw = { 0 };
	int r;

	r = read_exactly(elf->fd, raw.ident, EI_NIDENT, 0);
	if (r < 0)
		return r == -ENODATA ? -ENOEXEC : r;
	if (memcmp(raw.ident, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	elf->wide = raw.ident[EI_CLASS] == ELFCLASS64;
	elf->encoding = raw.ident[EI_DATA];
	if ((!elf->wide && raw.ident[EI_CLASS] != ELFCLASS32) ||
	    (elf->encoding != ELFDATA2LSB && elf->encoding != ELFDATA2MSB))
		return -ENOEXEC;
	r = read_exactly(elf->fd, &raw, elf->wide ? sizeof(raw.wide) : sizeof(raw.narrow), 0);
	if (r < 0)
		return r == -ENODATA ? -ENOEXEC : r;
	if (!to_memory(elf, ELF_T_EHDR, &raw, elf->wide ? sizeof(raw.wide) : sizeof(raw.narrow)))
		return -ENOEXEC;
	if (elf->wide) {
		elf->header = raw.wide;
		return 0;
	}
	elf->header.e_phoff = raw.narrow.e_phoff;
	elf->header.e_shoff = raw.narrow.e_shoff;
	elf->header.e_phnum = raw.narrow.e_phnum;
	elf->header.e_shnum = raw.narrow.e_shnum;
	elf->header.e_phentsize = raw.narrow.e_phentsize;
	elf->header.e_shentsize = raw.narrow.e_shentsize;
	return 0;
}

static int read_segments(struct elf *elf)
{
	size_t size = elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	size_t count = elf->header.e_phnum;
	_cleanup_free_ void *table = NULL;
	Elf32_Phdr *narrow;
	int r;

	if (count == 0 || count > HEADERS_MAX || elf->header.e_phentsize != size)
		return 0;
	r = read_table(elf, ELF_T_PHDR, elf->header.e_phoff, count, size, &table);
	if (r < 0)
		return r;
	if (elf->wide) {
		elf->segments = TAKE_PTR(table);
		elf->segment_count = count;
		return 0;
	}
	narrow = table;
	elf->segments = calloc(count, sizeof(*elf->segments));
	if (!elf->segments)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		elf->segments[i].p_type = narrow[i].p_type;
		elf->segments[i].p_offset = narrow[i].p_offset;
		elf->segments[i].p_vaddr = narrow[i].p_vaddr;
		elf->segments[i].p_filesz = narrow[i].p_filesz;
		elf->segments[i].p_align = narrow[i].p_align;
	}
	elf->segment_count = count;
	return 0;
}

static int take_build_id(struct elf_facts *facts, const unsigned char *bytes, size_t size)
{
	char *hex;

	if (facts->build_id || size == 0 || size > BUILD_ID_MAX)
		return 0;
	hex = malloc(2 * size + 1);
	if (!hex)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	facts->build_id = hex;
	return 0;
}

static int take_package(struct elf_facts *facts, const char *text, size_t size)
{
	size_t nesting = 0;
	const char *name, *version;
	json_t *json;

	if (facts->package || size > PACKAGE_MAX)
		return 0;
	size = strnlen(text, size);
	for (size_t i = 0; i < size; i++)
		nesting += text[i] == '[' || text[i] == '{';
	if (nesting > NESTING_MAX)
		return 0;
	json = json_loadb(text, size, 0, NULL);
	name = json_string_value(json_object_get(json, "name"));
	version = json_string_value(json_object_get(json, "version"));
	if (name)
		facts->package = version ? format_string("%s %s", name, version) : strdup(name);
	json_decref(json);
	return name && !facts->package ? -ENOMEM : 0;
}

static int take_note(struct elf_facts *facts, const Elf64_Nhdr *note, const char *name,
		     const char *contents)
{
	if (note->n_namesz != 4)
		return 0;
	if (note->n_type == NT_GNU_BUILD_ID && memcmp(name, "GNU", 4) == 0)
		return take_build_id(facts, (const unsigned char *)contents, note->n_descsz);
	if (note->n_type == NOTE_PACKAGE && memcmp(name, "FDO", 4) == 0)
		return take_package(facts, contents, note->n_descsz);
	return 0;
}

/* Walks the notes in @size bytes. Parts are aligned to 4, or to 8 if the segment says so. */
static int walk_notes(const struct elf *elf, char *notes, size_t size, uint64_t align,
		      struct elf_facts *facts)
{
	uint64_t mask = align == 8 ? 7 : 3;
	uint64_t at = 0;

	while (size - at >= sizeof(Elf64_Nhdr)) {
		uint64_t contents;
		Elf64_Nhdr note;
		int r;

		memcpy(&note, notes + at, sizeof(note));
		if (!to_memory(elf, ELF_T_WORD, &note, sizeof(note)))
			return 0;
		contents = (at + sizeof(note) + note.n_namesz + mask) & ~mask;
		if (contents > size || note.n_descsz > size - contents)
			return 0;
		r = take_note(facts, &note, notes + at + sizeof(note), notes + contents);
		if (r < 0)
			return r;
		at = (contents + note.n_descsz + mask) & ~mask;
		if (at > size)
			return 0;
	}
	return 0;
}

static int read_notes(struct elf *elf, uint64_t offset, uint64_t size, uint64_t align,
		      struct elf_facts *facts)
{
	_cleanup_free_ char *notes = NULL;
	int r;

	if (size == 0 || size > NOTES_MAX || elf->note_parts++ >= NOTE_PARTS_MAX)
		return 0;
	notes = malloc(size);
	if (!notes)
		return -ENOMEM;
	r = read_exactly(elf->fd, notes, size, offset);
	if (r < 0)
		return r;
	return walk_notes(elf, notes, size, align, facts);
}

/* Relocatable files (kernel modules) have no segments; their notes are sections. */
static int read_note_sections(struct elf *elf, struct elf_facts *facts)
{
	size_t size = elf->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	size_t count = elf->header.e_shnum;
	_cleanup_free_ void *table = NULL;
	int r;

	if (count == 0 || count > HEADERS_MAX || elf->header.e_shentsize != size)
		return 0;
	r = read_table(elf, ELF_T_SHDR, elf->header.e_shoff, count, size, &table);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const Elf64_Shdr *wide = (const Elf64_Shdr *)table + i;
		const Elf32_Shdr *narrow = (const Elf32_Shdr *)table + i;

		if (elf->wide && wide->sh_type == SHT_NOTE)
			r = read_notes(elf, wide->sh_offset, wide->sh_size, wide->sh_addralign,
				       facts);
		else if (!elf->wide && narrow->sh_type == SHT_NOTE)
			r = read_notes(elf, narrow->sh_offset, narrow->sh_size,
				       narrow->sh_addralign, facts);
	}
	return r;
}

/* Offset in the file of what is loaded at @address; false if nothing is. */
static bool find_address(const struct elf *elf, uint64_t address, uint64_t *ret_offset)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];

		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
		    address - segment->p_vaddr < segment->p_filesz &&
		    segment->p_offset <= INT64_MAX) {
			*ret_offset = segment->p_offset + (address - segment->p_vaddr);
			return true;
		}
	}
	return false;
}

static int take_soname(struct elf *elf, uint64_t strings, uint64_t index, struct elf_facts *facts)
{
	char name[SONAME_MAX] = "";
	uint64_t offset;
	ssize_t n;

	if (facts->soname || index > UINT32_MAX || !find_address(elf, strings, &offset) ||
	    offset > INT64_MAX - index)
		return 0;
	n = pread(elf->fd, name, sizeof(name), (off_t)(offset + index));
	if (n < 0)
		return -errno;
	if (name[0] == '\0' || !memchr(name, '\0', sizeof(name)))
		return 0;
	facts->soname = strdup(name);
	return facts->soname ? 0 : -ENOMEM;
}

static int read_dynamic(struct elf *elf, const Elf64_Phdr *segment, struct elf_facts *facts)
{
	size_t size = elf->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	uint64_t strings = 0, index = 0;
	_cleanup_free_ void *table = NULL;
	bool found = false;
	int r;

	if (segment->p_filesz < size || segment->p_filesz > DYNAMIC_MAX)
		return 0;
	r = read_table(elf, ELF_T_DYN, segment->p_offset, segment->p_filesz / size, size, &table);
	if (r < 0)
		return r;
	for (size_t i = 0; i < segment->p_filesz / size; i++) {
		const Elf64_Dyn *wide = (const Elf64_Dyn *)table + i;
		const Elf32_Dyn *narrow = (const Elf32_Dyn *)table + i;
		int64_t tag = elf->wide ? wide->d_tag : narrow->d_tag;
		uint64_t value = elf->wide ? wide->d_un.d_val : narrow->d_un.d_val;

		if (tag == DT_NULL)
			break;
		if (tag == DT_STRTAB)
			strings = value;
		if (tag == DT_SONAME) {
			index = value;
			found = true;
		}
	}
	return found ? take_soname(elf, strings, index, facts) : 0;
}

static int read_parts(struct elf *elf, struct elf_facts *facts)
{
	int r = read_segments(elf);

	if (r == 0 && elf->segment_count == 0)
		return read_note_sections(elf, facts);
	for (size_t i = 0; r == 0 && i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];

		if (segment->p_type == PT_NOTE)
			r = read_notes(elf, segment->p_offset, segment->p_filesz, segment->p_align,
				       facts);
		else if (segment->p_type == PT_DYNAMIC)
			r = read_dynamic(elf, segment, facts);
		if (r == -ENODATA)
			r = 0;
	}
	return r;
}

int elf_facts_read(int fd, struct elf_facts *ret_facts)
{
	struct elf_facts facts = { 0 };
	struct elf elf = { .fd = fd };
	int r;

	elf_version(EV_CURRENT);
	r = read_header(&elf);
	if (r < 0)
		return r;
	r = read_parts(&elf, &facts);
	free(elf.segments);
	if (r < 0 && r != -ENODATA) {
		elf_facts_release(&facts);
		return r;
	}
	*ret_facts = facts;
	return 0;
}

void elf_facts_release(struct elf_facts *facts)
{
	free(facts->build_id);
	free(facts->soname);
	free(facts->package);
	*facts = (struct elf_facts){ 0 };
}
