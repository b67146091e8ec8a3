/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ELF file says about itself. It may say what it likes: the contents are
 * hostile, so reads are few and bounded whatever the headers claim, and nothing
 * here is ever used to decide.
 */
#ifndef INTERDICT_ELF_FACTS_H
#define INTERDICT_ELF_FACTS_H

/* Strings of arbitrary bytes without NUL; NULL if the file does not say. */
struct elf_facts {
	char *build_id; /* hexadecimal */
	char *soname;
	char *package; /* "name version" of .note.package */
};

/*
 * Reads the facts of the file behind @fd, which blocks as its file system does.
 * The file position stays where it is. Returns 0, also if parts of the file are
 * nonsense; -ENOEXEC if it is no ELF file; -ENOMEM; or what pread(2) said. The
 * caller releases the facts.
 */
int elf_facts_read(int fd, struct elf_facts *ret_facts);

/* Frees the strings and clears them. */
void elf_facts_release(struct elf_facts *facts);

#endif
