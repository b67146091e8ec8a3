/* SPDX-License-Identifier: BSD-2-Clause */
#include "package_facts.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* rpm's file format: a lead, the signatures' header padded to 8 bytes, the header. */
#define RPM_LEAD   96U
#define RPM_INTRO  16U /* magic, reserved, number of index entries, size of the store */
#define RPM_ENTRY  16U /* tag, type, offset into the store, count */
#define RPM_STRING 6U
#define RPM_INT32  4U

enum rpm_tag {
	RPM_NAME = 1000,
	RPM_VERSION = 1001,
	RPM_RELEASE = 1002,
	RPM_EPOCH = 1003,
};

struct bytes {
	const uint8_t *at;
	size_t size;
};

/* A header's parts, as far as they are there. */
struct rpm_header {
	struct bytes index;
	struct bytes store;
};

static uint32_t read_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static struct bytes skip(struct bytes bytes, uint64_t count)
{
	size_t n = count < bytes.size ? (size_t)count : bytes.size;

	return (struct bytes){ bytes.at + n, bytes.size - n };
}

static struct bytes first(struct bytes bytes, uint64_t count)
{
	return (struct bytes){ bytes.at, count < bytes.size ? (size_t)count : bytes.size };
}

/* Takes a header off *@rest. False if there is none. */
static bool take_header(struct bytes *rest, struct rpm_header *ret_header)
{
	static const uint8_t magic[] = { 0x8e, 0xad, 0xe8, 0x01 };
	uint64_t index_size, store_size;

	if (rest->size < RPM_INTRO || memcmp(rest->at, magic, sizeof(magic)) != 0)
		return false;
	index_size = (uint64_t)read_u32(rest->at + 8) * RPM_ENTRY;
	store_size = read_u32(rest->at + 12);
	*rest = skip(*rest, RPM_INTRO);
	ret_header->index = first(*rest, index_size);
	*rest = skip(*rest, index_size);
	ret_header->store = first(*rest, store_size);
	*rest = skip(*rest, store_size);
	return true;
}

/* What the store holds for a tag of this type; of size 0 if it has none. */
static struct bytes find_tag(const struct rpm_header *header, enum rpm_tag tag, uint32_t type)
{
	struct bytes index = header->index;

	for (; index.size >= RPM_ENTRY; index = skip(index, RPM_ENTRY))
		if (read_u32(index.at) == tag && read_u32(index.at + 4) == type)
			return skip(header->store, read_u32(index.at + 8));
	return (struct bytes){ NULL, 0 };
}

/* Copies a text of @size bytes if it is one word of visible ASCII that fits. */
static bool set_fact(char fact[PACKAGE_FACT_SIZE], const char *text, size_t size)
{
	if (size == 0 || size >= PACKAGE_FACT_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	memcpy(fact, text, size);
	fact[size] = '\0';
	return true;
}

static bool read_tag(const struct rpm_header *header, enum rpm_tag tag,
		     char fact[PACKAGE_FACT_SIZE])
{
	struct bytes text = find_tag(header, tag, RPM_STRING);
	const uint8_t *end = text.size > 0 ? memchr(text.at, '\0', text.size) : NULL;

	return end && set_fact(fact, (const char *)text.at, (size_t)(end - text.at));
}

bool package_facts_rpm(const void *head, size_t size, struct package_facts *ret_facts)
{
	struct bytes rest = skip((struct bytes){ head, size }, RPM_LEAD);
	char version[PACKAGE_FACT_SIZE], release[PACKAGE_FACT_SIZE], epoch[16] = "";
	struct package_facts facts;
	struct rpm_header header;
	struct bytes number;

	if (!take_header(&rest, &header))
		return false;
	rest = skip(rest, (8 - header.store.size % 8) % 8);
	if (!take_header(&rest, &header) || !read_tag(&header, RPM_NAME, facts.name))
		return false;
	if (!read_tag(&header, RPM_VERSION, version) || !read_tag(&header, RPM_RELEASE, release))
		return false;
	number = find_tag(&header, RPM_EPOCH, RPM_INT32);
	if (number.size >= 4)
		snprintf(epoch, sizeof(epoch), "%u:", read_u32(number.at));
	if (snprintf(facts.version, sizeof(facts.version), "%s%s-%s", epoch, version, release) >=
	    (int)sizeof(facts.version))
		return false;
	*ret_facts = facts;
	return true;
}

bool package_facts_rpm_name(const char *path, struct package_facts *ret_facts)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dashes[2] = { NULL, NULL }; /* the last one first */
	const char *end = strrchr(name, '.');
	struct package_facts facts;

	if (!end)
		return false;
	for (const char *at = name; at < end; at++) {
		if (*at == '-') {
			dashes[1] = dashes[0];
			dashes[0] = at;
		}
	}
	/* The architecture goes with the suffix. */
	for (const char *at = end - 1; dashes[0] && at > dashes[0]; at--) {
		if (*at == '.') {
			end = at;
			break;
		}
	}
	if (!dashes[1] || !set_fact(facts.name, name, (size_t)(dashes[1] - name)) ||
	    !set_fact(facts.version, dashes[1] + 1, (size_t)(end - dashes[1] - 1)))
		return false;
	*ret_facts = facts;
	return true;
}

/* Finds lines "KEY SEPARATOR VALUE", in any order, the first of each. */
static bool read_lines(struct bytes text, const char *name_key, const char *version_key,
		       struct package_facts *ret_facts)
{
	struct package_facts facts = { .name = "" };

	while (text.size > 0) {
		const uint8_t *newline = memchr(text.at, '\n', text.size);
		struct bytes line = first(text, newline ? (uint64_t)(newline - text.at)
							: text.size);
		const char *at = (const char *)line.at;

		if (line.size > 0 && at[line.size - 1] == '\r')
			line.size--;
		if (!facts.name[0] && line.size > strlen(name_key) &&
		    memcmp(at, name_key, strlen(name_key)) == 0)
			set_fact(facts.name, at + strlen(name_key), line.size - strlen(name_key));
		if (!facts.version[0] && line.size > strlen(version_key) &&
		    memcmp(at, version_key, strlen(version_key)) == 0)
			set_fact(facts.version, at + strlen(version_key),
				 line.size - strlen(version_key));
		text = newline ? skip(text, (uint64_t)(newline - text.at) + 1) : skip(text, text.size);
	}
	if (!facts.name[0])
		return false;
	*ret_facts = facts;
	return true;
}

bool package_facts_control(const void *text, size_t size, struct package_facts *ret_facts)
{
	return read_lines((struct bytes){ text, size }, "Package: ", "Version: ", ret_facts);
}

bool package_facts_pkginfo(const void *text, size_t size, struct package_facts *ret_facts)
{
	return read_lines((struct bytes){ text, size }, "pkgname = ", "pkgver = ", ret_facts);
}
