/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Digests are as good as random, so a radix sort on their bytes leaves tiny
 * groups after two or three of them. American flag sort, in place: a million
 * entries must not need a second copy. Lists that are not random (the same
 * digest a million times) end in qsort(3).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"

#define SMALL	  24U /* up to here insertion is faster */
#define RADIX_MAX 6U  /* bytes; what is still one group then is no set of random digests */

bool entry_same_digest(const struct entry *a, const struct entry *b)
{
	return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = memcmp(a->digest, b->digest, sizeof(a->digest));

	/* Lists are numbered vendor by vendor. */
	if (order == 0)
		order = compare_numbers(a->list, b->list);
	return order ? order : compare_numbers(a->line, b->line);
}

static void insertion_sort(struct entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct entry moved = entries[i];
		size_t at = i;

		while (at > 0 && compare(&moved, &entries[at - 1]) < 0) {
			entries[at] = entries[at - 1];
			at--;
		}
		entries[at] = moved;
	}
}

/* Groups the entries by one byte of the digest; @end: where each group ends. */
static void group(struct entry *entries, size_t count, unsigned int byte, size_t end[256])
{
	size_t next[256], sum = 0;

	memset(end, 0, 256 * sizeof(*end));
	for (size_t i = 0; i < count; i++)
		end[entries[i].digest[byte]]++;
	for (unsigned int value = 0; value < 256; value++) {
		next[value] = sum;
		sum += end[value];
		end[value] = sum;
	}
	for (unsigned int value = 0; value < 256; value++) {
		while (next[value] < end[value]) {
			struct entry *entry = &entries[next[value]];
			unsigned int to = entry->digest[byte];
			struct entry moved = *entry;

			if (to == value) {
				next[value]++;
				continue;
			}
			*entry = entries[next[to]];
			entries[next[to]++] = moved;
		}
	}
}

static void sort_from(struct entry *entries, size_t count, unsigned int byte)
{
	size_t end[256], begin = 0;

	if (count <= SMALL) {
		insertion_sort(entries, count);
		return;
	}
	if (byte == RADIX_MAX) {
		qsort(entries, count, sizeof(*entries), compare);
		return;
	}
	group(entries, count, byte, end);
	for (unsigned int value = 0; value < 256; value++) {
		sort_from(entries + begin, end[value] - begin, byte + 1);
		begin = end[value];
	}
}

void entry_sort(struct entry *entries, size_t count)
{
	sort_from(entries, count, 0);
}

/*
 * Least significant byte first, since sizes are anything but random; bytes that are the
 * same in all of them, as the upper ones are, cost nothing.
 */
int sizes_sort(uint64_t *sizes, size_t count)
{
	uint64_t *other = malloc((count ? count : 1) * sizeof(*other));
	uint64_t *from = sizes, *to = other, *swapped;

	if (!other)
		return -ENOMEM;
	for (unsigned int shift = 0; shift < 64 && count > 0; shift += 8) {
		size_t next[256] = { 0 }, sum = 0;

		for (size_t i = 0; i < count; i++)
			next[from[i] >> shift & 0xff]++;
		if (next[from[0] >> shift & 0xff] == count)
			continue;
		for (unsigned int value = 0; value < 256; value++) {
			size_t here = next[value];

			next[value] = sum;
			sum += here;
		}
		for (size_t i = 0; i < count; i++)
			to[next[from[i] >> shift & 0xff]++] = from[i];
		swapped = from;
		from = to;
		to = swapped;
	}
	if (from != sizes)
		memcpy(sizes, from, count * sizeof(*sizes));
	free(other);
	return 0;
}
