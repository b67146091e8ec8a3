/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of the kernel: decoded, and written as text and as ECS. Each input is
 * tried as it is, and with the sizes in it made to fit.
 */
#include "fuzz.h"

#include <jansson.h>
#include <string.h>

#include "events.h"
#include "output_sink.h"

static void write_out(const struct alert *alert)
{
	static const struct context context;
	struct record record;
	struct buffer text = { 0 };
	json_t *document;

	record_from_alert(&record, &context, alert);
	FUZZ_ASSERT(text_append(&text, &record, true, TEXT_UNLIMITED) == 0);
	fuzz_assert_printable(text.data, text.size);
	buffer_clear(&text);
	FUZZ_ASSERT(ecs_append(&text, &record) == 0);
	fuzz_assert_printable(text.data, text.size);
	document = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
	FUZZ_ASSERT(document);
	json_decref(document);
	buffer_release(&text);
}

static void decode(const uint8_t *data, size_t size)
{
	struct alert alert;

	if (alert_decode(data, size, &alert) < 0)
		return;
	fuzz_touch(alert.path, alert.path ? strlen(alert.path) : 0);
	for (size_t i = 0; i < alert.arg_count; i++)
		fuzz_touch(alert.args[i], strlen(alert.args[i]));
	write_out(&alert);
	alert_release(&alert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	struct event event;

	decode(data, size);
	if (size < sizeof(event))
		return 0;
	memcpy(&event, data, sizeof(event));
	event.size = (uint32_t)size;
	if (event.path_size > size - sizeof(event))
		event.path_size = (uint16_t)(size - sizeof(event));
	event.argv_size = (uint16_t)(size - sizeof(event) - event.path_size);
	event.kind = EVENT_EXEC + event.kind % EVENT_RUNNING;
	copy = malloc(size); /* of just this size, so that a byte too many is seen */
	FUZZ_ASSERT(copy);
	memcpy(copy, &event, sizeof(event));
	memcpy(copy + sizeof(event), data + sizeof(event), size - sizeof(event));
	decode(copy, size);
	free(copy);
	return 0;
}
