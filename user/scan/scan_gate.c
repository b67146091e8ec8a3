/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_gate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define BITS_PER_SIZE 16U
#define BITS_MIN      (1U << 16)

/* Bits of sizes, as in the kernel: one look clears nearly every file. */
struct bits {
	uint64_t *words;
	uint64_t mask; /* of bits */
};

struct gate {
	const struct policy *policy;
	struct bits listed;
	struct bits archives;
	bool archives_unsized;
};

static uint64_t bit_of(const struct bits *bits, uint64_t size)
{
	return (size * 0x9E3779B97F4A7C15ULL >> 20) & bits->mask;
}

static bool bits_new(struct bits *bits, size_t sizes)
{
	uint64_t count = BITS_MIN;

	while (count < sizes * BITS_PER_SIZE)
		count *= 2;
	bits->mask = count - 1;
	bits->words = calloc(count / 64, sizeof(uint64_t));
	return bits->words;
}

static void bits_set(struct bits *bits, uint64_t size)
{
	uint64_t bit = bit_of(bits, size);

	bits->words[bit / 64] |= 1ULL << bit % 64;
}

static bool bits_get(const struct bits *bits, uint64_t size)
{
	uint64_t bit = bit_of(bits, size);

	return bits->words[bit / 64] >> bit % 64 & 1;
}

struct gate *gate_new(const struct policy *policy)
{
	struct gate *gate = calloc(1, sizeof(*gate));
	const struct entry *entry;

	if (!gate)
		return NULL;
	gate->policy = policy;
	if (!bits_new(&gate->listed, policy_entry_count(policy)) ||
	    !bits_new(&gate->archives, policy_archive_count(policy))) {
		gate_free(gate);
		return NULL;
	}
	for (uint32_t i = 1; (entry = policy_entry(policy, i)); i++)
		bits_set(&gate->listed, entry->size);
	for (size_t i = 0; (entry = policy_archive(policy, i)); i++) {
		if (entry->size == ENTRY_SIZE_UNKNOWN)
			gate->archives_unsized = true;
		else
			bits_set(&gate->archives, entry->size);
	}
	return gate;
}

const struct policy *gate_policy(const struct gate *gate)
{
	return gate->policy;
}

bool gate_is_open(const struct gate *gate)
{
	return policy_has_unsized(gate->policy);
}

bool gate_passes(const struct gate *gate, uint64_t size)
{
	if (size == 0)
		return false;
	return gate_is_open(gate) ||
	       (bits_get(&gate->listed, size) && policy_size_listed(gate->policy, size));
}

static bool archive_has_size(const struct policy *policy, uint64_t size)
{
	const struct entry *entry;

	for (size_t i = 0; (entry = policy_archive(policy, i)); i++)
		if (entry->size == size)
			return true;
	return false;
}

bool gate_passes_archive(const struct gate *gate, uint64_t size, const char *name)
{
	if (size == 0)
		return false;
	if (bits_get(&gate->archives, size) && archive_has_size(gate->policy, size))
		return true;
	return gate->archives_unsized && is_archive_name(name);
}

/* Not .gz and the like alone: those are manual pages and logs. */
bool is_archive_name(const char *name)
{
	static const char *const endings[] = {
		"7z",  "apk", "appimage", "cab", "cpio", "deb", "ear", "exe", "flatpak",
		"iso", "jar", "msi",	  "pkg", "rar",	 "rpm", "run", "snap", "tar",
		"tbz", "tbz2", "tgz",	  "txz", "tzst", "udeb", "war", "zip",
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(endings); i++)
		if (strcasecmp(dot + 1, endings[i]) == 0)
			return true;
	return strcasestr(name, ".tar.");
}

void gate_free(struct gate *gate)
{
	if (!gate)
		return;
	free(gate->listed.words);
	free(gate->archives.words);
	free(gate);
}
