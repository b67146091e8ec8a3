/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key pair that `minisign -G -W` made, and signing with it. It is of no use to
 * anybody: made for the tests, and used nowhere else.
 */
#ifndef INTERDICT_TEST_SIGNING_H
#define INTERDICT_TEST_SIGNING_H

#include <errno.h>

#include "input.h"

#include "minisign_secret.h"
#include "util.h"

#define KEY_ID	 "8B4D549607370F54"
#define KEY_TEXT "RWRUDzcHllRNi2FNoZyTJ7FM0Y2UK6q9mZhfGj/L+91mi6kM1K9Osn/o"

static const char public_file[] =
	"untrusted comment: minisign public key 8B4D549607370F54\n"
	"RWRUDzcHllRNi2FNoZyTJ7FM0Y2UK6q9mZhfGj/L+91mi6kM1K9Osn/o\n";

static const char secret_file[] =
	"untrusted comment: minisign encrypted secret key\n"
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVA83B5ZU"
	"TYuHnihlw+xDOct4uyN92P7yP0NT400rgh4iUTP7vb2N52FNoZyTJ7FM0Y2UK6q9mZhfGj/L+91mi6kM"
	"1K9Osn/oAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

/* Writes NAME.minisig for the file NAME, with this trusted comment. */
static inline void scratch_sign(const struct scratch *scratch, const char *name,
				const char *comment)
{
	char *path = scratch_path(scratch, name), *file = format_string("%s" MINISIGN_SUFFIX, name);
	struct minisign_signature signature;
	uint8_t hash[MINISIGN_PREHASH_SIZE];
	struct minisign_secret secret;
	struct buffer buffer = { 0 };
	struct minisign_box box;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_int_equal(minisign_box_parse(secret_file, strlen(secret_file), "key",
					    scratch->problems, &box),
			 0);
	assert_int_equal(minisign_box_open(&box, "", 0, &secret), 0);
	assert_int_equal(minisign_prehash(fd, -EBADF, UINT32_MAX, hash), 0);
	assert_int_equal(minisign_sign(&secret, hash, comment, &signature), 0);
	minisign_signature_format(&signature, "test", &buffer);
	scratch_write_bytes(scratch, file, buffer.data, buffer.size);
	buffer_release(&buffer);
	close(fd);
	free(path);
	free(file);
}

#endif
