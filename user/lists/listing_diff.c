/* SPDX-License-Identifier: BSD-2-Clause */
#include "listing_diff.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

struct differ {
	const struct listing *old, *new;
	struct listing_change *changes;
	size_t count;
};

static int compare_text(const struct list_row *a, const struct list_row *b, enum list_text text)
{
	/* A listing's texts end in a NUL. */
	return strcmp(a->text[text].bytes, b->text[text].bytes);
}

/* Product and path: where two files are versions of one. */
static int compare_place(const struct list_row *a, const struct list_row *b)
{
	int order = compare_text(a, b, LIST_PRODUCT);

	return order ? order : compare_text(a, b, LIST_PATH);
}

static int compare_rows(const struct list_row *a, const struct list_row *b)
{
	int order = compare_place(a, b);

	if (!order)
		order = compare_text(a, b, LIST_VERSION);
	return order ? order : memcmp(a->digest, b->digest, sizeof(a->digest));
}

/* Two rows of one digest. */
static bool same_facts(const struct list_row *a, const struct list_row *b)
{
	return a->size == b->size && compare_place(a, b) == 0 &&
	       compare_text(a, b, LIST_VERSION) == 0 && compare_text(a, b, LIST_PACKAGE) == 0;
}

/* The row of a change that a person would look for: the new one, if there is one. */
static void change_row(const struct listing *old, const struct listing *new,
		       const struct listing_change *change, struct list_row *ret_row)
{
	if (change->after != LISTING_NO_ROW)
		listing_get(new, change->after, ret_row);
	else
		listing_get(old, change->before, ret_row);
}

static int compare_changes(const void *left, const void *right, void *context)
{
	const struct listing_change *a = left, *b = right;
	const struct differ *differ = context;
	struct list_row row_a, row_b;
	int order;

	change_row(differ->old, differ->new, a, &row_a);
	change_row(differ->old, differ->new, b, &row_b);
	order = compare_rows(&row_a, &row_b);
	return order ? order : (int)a->kind - (int)b->kind;
}

static void sort(struct differ *differ)
{
	if (differ->count > 1)
		qsort_r(differ->changes, differ->count, sizeof(*differ->changes), compare_changes,
			differ);
}

static void add(struct differ *differ, enum listing_change_kind kind, size_t before, size_t after)
{
	differ->changes[differ->count++] = (struct listing_change){ kind, before, after };
}

/* Both are sorted by digest: one pass finds what only one of them has. */
static void compare_digests(struct differ *differ)
{
	size_t olds = listing_count(differ->old), news = listing_count(differ->new);
	size_t i = 0, j = 0;

	while (i < olds || j < news) {
		struct list_row a, b;
		int order = i < olds ? -1 : 1;

		if (i < olds)
			listing_get(differ->old, i, &a);
		if (j < news)
			listing_get(differ->new, j, &b);
		if (i < olds && j < news)
			order = memcmp(a.digest, b.digest, sizeof(a.digest));
		if (order < 0)
			add(differ, LISTING_REMOVED, i++, LISTING_NO_ROW);
		else if (order > 0)
			add(differ, LISTING_ADDED, LISTING_NO_ROW, j++);
		else if (same_facts(&a, &b))
			i++, j++;
		else
			add(differ, LISTING_CHANGED, i++, j++);
	}
}

/* Changes from @first on that are about the same place, which has to be a path. */
static size_t place_end(const struct differ *differ, size_t first)
{
	struct list_row row, other;
	size_t end = first + 1;

	change_row(differ->old, differ->new, &differ->changes[first], &row);
	if (!*row.text[LIST_PATH].bytes)
		return end;
	for (; end < differ->count; end++) {
		change_row(differ->old, differ->new, &differ->changes[end], &other);
		if (compare_place(&row, &other) != 0)
			break;
	}
	return end;
}

static size_t next_of(const struct differ *differ, size_t at, size_t end,
		      enum listing_change_kind kind)
{
	while (at < end && differ->changes[at].kind != kind)
		at++;
	return at;
}

/*
 * Within one place, the first that went and the first that came are one change, and
 * so on: they are in the order of their versions. What came is marked by no row on
 * either side.
 */
static void pair(struct differ *differ, size_t first, size_t end)
{
	size_t removed = next_of(differ, first, end, LISTING_REMOVED);
	size_t added = next_of(differ, first, end, LISTING_ADDED);

	while (removed < end && added < end) {
		differ->changes[removed].kind = LISTING_CHANGED;
		differ->changes[removed].after = differ->changes[added].after;
		differ->changes[added].after = LISTING_NO_ROW;
		removed = next_of(differ, removed + 1, end, LISTING_REMOVED);
		added = next_of(differ, added + 1, end, LISTING_ADDED);
	}
}

static void pair_places(struct differ *differ)
{
	size_t kept = 0;

	sort(differ);
	for (size_t first = 0, end; first < differ->count; first = end) {
		end = place_end(differ, first);
		pair(differ, first, end);
	}
	for (size_t i = 0; i < differ->count; i++)
		if (differ->changes[i].before != LISTING_NO_ROW ||
		    differ->changes[i].after != LISTING_NO_ROW)
			differ->changes[kept++] = differ->changes[i];
	differ->count = kept;
	sort(differ);
}

int listing_diff(const struct listing *old, const struct listing *new,
		 struct listing_change **ret_changes, size_t *ret_count)
{
	struct differ differ = { .old = old, .new = new };

	differ.changes = calloc(listing_count(old) + listing_count(new) + 1,
				sizeof(*differ.changes));
	if (!differ.changes)
		return -ENOMEM;
	compare_digests(&differ);
	pair_places(&differ);
	*ret_changes = differ.changes;
	*ret_count = differ.count;
	return 0;
}
