/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small things that more than one module needs and libc lacks.
 */
#ifndef INTERDICT_UTIL_H
#define INTERDICT_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <interdict/limits.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Room for a SHA-256 in hexadecimal with its final NUL. */
#define DIGEST_HEX_SIZE (2 * INTERDICT_DIGEST_SIZE + 1)

/* Writes @digest as 64 lower-case hexadecimal digits and a NUL to @hex. */
void digest_to_hex(const uint8_t digest[INTERDICT_DIGEST_SIZE], char hex[DIGEST_HEX_SIZE]);

/*
 * Reads exactly 64 hexadecimal digits of either case; @hex need not end there.
 * Returns 0, or -EINVAL if one of them is no hexadecimal digit.
 */
int digest_from_hex(const char *hex, uint8_t ret_digest[INTERDICT_DIGEST_SIZE]);

/* True if @a and @b are the same string. */
bool streq(const char *a, const char *b);

/*
 * Reads a whole decimal number. Returns 0, -EINVAL if @text is not one, or
 * -ERANGE if it is above @max.
 */
int parse_u64(const char *text, uint64_t max, uint64_t *ret_value);

/* asprintf() that returns the string, which the caller frees, or NULL. */
char *format_string(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Nanoseconds of CLOCK_BOOTTIME, CLOCK_MONOTONIC and CLOCK_REALTIME. */
uint64_t clock_boottime(void);
uint64_t clock_monotonic(void);
uint64_t clock_realtime(void);

/*
 * Reads a small file (of /proc, of /sys) whole into a NUL-terminated string of
 * at most @max bytes that the caller frees. @ret_size may be NULL. Returns 0 or
 * a negative errno; -EFBIG if there is more than @max.
 */
int read_small_file(const char *path, size_t max, char **ret_text, size_t *ret_size);

/* The same of what is left to read behind @fd, which stays the caller's. */
int read_small_fd(int fd, size_t max, char **ret_text, size_t *ret_size);

/* Writes all @size bytes, across short writes and signals. Returns 0 or a negative errno. */
int write_all(int fd, const uint8_t *bytes, size_t size);

/*
 * Device number as stat(2) reports it -> as the kernel holds it
 * (major << 20 | minor, include/linux/kdev_t.h), which is what records carry.
 */
uint32_t kernel_dev(uint64_t stat_dev);

#endif
