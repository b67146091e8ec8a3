/* SPDX-License-Identifier: BSD-2-Clause */
#include "listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "atomic_file.h"
#include "cleanup.h"
#include "entry.h"
#include "util.h"

struct source {
	char *file;
	size_t first;  /* number of its first row */
	size_t merged; /* rows of it that went */
};

struct listing {
	struct entry *entries; /* entry.line: number of the row as it came */
	size_t count;
	size_t capacity;
	uint32_t *lines; /* by the row's number */
	size_t added;
	struct source *sources; /* by their first rows */
	size_t source_count;
	struct intern texts;
	struct intern facts;
};

static struct entry_texts texts_of(const struct listing *listing)
{
	return (struct entry_texts){ (struct intern *)&listing->texts,
				     (struct intern *)&listing->facts };
}

static void listing_freep(struct listing **listing)
{
	listing_free(*listing);
}

int listing_new(struct listing **ret_listing)
{
	_cleanup_(listing_freep) struct listing *listing = calloc(1, sizeof(*listing));
	int r = listing ? intern_init(&listing->texts, 0) : -ENOMEM;

	if (r == 0)
		r = intern_init(&listing->facts, sizeof(struct entry_facts));
	if (r == 0)
		*ret_listing = TAKE_PTR(listing);
	return r;
}

void listing_free(struct listing *listing)
{
	if (!listing)
		return;
	for (size_t i = 0; i < listing->source_count; i++)
		free(listing->sources[i].file);
	free(listing->sources);
	free(listing->entries);
	free(listing->lines);
	intern_release(&listing->texts);
	intern_release(&listing->facts);
	free(listing);
}

int listing_begin_file(struct listing *listing, const char *file)
{
	struct source *sources = reallocarray(listing->sources, listing->source_count + 1,
					      sizeof(*sources));
	_cleanup_free_ char *copy = strdup(file);

	if (sources)
		listing->sources = sources;
	if (!sources || !copy)
		return -ENOMEM;
	sources[listing->source_count++] = (struct source){ TAKE_PTR(copy), listing->added, 0 };
	return 0;
}

/* The last source that begins before this row; NULL: none does. */
static struct source *source_of(const struct listing *listing, size_t row)
{
	size_t low = 0, high = listing->source_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (listing->sources[middle].first <= row)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &listing->sources[low - 1] : NULL;
}

static int grow(struct listing *listing)
{
	size_t capacity = listing->capacity ? listing->capacity + listing->capacity / 2 : 256;
	struct entry *entries = reallocarray(listing->entries, capacity, sizeof(*entries));
	uint32_t *lines = reallocarray(listing->lines, capacity, sizeof(*lines));

	if (entries)
		listing->entries = entries;
	if (lines)
		listing->lines = lines;
	if (!entries || !lines)
		return -ENOMEM;
	listing->capacity = capacity;
	return 0;
}

int listing_add(void *cookie, const struct list_row *row)
{
	struct listing *listing = cookie;
	struct entry_texts texts = texts_of(listing);
	struct entry entry = { 0 };
	int r = 0;

	if (listing->added == LIST_ROWS_MAX)
		return -E2BIG;
	if (listing->added == listing->capacity)
		r = grow(listing);
	if (r == 0)
		r = entry_from_row(&texts, row, &entry);
	if (r < 0)
		return r;
	entry.line = (uint32_t)listing->added;
	listing->lines[listing->added++] = row->line;
	listing->entries[listing->count++] = entry;
	return 0;
}

size_t listing_count(const struct listing *listing)
{
	return listing->count;
}

void listing_get(const struct listing *listing, size_t index, struct list_row *ret_row)
{
	const struct entry *entry = &listing->entries[index];
	struct entry_texts texts = texts_of(listing);

	*ret_row = (struct list_row){ .size = entry->size, .line = listing->lines[entry->line] };
	memcpy(ret_row->digest, entry->digest, sizeof(ret_row->digest));
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++) {
		const char *text = entry_text(&texts, entry, i);

		ret_row->text[i] = (struct slice){ text, strlen(text) };
	}
}

/* Two files of one content: what the first does not say, the others may. */
static int fill_texts(struct listing *listing, struct entry *kept, const struct entry *other)
{
	struct entry_texts texts = texts_of(listing);
	struct list_row row = { .size = kept->size, .line = kept->line };
	bool changed = false;

	if (kept->facts == other->facts && (kept->path == other->path || !other->path))
		return 0;
	memcpy(row.digest, kept->digest, sizeof(row.digest));
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++) {
		const char *mine = entry_text(&texts, kept, i);
		const char *theirs = entry_text(&texts, other, i);

		changed |= !*mine && *theirs;
		mine = *mine ? mine : theirs;
		row.text[i] = (struct slice){ mine, strlen(mine) };
	}
	/* The texts are there already, so nothing moves while they are taken again. */
	return changed ? entry_from_row(&texts, &row, kept) : 0;
}

static void report_sizes(const struct listing *listing, const struct entry *kept,
			 const struct entry *other, const char *file, struct problems *problems)
{
	const struct source *source = source_of(listing, other->line);
	const struct source *before = source_of(listing, kept->line);
	const char *path = before ? before->file : file;
	_cleanup_free_ char *quoted = path ? problem_quote(path, strlen(path)) : NULL;
	char hex[DIGEST_HEX_SIZE];

	digest_to_hex(kept->digest, hex);
	problems_add(problems, PROBLEM_ERROR, source ? source->file : file,
		     listing->lines[other->line],
		     "expected one size for %s: %llu, as in %s:%u, found %llu", hex,
		     (unsigned long long)kept->size, quoted ? quoted : "another row",
		     listing->lines[kept->line], (unsigned long long)other->size);
}

/* Takes what the row that stays lacks. */
static void merge_entry(struct listing *listing, struct entry *kept, const struct entry *other,
			const char *file, struct problems *problems)
{
	struct source *source = source_of(listing, other->line);

	if (kept->size == ENTRY_SIZE_UNKNOWN)
		kept->size = other->size;
	else if (other->size != ENTRY_SIZE_UNKNOWN && other->size != kept->size)
		report_sizes(listing, kept, other, file, problems);
	if (fill_texts(listing, kept, other) < 0)
		problems_add(problems, PROBLEM_ERROR, file, 0, "out of memory");
	if (source)
		source->merged++;
}

size_t listing_merge(struct listing *listing, const char *file, struct problems *problems)
{
	struct entry *entries = listing->entries;
	size_t kept = 0, before = listing->count;

	entry_sort(entries, listing->count);
	for (size_t i = 0; i < listing->count; i++) {
		struct entry *last = kept > 0 ? &entries[kept - 1] : NULL;

		if (!last || !entry_same_digest(last, &entries[i])) {
			entries[kept++] = entries[i];
			continue;
		}
		merge_entry(listing, last, &entries[i], file, problems);
	}
	listing->count = kept;
	return before - kept;
}

size_t listing_merged(const struct listing *listing, size_t number)
{
	return listing->sources[number].merged;
}

/*
 * What decides the order, of one entry. Sorting a million is mostly waiting for memory,
 * so that a look at texts and entries is spared where it can be.
 */
struct sort_key {
	uint64_t head; /* the path's next bytes behind what all paths begin with */
	uint32_t facts;
	uint32_t path;
	uint32_t entry; /* its index */
};

struct sorter {
	struct entry_texts texts;
	const struct entry *entries;
};

static int compare_facts(const struct sorter *sorter, const struct entry *a,
			 const struct entry *b)
{
	static const enum list_text order[] = { LIST_PRODUCT, LIST_VERSION, LIST_PACKAGE };
	int differ = 0;

	for (size_t i = 0; differ == 0 && i < ARRAY_SIZE(order); i++)
		differ = strcmp(entry_text(&sorter->texts, a, order[i]),
				entry_text(&sorter->texts, b, order[i]));
	return differ;
}

static int compare_readable(const void *left, const void *right, void *context)
{
	const struct sorter *sorter = context;
	const struct sort_key *a = left, *b = right;
	const struct entry *entry_a = &sorter->entries[a->entry];
	const struct entry *entry_b = &sorter->entries[b->entry];
	int differ = a->facts == b->facts ? 0 : compare_facts(sorter, entry_a, entry_b);

	if (differ)
		return differ;
	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	if (a->path != b->path)
		differ = strcmp(intern_get(sorter->texts.texts, a->path),
				intern_get(sorter->texts.texts, b->path));
	return differ ? differ : memcmp(entry_a->digest, entry_b->digest, INTERDICT_DIGEST_SIZE);
}

/*
 * Makes the keys, in the order in which the rows came: the texts lie in memory in that
 * order, and a list often has it already.
 */
static int make_keys(const struct listing *listing, struct sort_key *keys)
{
	uint32_t *place = calloc(listing->added, sizeof(*place));

	if (!place)
		return -ENOMEM;
	for (size_t i = 0; i < listing->count; i++)
		place[listing->entries[i].line] = 1;
	for (size_t i = 0, sum = 0; i < listing->added; i++) {
		size_t here = place[i];

		place[i] = (uint32_t)sum;
		sum += here;
	}
	for (size_t i = 0; i < listing->count; i++) {
		const struct entry *entry = &listing->entries[i];

		keys[place[entry->line]] =
			(struct sort_key){ 0, entry->facts, entry->path, (uint32_t)i };
	}
	free(place);
	return 0;
}

/* Sets the heads: eight bytes each, as a number that is in the same order. */
static void set_heads(const struct intern *texts, struct sort_key *keys, size_t count)
{
	const char *first = intern_get(texts, keys[0].path);
	size_t common = strlen(first);

	for (size_t i = 1; i < count; i++) {
		const char *path = intern_get(texts, keys[i].path);
		size_t same = 0;

		while (same < common && path[same] == first[same])
			same++;
		common = same;
	}
	for (size_t i = 0; i < count; i++) {
		const char *path = (const char *)intern_get(texts, keys[i].path) + common;
		unsigned int shift = 64;

		while (shift > 0 && *path) {
			shift -= 8;
			keys[i].head |= (uint64_t)(uint8_t)*path++ << shift;
		}
	}
}

int listing_sort(struct listing *listing)
{
	_cleanup_free_ struct sort_key *keys = calloc(listing->count + 1, sizeof(*keys));
	struct sorter sorter = { texts_of(listing), listing->entries };
	struct entry *sorted;

	if (listing->count < 2)
		return 0;
	/* In other memory: to exchange entries in place is to wait for each in turn. */
	sorted = reallocarray(NULL, listing->capacity, sizeof(*sorted));
	if (!keys || !sorted || make_keys(listing, keys) < 0) {
		free(sorted);
		return -ENOMEM;
	}
	set_heads(&listing->texts, keys, listing->count);
	qsort_r(keys, listing->count, sizeof(*keys), compare_readable, &sorter);
	for (size_t i = 0; i < listing->count; i++)
		sorted[i] = listing->entries[keys[i].entry];
	free(listing->entries);
	listing->entries = sorted;
	return 0;
}

static bool needs_quotes(struct slice text)
{
	if (memchr(text.bytes, ',', text.size) || memchr(text.bytes, '"', text.size))
		return true;
	/* A blank at either end would be taken for none; # would begin a comment. */
	return text.size > 0 && (strchr(" \t#", text.bytes[0]) ||
				 strchr(" \t", text.bytes[text.size - 1]));
}

void csv_write_field(FILE *out, struct slice text)
{
	bool quotes = needs_quotes(text);

	if (quotes)
		putc_unlocked('"', out);
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.bytes[i];

		if (c == '"')
			putc_unlocked('"', out);
		putc_unlocked(c < ' ' || c == 0x7f ? '?' : c, out);
	}
	if (quotes)
		putc_unlocked('"', out);
}

int listing_write_csv(const struct listing *listing, FILE *out)
{
	static const enum list_text columns[] = { LIST_PRODUCT, LIST_VERSION, LIST_PACKAGE,
						  LIST_PATH, LIST_SOURCE };

	fputs("sha256,size,product,version,package,path,source\n", out);
	for (size_t i = 0; i < listing->count && !ferror(out); i++) {
		char hex[DIGEST_HEX_SIZE];
		struct list_row row;

		listing_get(listing, i, &row);
		digest_to_hex(row.digest, hex);
		fputs(hex, out);
		putc(',', out);
		if (row.size != ENTRY_SIZE_UNKNOWN)
			fprintf(out, "%llu", (unsigned long long)row.size);
		for (size_t column = 0; column < ARRAY_SIZE(columns); column++) {
			putc(',', out);
			csv_write_field(out, row.text[columns[column]]);
		}
		putc('\n', out);
	}
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

int listing_write_file(const struct listing *listing, const char *path)
{
	_cleanup_(atomic_file_release) struct atomic_file file = { 0 };
	int r = atomic_file_begin(path, 0644, &file);

	if (r == 0)
		r = listing_write_csv(listing, file.stream);
	return r == 0 ? atomic_file_commit(&file) : r;
}
