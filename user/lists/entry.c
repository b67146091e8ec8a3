/* SPDX-License-Identifier: BSD-2-Clause */
#include "entry.h"

#include <stddef.h>
#include <string.h>

#include "util.h"

static const struct {
	enum list_text text;
	size_t offset;
} fact_texts[] = {
	{ LIST_PRODUCT, offsetof(struct entry_facts, product) },
	{ LIST_VERSION, offsetof(struct entry_facts, version) },
	{ LIST_PACKAGE, offsetof(struct entry_facts, package) },
	{ LIST_SOURCE, offsetof(struct entry_facts, source) },
};

static int intern_facts(const struct entry_texts *texts, const struct list_row *row,
			uint32_t *ret_handle)
{
	struct entry_facts facts;

	for (size_t i = 0; i < ARRAY_SIZE(fact_texts); i++) {
		const struct slice *text = &row->text[fact_texts[i].text];
		int r = intern_add(texts->texts, text->bytes, text->size,
				   (uint32_t *)((char *)&facts + fact_texts[i].offset));

		if (r < 0)
			return r;
	}
	return intern_add(texts->facts, &facts, sizeof(facts), ret_handle);
}

int entry_from_row(const struct entry_texts *texts, const struct list_row *row,
		   struct entry *entry)
{
	int r;

	entry->size = row->size;
	entry->line = row->line;
	memcpy(entry->digest, row->digest, sizeof(entry->digest));
	r = intern_facts(texts, row, &entry->facts);
	if (r < 0)
		return r;
	return intern_add(texts->texts, row->text[LIST_PATH].bytes, row->text[LIST_PATH].size,
			  &entry->path);
}

const char *entry_text(const struct entry_texts *texts, const struct entry *entry,
		       enum list_text which)
{
	const char *facts = intern_get(texts->facts, entry->facts);

	if (which == LIST_PATH)
		return intern_get(texts->texts, entry->path);
	for (size_t i = 0; i < ARRAY_SIZE(fact_texts); i++)
		if (fact_texts[i].text == which)
			return intern_get(texts->texts,
					  *(const uint32_t *)(facts + fact_texts[i].offset));
	return "";
}
