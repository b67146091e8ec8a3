/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_SIZE (64U << 10) /* bytes that are worth a system call */

struct frame_head {
	uint32_t kind;
	uint32_t size;
};

void frame_put(struct frame_writer *writer, const void *bytes, size_t size)
{
	buffer_append(&writer->buffer, bytes, size);
}

void frame_begin(struct frame_writer *writer, uint32_t kind)
{
	const struct frame_head head = { kind, 0 };

	writer->begun = writer->buffer.size;
	frame_put(writer, &head, sizeof(head));
}

void frame_put_u32(struct frame_writer *writer, uint32_t number)
{
	frame_put(writer, &number, sizeof(number));
}

void frame_put_u64(struct frame_writer *writer, uint64_t number)
{
	frame_put(writer, &number, sizeof(number));
}

void frame_put_bytes(struct frame_writer *writer, const void *bytes, size_t size)
{
	if (size > FRAME_SIZE_MAX)
		writer->error = -EMSGSIZE;
	else
		frame_put_u32(writer, (uint32_t)size);
	if (size > 0 && writer->error == 0)
		frame_put(writer, bytes, size);
}

void frame_put_text(struct frame_writer *writer, const char *text)
{
	frame_put_bytes(writer, text, text ? strlen(text) : 0);
}

int frame_end(struct frame_writer *writer)
{
	struct buffer *buffer = &writer->buffer;
	size_t size;

	if (buffer->failed && writer->error == 0)
		writer->error = -ENOMEM;
	if (writer->error < 0)
		return writer->error;
	size = buffer->size - writer->begun - sizeof(struct frame_head);
	if (size > FRAME_SIZE_MAX)
		return writer->error = -EMSGSIZE;
	memcpy(buffer->data + writer->begun + offsetof(struct frame_head, size),
	       &(uint32_t){ (uint32_t)size }, sizeof(uint32_t));
	return buffer->size < FLUSH_SIZE ? 0 : frame_flush(writer);
}

int frame_flush(struct frame_writer *writer)
{
	struct buffer *buffer = &writer->buffer;
	size_t done = 0;

	while (done < buffer->size && writer->error == 0) {
		ssize_t n = write(writer->fd, buffer->data + done, buffer->size - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			writer->error = -errno;
	}
	buffer_clear(buffer);
	return writer->error;
}

ssize_t frame_decode(const uint8_t *bytes, size_t size, struct frame *ret_frame)
{
	struct frame_head head;

	if (size < sizeof(head))
		return 0;
	memcpy(&head, bytes, sizeof(head));
	if (head.size > FRAME_SIZE_MAX)
		return -EPROTO;
	if (size - sizeof(head) < head.size)
		return 0;
	*ret_frame = (struct frame){ head.kind, bytes + sizeof(head), head.size, false };
	return (ssize_t)(sizeof(head) + head.size);
}

const uint8_t *frame_get(struct frame *frame, size_t size)
{
	const uint8_t *bytes = frame->bytes;

	frame->bad |= size > frame->size;
	if (frame->bad)
		return NULL;
	frame->bytes += size;
	frame->size -= size;
	return bytes;
}

uint32_t frame_get_u32(struct frame *frame)
{
	uint32_t number = 0;
	const uint8_t *bytes = frame_get(frame, sizeof(number));

	if (bytes)
		memcpy(&number, bytes, sizeof(number));
	return number;
}

uint64_t frame_get_u64(struct frame *frame)
{
	uint64_t number = 0;
	const uint8_t *bytes = frame_get(frame, sizeof(number));

	if (bytes)
		memcpy(&number, bytes, sizeof(number));
	return number;
}

const char *frame_get_bytes(struct frame *frame, size_t max, size_t *ret_size)
{
	size_t size = frame_get_u32(frame);
	const uint8_t *bytes;

	frame->bad |= size > max;
	bytes = frame_get(frame, size);
	*ret_size = bytes ? size : 0;
	if (size == 0 || !bytes || !memchr(bytes, '\0', size))
		return (const char *)bytes;
	frame->bad = true;
	*ret_size = 0;
	return NULL;
}

char *frame_get_text(struct frame *frame, size_t max)
{
	size_t size;
	const char *bytes = frame_get_bytes(frame, max, &size);

	return bytes ? strndup(bytes, size) : NULL;
}

bool frame_is_done(const struct frame *frame)
{
	return !frame->bad && frame->size == 0;
}
