/* SPDX-License-Identifier: BSD-2-Clause */
/* Minisign's key files, public and secret, and signature files. */
#include "fuzz.h"

#include <string.h>

#include "minisign_secret.h"

/* What was read is written, and then read as the same. */
static void read_again(const struct minisign_signature *signature)
{
	struct problems *problems = problems_new();
	struct minisign_signature again;
	struct buffer text = { 0 };

	minisign_signature_format(signature, "signature", &text);
	FUZZ_ASSERT(!text.failed);
	FUZZ_ASSERT(minisign_signature_parse(text.data, text.size, "again", problems, &again) == 0);
	FUZZ_ASSERT(memcmp(again.signature, signature->signature, sizeof(again.signature)) == 0);
	FUZZ_ASSERT(strcmp(again.comment, signature->comment) == 0);
	buffer_release(&text);
	fuzz_free_problems(problems);
}

/* An encrypted one is not opened: it is meant to take a second. */
static void read_secret(const char *text, size_t size, struct problems *problems)
{
	struct minisign_secret secret = { 0 };
	struct minisign_box box;

	if (minisign_box_parse(text, size, "secret", problems, &box) < 0)
		return;
	if (!minisign_box_is_encrypted(&box))
		minisign_box_open(&box, "", 0, &secret);
	minisign_secret_release(&secret);
	minisign_box_release(&box);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t hash[MINISIGN_PREHASH_SIZE];
	const char *text = (const char *)data;
	struct problems *problems = problems_new();
	struct minisign_signature signature;
	struct minisign_key key = { 0 };

	if (minisign_key_parse_file(text, size, "key", problems, &key) < 0)
		FUZZ_ASSERT(problems_errors(problems) > 0);
	read_secret(text, size, problems);
	if (minisign_signature_parse(text, size, "signature", problems, &signature) == 0) {
		memcpy(key.id, signature.key_id, sizeof(key.id));
		FUZZ_ASSERT(minisign_verify(&key, &signature, hash) < 0);
		read_again(&signature);
	}
	fuzz_free_problems(problems);
	return 0;
}
