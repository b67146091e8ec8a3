/* SPDX-License-Identifier: BSD-2-Clause */
#include "listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	char *copy = strdup(file);

	if (sources)
		listing->sources = sources;
	if (!sources || !copy) {
		free(copy);
		return -ENOMEM;
	}
	sources[listing->source_count++] = (struct source){ copy, listing->added, 0 };
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

const char *listing_file(const struct listing *listing, size_t index)
{
	const struct source *source = source_of(listing, listing->entries[index].line);

	return source ? source->file : NULL;
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

static int compare_readable(const void *left, const void *right, void *context)
{
	static const enum list_text order[] = { LIST_PRODUCT, LIST_VERSION, LIST_PACKAGE,
						LIST_PATH };
	const struct entry_texts *texts = context;
	const struct entry *a = left, *b = right;

	/* Most rows of a large list have the same facts, and many no path. */
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		int differ;

		if (order[i] == LIST_PATH ? a->path == b->path : a->facts == b->facts)
			continue;
		differ = strcmp(entry_text(texts, a, order[i]), entry_text(texts, b, order[i]));
		if (differ)
			return differ;
	}
	return memcmp(a->digest, b->digest, sizeof(a->digest));
}

/*
 * Back to the order in which the rows came. The texts lie in memory in that order,
 * and a list often has it already, so comparing them from there costs a third.
 */
static void sort_as_they_came(struct listing *listing)
{
	struct entry *entries = listing->entries;
	uint32_t *place;
	size_t rows = 0;

	for (size_t i = 0; i < listing->count; i++)
		rows = entries[i].line >= rows ? entries[i].line + (size_t)1 : rows;
	place = calloc(rows, sizeof(*place));
	if (!place)
		return;
	for (size_t i = 0; i < listing->count; i++)
		place[entries[i].line] = 1;
	for (size_t i = 0, sum = 0; i < rows; i++) {
		size_t here = place[i];

		place[i] = (uint32_t)sum;
		sum += here;
	}
	for (size_t i = 0; i < listing->count; i++) {
		while (place[entries[i].line] != i) {
			struct entry *to = &entries[place[entries[i].line]];
			struct entry moved = *to;

			*to = entries[i];
			entries[i] = moved;
		}
	}
	free(place);
}

void listing_sort(struct listing *listing)
{
	struct entry_texts texts = texts_of(listing);

	if (listing->count < 2)
		return;
	sort_as_they_came(listing);
	qsort_r(listing->entries, listing->count, sizeof(*listing->entries), compare_readable,
		&texts);
}

size_t listing_find(const struct listing *listing, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	size_t low = 0, high = listing->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(listing->entries[middle].digest, digest, INTERDICT_DIGEST_SIZE);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return SIZE_MAX;
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
