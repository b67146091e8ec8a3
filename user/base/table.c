/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "buffer.h"
#include "escape.h"
#include "listing.h"
#include "util.h"

int table_format_parse(const char *name, enum table_format *ret_format)
{
	static const char *const names[] = { "text", "csv", "json" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (streq(names[i], name)) {
			*ret_format = (enum table_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

void table_begin(struct table *table)
{
	if (table->format == TABLE_JSON) {
		fputc('[', table->out);
		return;
	}
	for (size_t i = 0; i < table->column_count; i++)
		fprintf(table->out, "%s%s", i ? "," : "", table->columns[i].name);
	fputc('\n', table->out);
}

static json_t *json_of(const char *value, bool number)
{
	struct buffer text = { 0 };
	json_t *json;

	if (number)
		return *value ? json_integer((json_int_t)strtoull(value, NULL, 10)) : json_null();
	escape_append(&text, value, strlen(value));
	json = text.failed ? NULL : json_stringn(text.data ? text.data : "", text.size);
	buffer_release(&text);
	return json;
}

static void write_json(struct table *table, const char *const *values)
{
	json_t *object = json_object();
	bool good = object != NULL;

	for (size_t i = 0; good && i < table->column_count; i++)
		good = json_object_set_new(object, table->columns[i].name,
					   json_of(values[i] ? values[i] : "",
						   table->columns[i].number)) == 0;
	fputs(table->started ? ",\n" : "\n", table->out);
	if (!good || json_dumpf(object, table->out, JSON_COMPACT) < 0)
		table->failed = true;
	json_decref(object);
}

static void write_csv(struct table *table, const char *const *values)
{
	for (size_t i = 0; i < table->column_count; i++) {
		const char *value = values[i] ? values[i] : "";

		if (i > 0)
			fputc(',', table->out);
		csv_write_field(table->out, (struct slice){ value, strlen(value) });
	}
	fputc('\n', table->out);
}

void table_row(struct table *table, const char *const *values)
{
	if (table->format == TABLE_JSON)
		write_json(table, values);
	else
		write_csv(table, values);
	table->started = true;
}

int table_flush(FILE *out)
{
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

int table_end(struct table *table)
{
	if (table->format == TABLE_JSON)
		fputs(table->started ? "\n]\n" : "]\n", table->out);
	return table->failed ? -ENOMEM : table_flush(table->out);
}
