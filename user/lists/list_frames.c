/* SPDX-License-Identifier: BSD-2-Clause */
#include "list_frames.h"

#include <errno.h>
#include <string.h>

#include "apart.h"
#include "byte_source.h"
#include "list_format.h"
#include "util.h"

#define NAME_SIZE_MAX 64U /* bytes of the name of a format or compression */

enum {
	FRAME_ROW = APART_FIRST_KIND, /* struct head, and the texts one after the other */
	FRAME_FACTS,		      /* format, compression, rows, weak ones, set aside */
};

/* A frame has no alignment: it is copied. */
struct head {
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	uint64_t size;
	uint32_t line;
	uint32_t sizes[LIST_TEXT_COUNT];
};

int list_put_row(struct frame_writer *writer, const struct list_row *row)
{
	struct head head = { .size = row->size, .line = row->line };

	memcpy(head.digest, row->digest, sizeof(head.digest));
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++) {
		if (row->text[i].size > LIST_LINE_MAX)
			return -EMSGSIZE;
		head.sizes[i] = (uint32_t)row->text[i].size;
	}
	frame_begin(writer, FRAME_ROW);
	frame_put(writer, &head, sizeof(head));
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++)
		frame_put(writer, row->text[i].bytes, row->text[i].size);
	return frame_end(writer);
}

int list_put_facts(struct frame_writer *writer, const struct list_facts *facts)
{
	frame_begin(writer, FRAME_FACTS);
	frame_put_text(writer, facts->format);
	frame_put_text(writer, facts->compression);
	frame_put_u32(writer, facts->rows);
	for (size_t i = 0; i < LIST_WEAK_COUNT; i++)
		frame_put_u32(writer, facts->weak[i]);
	frame_put_u32(writer, facts->set_aside);
	return frame_end(writer);
}

static int take_row(struct list_intake *intake, struct frame *frame)
{
	const uint8_t *bytes = frame_get(frame, sizeof(struct head));
	struct list_row row;
	struct head head;

	if (!bytes || intake->has_facts || intake->rows == LIST_ROWS_MAX)
		return -EPROTO;
	memcpy(&head, bytes, sizeof(head));
	memcpy(row.digest, head.digest, sizeof(row.digest));
	row.size = head.size;
	row.line = head.line;
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++) {
		if (head.sizes[i] > LIST_LINE_MAX)
			return -EPROTO;
		row.text[i].bytes = (const char *)frame_get(frame, head.sizes[i]);
		row.text[i].size = head.sizes[i];
		if (row.text[i].size > 0 && (!row.text[i].bytes || slice_has_nul(row.text[i])))
			return -EPROTO;
	}
	if (!frame_is_done(frame) || row.size == 0 || list_is_empty_file(row.digest))
		return -EPROTO;
	intake->rows++;
	return intake->function(intake->cookie, &row);
}

const char *list_format_named(const char *bytes, size_t size)
{
	struct list_format_name name;

	for (size_t i = 0; list_format_at(i, &name); i++)
		if (strlen(name.name) == size && memcmp(name.name, bytes, size) == 0)
			return name.name;
	return NULL;
}

const char *list_compression_named(const char *bytes, size_t size)
{
	const char *name;

	for (size_t i = 0; (name = byte_source_compression_at(i)); i++)
		if (strlen(name) == size && memcmp(name, bytes, size) == 0)
			return name;
	return NULL;
}

static int take_facts(struct list_intake *intake, struct frame *frame)
{
	struct list_facts facts = { 0 };
	const char *format, *compression;
	size_t format_size, compression_size;

	format = frame_get_bytes(frame, NAME_SIZE_MAX, &format_size);
	compression = frame_get_bytes(frame, NAME_SIZE_MAX, &compression_size);
	facts.rows = frame_get_u32(frame);
	for (size_t i = 0; i < LIST_WEAK_COUNT; i++)
		facts.weak[i] = frame_get_u32(frame);
	facts.set_aside = frame_get_u32(frame);
	if (!frame_is_done(frame) || intake->has_facts || facts.rows != intake->rows)
		return -EPROTO;
	facts.format = format_size ? list_format_named(format, format_size) : NULL;
	facts.compression =
		compression_size ? list_compression_named(compression, compression_size) : NULL;
	if ((format_size && !facts.format) || (compression_size && !facts.compression) ||
	    (facts.rows > 0 && !facts.format))
		return -EPROTO;
	intake->facts = facts;
	intake->has_facts = true;
	return 0;
}

int list_take_frame(struct list_intake *intake, struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_ROW:
		return take_row(intake, frame);
	case FRAME_FACTS:
		return take_facts(intake, frame);
	}
	return -EPROTO;
}
