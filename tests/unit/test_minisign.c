/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys and signatures that minisign 0.11 made, read, verified, and made again to the byte. */
#include "input.h"

#include <errno.h>
#include <sys/mman.h>

#include "base64.h"
#include "blake2b.h"
#include "minisign_secret.h"
#include "signing.h"
#include "util.h"

static const char signed_file[] =
	"untrusted comment: signature from minisign secret key\n"
	"RURUDzcHllRNi3MNLpe0u8ocOT6nDRZIKj4Dck4FCiueYWnnH9OyVMsrNa8fJjvUrcc5RgX/KboH0ni6"
	"t7Hv1HonJWRZXYla8QE=\n"
	"trusted comment: sequence:7\ttimestamp:1795262319\tfile:list.csv\thashed\n"
	"sXAQi7lZDI5EnBDdJ+SukM82CW1xuzpWnVSCkZy8ybbc0NeBhBTnw7zpu0Uk/ua70vQhXuM7o47oF5bU"
	"MI5IDA==\n";

static const char signed_plain_file[] =
	"untrusted comment: signature from minisign secret key\n"
	"RURUDzcHllRNi3MNLpe0u8ocOT6nDRZIKj4Dck4FCiueYWnnH9OyVMsrNa8fJjvUrcc5RgX/KboH0ni6"
	"t7Hv1HonJWRZXYla8QE=\n"
	"trusted comment: timestamp:1795262844\tfile:list.csv\thashed\n"
	"4yPAQCAAcL7YzKeLJfAwymRXMefscswpQs1NeLQnkQa4nWUAhZtTfGt4w7QUUIWTsUWBJLNWsUrRkJvM"
	"trxnDg==\n";

static const char signed_legacy_file[] =
	"untrusted comment: signature from minisign secret key\n"
	"RWRUDzcHllRNizat0c4/sIqtxr7P9G8YzDYoAL1AiU58jCJ7qgAAIoL3Dci+6lXCk4cEMoDEUbfOdEWP"
	"t0vywlCVhAVt8NAG0g4=\n"
	"trusted comment: timestamp:1795262844\tfile:list.csv\n"
	"VBgrnldu/r4Io5Wy0zyXvUpHmjsD0JyJGUgfdV1CcTAtFsmtGhEiR/W9ZbIvr7orkOklNyPjASodhshl"
	"RgxUCw==\n";

static const char encrypted_file[] =
	"untrusted comment: minisign encrypted secret key\n"
	"RWRTY0IyEd64HwJsKADNO65nACCXso8Z9vBna/FXkUcOMJHhoA4AABAAAAAAAAAAAAIAAAAAMzzCRejo"
	"HjZNSCWfW/VS/grn92GyDMfn0dSoEFttOWcYZ9lcv/HQ3a+VM5I91g5r9irFEyRDbLDTd6415vBtrbzi"
	"a7vMOJiWohpT2TZ9azN1p5FigCgqYl17NF8oA/B/aey/uUiZWP4=\n";

static const char encrypted_public_file[] =
	"untrusted comment: minisign public key 54B2475D71A9E452\n"
	"RWRS5KlxXUeyVEv7gkLzzbhnHXF0K6U521RrAs+2ZYKC9JbzNJHpV9dJ\n";

static const char signed_encrypted_file[] =
	"untrusted comment: signature from minisign secret key\n"
	"RURS5KlxXUeyVPqIjKT2Ks/jvETxrocjzo850UqZhbQn9Sqp0LliXniZTyyYTK7ugXfdd2kZtO7X40S/"
	"CfjxNEGw6ZiB61WEvw4=\n"
	"trusted comment: timestamp:1795262844\tfile:list.csv\thashed\n"
	"bbb3M30wldyMKDkiq/XK6Uhrgr01IwaH37y9qu4ueHIXsMKFYJ+q9BY3rovj0S1vXUSnq6nvHtnfHoXp"
	"nwfWBA==\n";

#define PASSWORD   "correct horse"
#define CONTENTS   "aa\n"
#define COMMENT	   "sequence:7\ttimestamp:1795262319\tfile:list.csv\thashed"
#define UNTRUSTED  "signature from minisign secret key"

static struct problems *problems;

static int setup(void **state)
{
	(void)state;
	problems = problems_new();
	assert_non_null(problems);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	problems_free(problems);
	return 0;
}

static void forget(void)
{
	problems_free(problems);
	problems = problems_new();
	assert_non_null(problems);
}

static struct minisign_key public_key(const char *file)
{
	struct minisign_key key;

	assert_int_equal(minisign_key_parse_file(file, strlen(file), "k.pub", problems, &key), 0);
	return key;
}

static struct minisign_signature parse(const char *file)
{
	struct minisign_signature signature;

	assert_int_equal(minisign_signature_parse(file, strlen(file), "f.minisig", problems,
						  &signature),
			 0);
	return signature;
}

static void prehash(const void *bytes, size_t size, uint8_t hash[MINISIGN_PREHASH_SIZE])
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(minisign_prehash(fd, -EBADF, size, hash), 0);
	close(fd);
}

static int verify(const char *key_file, const char *file)
{
	struct minisign_key key = public_key(key_file);
	struct minisign_signature signature = parse(file);
	uint8_t hash[MINISIGN_PREHASH_SIZE];

	prehash(CONTENTS, strlen(CONTENTS), hash);
	return minisign_verify(&key, &signature, hash);
}

static void test_base64(void **state)
{
	/* RFC 4648, section 10. */
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{ "", "" },	     { "f", "Zg==" },	   { "fo", "Zm8=" },
		{ "foo", "Zm9v" },   { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};
	static const char *const bad[] = {
		"Zg",	 "Zg=",	  "Zg===", "Zh==", "Zg=A", "Z===", "=g==", "Zg==\n", " Zg==",
		"Zg= =", "Z-==",  "Zm8=",  "Zm9v", "",	   "Zg==Zg==",
	};
	uint8_t bytes[8];
	char text[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t size = strlen(rows[i].bytes);

		base64_encode((const uint8_t *)rows[i].bytes, size, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(base64_decode(text, strlen(text), bytes, size), 0);
		assert_memory_equal(bytes, rows[i].bytes, size);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(base64_decode(bad[i], strlen(bad[i]), bytes, 1), -EINVAL);
}

static void test_base64_all_characters(void **state)
{
	uint8_t bytes[48], again[48];
	uint64_t seed = 1;
	char text[BASE64_SIZE(48) + 1];

	(void)state;
	for (size_t round = 0; round < 200; round++) {
		size_t size = round % sizeof(bytes) + 1;

		random_bytes(&seed, bytes, size);
		base64_encode(bytes, size, text);
		assert_int_equal(strlen(text), BASE64_SIZE(size));
		assert_int_equal(base64_decode(text, strlen(text), again, size), 0);
		assert_memory_equal(bytes, again, size);
	}
}

static void assert_blake2b(const char *message, const char *hex)
{
	uint8_t wanted[INTERDICT_DIGEST_SIZE], digest[BLAKE2B_256_SIZE];

	assert_int_equal(digest_from_hex(hex, wanted), 0);
	blake2b_256(message, strlen(message), digest);
	assert_memory_equal(digest, wanted, sizeof(digest));
}

/* What `b2sum -l 256` says. */
static void test_blake2b(void **state)
{
	char block[BLAKE2B_BLOCK + 1];

	(void)state;
	memset(block, 'x', BLAKE2B_BLOCK);
	block[BLAKE2B_BLOCK] = '\0';
	assert_blake2b("", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
	assert_blake2b("abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	assert_blake2b(block, "164ffb7089bae6f5a62fb0795e751dc9e88eac92e1a5b2fafe93a25abf2d9c3b");
}

static void test_key(void **state)
{
	struct minisign_key key, from_file = public_key(public_file);
	char id[MINISIGN_ID_TEXT_SIZE];

	(void)state;
	assert_int_equal(minisign_key_parse(KEY_TEXT, strlen(KEY_TEXT), &key), 0);
	assert_int_equal(strlen(KEY_TEXT), MINISIGN_KEY_TEXT_SIZE);
	assert_memory_equal(&key, &from_file, sizeof(key));
	minisign_format_id(key.id, id);
	assert_string_equal(id, KEY_ID);
	from_file = public_key(KEY_TEXT);
	assert_memory_equal(&key, &from_file, sizeof(key));
	from_file = public_key("untrusted comment: x\r\n" KEY_TEXT "\r\n");
	assert_memory_equal(&key, &from_file, sizeof(key));
	assert_no_errors(problems);
}

static void assert_no_key(const char *text, unsigned int line)
{
	struct minisign_key key;

	assert_int_equal(minisign_key_parse_file(text, strlen(text), "k.pub", problems, &key),
			 -EINVAL);
	assert_only_error(problems, "k.pub", line, "expected");
	forget();
}

static void test_no_key(void **state)
{
	(void)state;
	assert_no_key("", 1);
	assert_no_key("\n", 1);
	assert_no_key("untrusted comment: x\n", 2);
	assert_no_key("untrusted comment: x\n\n" KEY_TEXT "\n", 2);
	assert_no_key("trusted comment: x\n" KEY_TEXT "\n", 1);
	assert_no_key(" " KEY_TEXT "\n", 1);
	assert_no_key(KEY_TEXT "\n" KEY_TEXT "\n", 2);
	assert_no_key(signed_file, 2);
	assert_no_key(secret_file, 2);
}

static void test_verify(void **state)
{
	struct minisign_signature signature = parse(signed_file);

	(void)state;
	assert_string_equal(signature.comment, COMMENT);
	assert_int_equal(verify(public_file, signed_file), 0);
	assert_int_equal(verify(public_file, signed_plain_file), 0);
	assert_int_equal(verify(encrypted_public_file, signed_encrypted_file), 0);
	assert_int_equal(verify(encrypted_public_file, signed_file), -ENOKEY);
	assert_int_equal(verify(public_file, signed_encrypted_file), -ENOKEY);
	assert_no_errors(problems);
}

static void test_legacy(void **state)
{
	struct minisign_signature signature;

	(void)state;
	assert_int_equal(minisign_signature_parse(signed_legacy_file, strlen(signed_legacy_file),
						  "f.minisig", problems, &signature),
			 -EINVAL);
	assert_only_error(problems, "f.minisig", 2, "legacy format: sign it again, without -l");
}

static void test_other_contents(void **state)
{
	struct minisign_key key = public_key(public_file);
	struct minisign_signature signature = parse(signed_file);
	uint8_t hash[MINISIGN_PREHASH_SIZE];

	(void)state;
	for (size_t bit = 0; bit < 8 * strlen(CONTENTS); bit++) {
		char contents[] = CONTENTS;

		contents[bit / 8] = (char)(contents[bit / 8] ^ (1 << bit % 8));
		prehash(contents, strlen(CONTENTS), hash);
		assert_int_equal(minisign_verify(&key, &signature, hash), -EKEYREJECTED);
		assert_int_equal(minisign_verify_comment(&key, &signature), 0);
	}
	prehash(CONTENTS "\n", strlen(CONTENTS) + 1, hash);
	assert_int_equal(minisign_verify(&key, &signature, hash), -EKEYREJECTED);
	prehash(CONTENTS, strlen(CONTENTS) - 1, hash);
	assert_int_equal(minisign_verify(&key, &signature, hash), -EKEYREJECTED);
	prehash("", 0, hash);
	assert_int_equal(minisign_verify(&key, &signature, hash), -EKEYREJECTED);
}

/* Every bit of what base64 stands for, in the key and in both signatures. */
static void test_bit_flips(void **state)
{
	struct minisign_key key = public_key(public_file);
	struct minisign_signature signature = parse(signed_file);
	uint8_t hash[MINISIGN_PREHASH_SIZE];
	const struct {
		uint8_t *bytes;
		size_t size;
		int error;
	} fields[] = {
		{ key.id, sizeof(key.id), -ENOKEY },
		{ key.key, sizeof(key.key), -EKEYREJECTED },
		{ signature.key_id, sizeof(signature.key_id), -ENOKEY },
		{ signature.signature, sizeof(signature.signature), -EKEYREJECTED },
		{ signature.global, sizeof(signature.global), -EBADMSG },
		{ (uint8_t *)signature.comment, strlen(COMMENT), -EBADMSG },
	};

	(void)state;
	prehash(CONTENTS, strlen(CONTENTS), hash);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		for (size_t bit = 0; bit < 8 * fields[i].size; bit++) {
			fields[i].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(minisign_verify(&key, &signature, hash), fields[i].error);
			fields[i].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	assert_int_equal(minisign_verify(&key, &signature, hash), 0);
}

/* Every bit of the file: only the untrusted comment may be another. */
static void test_file_flips(void **state)
{
	size_t size = strlen(signed_file), free_part = strcspn(signed_file, "\n");
	struct minisign_key key = public_key(public_file);
	uint8_t hash[MINISIGN_PREHASH_SIZE];
	char *file = strdup(signed_file);

	(void)state;
	prehash(CONTENTS, strlen(CONTENTS), hash);
	for (size_t bit = 8 * free_part; bit < 8 * (size - 1); bit++) {
		struct minisign_signature signature;
		int r;

		file[bit / 8] = (char)(file[bit / 8] ^ (1 << bit % 8));
		r = minisign_signature_parse(file, size, "f", problems, &signature);
		if (r == 0)
			r = minisign_verify(&key, &signature, hash);
		if (r == 0)
			fail_msg("bit %zu of the file says nothing", bit);
		file[bit / 8] = signed_file[bit / 8];
	}
	memset(file + strlen("untrusted comment: "), '?', free_part - strlen("untrusted comment: "));
	assert_int_equal(verify(public_file, file), 0);
	free(file);
}

static void assert_no_signature(const char *text, size_t size, unsigned int line, const char *said)
{
	struct minisign_signature signature;

	assert_int_equal(minisign_signature_parse(text, size, "f.minisig", problems, &signature),
			 -EINVAL);
	assert_only_error(problems, "f.minisig", line, said);
	forget();
}

/* @replacement for line @number, from 1, of the good signature. */
static char *with_line(unsigned int number, const char *replacement)
{
	const char *start = signed_file, *end;

	for (unsigned int i = 1; i < number; i++)
		start = strchr(start, '\n') + 1;
	end = strchr(start, '\n');
	return format_string("%.*s%s%s", (int)(start - signed_file), signed_file, replacement, end);
}

static void test_no_signature(void **state)
{
	char *long_comment = malloc(MINISIGN_COMMENT_MAX + 64), *text;
	size_t size = strlen(signed_file);

	(void)state;
	assert_no_signature("", 0, 0, "found 0");
	assert_no_signature("untrusted comment: x\n", 21, 0, "found 1");
	text = with_line(1, "comment: x");
	assert_no_signature(text, strlen(text), 1, "untrusted comment: ");
	free(text);
	text = with_line(2, "RUQ=");
	assert_no_signature(text, strlen(text), 2, "base64 of a signature");
	free(text);
	text = with_line(2, "");
	assert_no_signature(text, strlen(text), 2, "base64 of a signature");
	free(text);
	text = with_line(3, "comment: x");
	assert_no_signature(text, strlen(text), 3, "trusted comment: ");
	free(text);
	text = with_line(4, "AAAA");
	assert_no_signature(text, strlen(text), 4, "trusted comment's signature");
	free(text);
	text = format_string("%s\n", signed_file);
	assert_no_signature(text, size + 1, 5, "nothing more");
	free(text);
	memset(long_comment, 'x', MINISIGN_COMMENT_MAX + 64);
	memcpy(long_comment, "trusted comment: ", 17);
	long_comment[17 + MINISIGN_COMMENT_MAX + 1] = '\0';
	text = with_line(3, long_comment);
	assert_no_signature(text, strlen(text), 3, "at most 8172 bytes");
	free(text);
	text = strdup(signed_file);
	strchr(strchr(strchr(text, '\n') + 1, '\n'), ':')[3] = '\0';
	assert_no_signature(text, size, 3, "without NUL");
	free(text);
	free(long_comment);
}

static struct minisign_secret open_secret(const char *file, const char *password)
{
	struct minisign_secret secret;
	struct minisign_box box;

	assert_int_equal(minisign_box_parse(file, strlen(file), "k.key", problems, &box), 0);
	assert_int_equal(minisign_box_open(&box, password, strlen(password), &secret), 0);
	return secret;
}

static void assert_signs(const char *key_file, const char *password, const char *signature_file)
{
	struct minisign_secret secret = open_secret(key_file, password);
	struct minisign_signature wanted = parse(signature_file), signature;
	uint8_t hash[MINISIGN_PREHASH_SIZE];
	struct buffer buffer = { 0 };

	prehash(CONTENTS, strlen(CONTENTS), hash);
	assert_int_equal(minisign_sign(&secret, hash, wanted.comment, &signature), 0);
	assert_int_equal(minisign_verify(&secret.public_key, &signature, hash), 0);
	minisign_signature_format(&signature, UNTRUSTED, &buffer);
	assert_int_equal(buffer.size, strlen(signature_file));
	assert_memory_equal(buffer.data, signature_file, buffer.size);
	buffer_release(&buffer);
	minisign_secret_release(&secret);
}

/* Ed25519 has one signature for a text: ours is minisign's. */
static void test_sign(void **state)
{
	(void)state;
	assert_signs(secret_file, "", signed_file);
	assert_signs(secret_file, "a password that is not asked for", signed_plain_file);
	assert_signs(encrypted_file, PASSWORD, signed_encrypted_file);
}

static void test_sign_bad_comment(void **state)
{
	struct minisign_secret secret = open_secret(secret_file, "");
	uint8_t hash[MINISIGN_PREHASH_SIZE] = { 0 };
	struct minisign_signature signature;
	char *comment = calloc(1, MINISIGN_COMMENT_MAX + 2);

	(void)state;
	assert_int_equal(minisign_sign(&secret, hash, "a\nb", &signature), -EINVAL);
	assert_int_equal(minisign_sign(&secret, hash, "a\r", &signature), -EINVAL);
	memset(comment, 'x', MINISIGN_COMMENT_MAX + 1);
	assert_int_equal(minisign_sign(&secret, hash, comment, &signature), -EINVAL);
	comment[MINISIGN_COMMENT_MAX] = '\0';
	assert_int_equal(minisign_sign(&secret, hash, comment, &signature), 0);
	assert_int_equal(minisign_verify(&secret.public_key, &signature, hash), 0);
	free(comment);
}

static void test_wrong_password(void **state)
{
	static const char *const wrong[] = { "", "correct", PASSWORD " ", "Correct horse" };
	struct minisign_secret secret;
	struct minisign_box box;

	(void)state;
	assert_int_equal(minisign_box_parse(encrypted_file, strlen(encrypted_file), "k.key",
					    problems, &box),
			 0);
	assert_true(minisign_box_is_encrypted(&box));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(minisign_box_open(&box, wrong[i], strlen(wrong[i]), &secret),
				 -EKEYREJECTED);
}

/* A damaged key signs nothing: a signature with two halves that do not belong together tells it. */
static void test_damaged_secret(void **state)
{
	struct minisign_secret secret;
	struct minisign_box box;
	uint8_t *bytes = (uint8_t *)&box.secret;

	(void)state;
	assert_int_equal(minisign_box_parse(secret_file, strlen(secret_file), "k.key", problems,
					    &box),
			 0);
	assert_false(minisign_box_is_encrypted(&box));
	for (size_t bit = 8 * MINISIGN_ID_SIZE; bit < 8 * sizeof(box.secret); bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(minisign_box_open(&box, "", 0, &secret), -EKEYREJECTED);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(minisign_box_open(&box, "", 0, &secret), 0);
}

static void test_damaged_encrypted(void **state)
{
	struct minisign_secret secret;
	struct minisign_box box;
	uint8_t *const bytes[] = { box.salt,	    &box.salt[31],	box.secret.id,
				   box.secret.seed, &box.secret.key[5], &box.secret.checksum[31] };

	(void)state;
	assert_int_equal(minisign_box_parse(encrypted_file, strlen(encrypted_file), "k.key",
					    problems, &box),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		*bytes[i] ^= 0x10;
		assert_int_equal(minisign_box_open(&box, PASSWORD, strlen(PASSWORD), &secret),
				 -EKEYREJECTED);
		*bytes[i] ^= 0x10;
	}
	/* Half the memory is another N. */
	box.memlimit[3] = 1;
	assert_int_equal(minisign_box_open(&box, PASSWORD, strlen(PASSWORD), &secret),
			 -EKEYREJECTED);
}

static void test_costs(void **state)
{
	struct minisign_secret secret;
	struct minisign_box box;

	(void)state;
	assert_int_equal(minisign_box_parse(encrypted_file, strlen(encrypted_file), "k.key",
					    problems, &box),
			 0);
	memset(box.memlimit, 0, sizeof(box.memlimit));
	box.memlimit[4] = 1; /* 4 GiB */
	assert_int_equal(minisign_box_open(&box, PASSWORD, strlen(PASSWORD), &secret), -E2BIG);
	memset(box.memlimit, 0xff, sizeof(box.memlimit));
	assert_int_equal(minisign_box_open(&box, PASSWORD, strlen(PASSWORD), &secret), -E2BIG);
	memset(box.memlimit, 0, sizeof(box.memlimit));
	box.memlimit[2] = 1;
	memset(box.opslimit, 0xff, sizeof(box.opslimit));
	assert_int_equal(minisign_box_open(&box, PASSWORD, strlen(PASSWORD), &secret), -E2BIG);
}

static void assert_no_box(const char *text)
{
	struct minisign_box box;

	assert_int_equal(minisign_box_parse(text, strlen(text), "k.key", problems, &box), -EINVAL);
	assert_int_equal(problems_errors(problems), 1);
	forget();
}

static void test_no_box(void **state)
{
	char *text;

	(void)state;
	assert_no_box("");
	assert_no_box("untrusted comment: x\n");
	assert_no_box(strchr(secret_file, '\n') + 1);
	assert_no_box(public_file);
	assert_no_box(signed_file);
	text = format_string("%smore\n", secret_file);
	assert_no_box(text);
	free(text);
	/* Of another kind: the first characters are those of "Ed", kdf and "B2". */
	for (size_t i = 0; i < 8; i++) {
		text = strdup(encrypted_file);
		strchr(text, '\n')[1 + i] ^= 1;
		assert_no_box(text);
		free(text);
	}
}

static void test_prehash(void **state)
{
	uint8_t hash[MINISIGN_PREHASH_SIZE], again[MINISIGN_PREHASH_SIZE];
	int fd = memfd_create("test", MFD_CLOEXEC), copy = memfd_create("copy", MFD_CLOEXEC);
	size_t size = (64U << 10) + 3;
	char *bytes = malloc(size), *copied = malloc(size + 1);
	uint64_t seed = 5;

	(void)state;
	random_bytes(&seed, bytes, size);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(minisign_prehash(fd, copy, size, hash), 0);
	assert_int_equal(pread(copy, copied, size + 1, 0), size);
	assert_memory_equal(bytes, copied, size);
	prehash(bytes, size, again);
	assert_memory_equal(hash, again, sizeof(hash));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(minisign_prehash(fd, -EBADF, size - 1, hash), -EFBIG);
	assert_int_equal(minisign_prehash(-EBADF, -EBADF, size, hash), -EBADF);
	free(bytes);
	free(copied);
	close(fd);
	close(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_all_characters),
		cmocka_unit_test(test_blake2b),
		cmocka_unit_test_setup_teardown(test_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verify, setup, teardown),
		cmocka_unit_test_setup_teardown(test_legacy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bit_flips, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_flips, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_signature, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sign, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sign_bad_comment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_password, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_secret, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_encrypted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_costs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_box, setup, teardown),
		cmocka_unit_test(test_prehash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
