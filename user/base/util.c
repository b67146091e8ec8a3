/* SPDX-License-Identifier: BSD-2-Clause */
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"

void digest_to_hex(const uint8_t digest[INTERDICT_DIGEST_SIZE], char hex[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < INTERDICT_DIGEST_SIZE; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[2 * INTERDICT_DIGEST_SIZE] = '\0';
}

/* One more than the value of a hexadecimal digit; 0: it is none. No branch to mispredict. */
static const uint8_t hex_values[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,	['6'] = 7,
	['7'] = 8,  ['8'] = 9,	['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14,
	['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15,
	['F'] = 16,
};

int digest_from_hex(const char *hex, uint8_t ret_digest[INTERDICT_DIGEST_SIZE])
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];

	for (size_t i = 0; i < INTERDICT_DIGEST_SIZE; i++) {
		unsigned int high = hex_values[(uint8_t)hex[2 * i]];
		/* A NUL in the first place ends the string. */
		unsigned int low = high ? hex_values[(uint8_t)hex[2 * i + 1]] : 0;

		if (!low)
			return -EINVAL;
		digest[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	memcpy(ret_digest, digest, sizeof(digest));
	return 0;
}

bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

int parse_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		unsigned int digit = (unsigned int)(*text - '0');

		if (digit > 9)
			return -EINVAL;
		if (value > (max - digit) / 10 || digit > max)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*ret_value = value;
	return 0;
}

char *format_string(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

static uint64_t clock_nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint64_t clock_boottime(void)
{
	return clock_nanoseconds(CLOCK_BOOTTIME);
}

uint64_t clock_monotonic(void)
{
	return clock_nanoseconds(CLOCK_MONOTONIC);
}

uint64_t clock_realtime(void)
{
	return clock_nanoseconds(CLOCK_REALTIME);
}

/* Most files of /proc are far smaller than they may be. */
#define SMALL_FIRST 2047U

int read_small_fd(int fd, size_t max, char **ret_text, size_t *ret_size)
{
	size_t room = max < SMALL_FIRST ? max : SMALL_FIRST, used = 0;
	_cleanup_free_ char *text = malloc(room + 1);

	if (!text)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(fd, text + used, room + 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > max)
			return -EFBIG;
		if (used > room) {
			char *grown;

			room = room < max / 2 ? 2 * room : max;
			grown = realloc(text, room + 1);
			if (!grown)
				return -ENOMEM;
			text = grown;
		}
	}
	text[used] = '\0';
	*ret_text = TAKE_PTR(text);
	if (ret_size)
		*ret_size = used;
	return 0;
}

int read_small_file(const char *path, size_t max, char **ret_text, size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_small_fd(fd, max, ret_text, ret_size);
}

int write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

uint32_t kernel_dev(uint64_t stat_dev)
{
	return major(stat_dev) << 20 | (minor(stat_dev) & 0xfffffU);
}
