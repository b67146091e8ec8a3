/* SPDX-License-Identifier: BSD-2-Clause */
#include "minisign.h"

#include <openssl/evp.h>
#include <string.h>

#include "cleanup.h"
#include "minisign_private.h"
#include "util.h"

#define READ_SIZE (64U << 10)

#define UNTRUSTED "untrusted comment: "
#define TRUSTED	  "trusted comment: "

/* What base64 stands for in the files. */
struct key_blob {
	uint8_t algorithm[2];
	uint8_t id[MINISIGN_ID_SIZE];
	uint8_t key[MINISIGN_KEY_SIZE];
};

struct signature_blob {
	uint8_t algorithm[2];
	uint8_t key_id[MINISIGN_ID_SIZE];
	uint8_t signature[MINISIGN_SIGNATURE_SIZE];
};

_Static_assert(sizeof(struct key_blob) == 42 && sizeof(struct signature_blob) == 74, "no padding");

static void pkey_free_pointer(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void context_free_pointer(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

void minisign_format_id(const uint8_t id[MINISIGN_ID_SIZE], char ret_text[MINISIGN_ID_TEXT_SIZE])
{
	/* A number, its least byte first. */
	for (size_t i = 0; i < MINISIGN_ID_SIZE; i++)
		snprintf(ret_text + 2 * i, 3, "%02X", id[MINISIGN_ID_SIZE - 1 - i]);
}

bool minisign_next_line(struct slice *text, struct slice *ret_line)
{
	const char *end;

	if (text->size == 0)
		return false;
	end = memchr(text->bytes, '\n', text->size);
	*ret_line = (struct slice){ text->bytes, end ? (size_t)(end - text->bytes) : text->size };
	text->bytes += ret_line->size + (end != NULL);
	text->size -= ret_line->size + (end != NULL);
	while (ret_line->size > 0 && ret_line->bytes[ret_line->size - 1] == '\r')
		ret_line->size--;
	return true;
}

bool minisign_untrusted(struct slice line)
{
	return line.size >= strlen(UNTRUSTED) - 1 &&
	       memcmp(line.bytes, UNTRUSTED, strlen(UNTRUSTED) - 1) == 0;
}

static int malformed(const char *file, struct problems *problems, unsigned int line,
		     struct slice found, const char *expected)
{
	problems_add_found(problems, file, line, found.bytes, found.size, "expected %s", expected);
	return -EINVAL;
}

int minisign_key_parse(const char *text, size_t size, struct minisign_key *ret_key)
{
	struct key_blob blob;

	if (base64_decode(text, size, (uint8_t *)&blob, sizeof(blob)) < 0 ||
	    memcmp(blob.algorithm, "Ed", 2) != 0)
		return -EINVAL;
	memcpy(ret_key->id, blob.id, sizeof(blob.id));
	memcpy(ret_key->key, blob.key, sizeof(blob.key));
	return 0;
}

int minisign_key_parse_file(const char *text, size_t size, const char *file,
			    struct problems *problems, struct minisign_key *ret_key)
{
	struct slice rest = { text, size }, line = { text, 0 };
	unsigned int number = 1;

	minisign_next_line(&rest, &line);
	if (minisign_untrusted(line)) {
		line = (struct slice){ rest.bytes, 0 };
		minisign_next_line(&rest, &line);
		number++;
	}
	if (minisign_key_parse(line.bytes, line.size, ret_key) < 0)
		return malformed(file, problems, number, line,
				 "a public key of minisign, 56 characters that begin with RW");
	if (minisign_next_line(&rest, &line))
		return malformed(file, problems, number + 1, line,
				 "nothing more behind the public key");
	return 0;
}

static int parse_signature(struct slice line, const char *file, struct problems *problems,
			   struct minisign_signature *signature)
{
	struct signature_blob blob;

	if (base64_decode(line.bytes, line.size, (uint8_t *)&blob, sizeof(blob)) < 0)
		return malformed(file, problems, 2, line, "the base64 of a signature");
	if (memcmp(blob.algorithm, "Ed", 2) == 0) {
		problems_add(problems, PROBLEM_ERROR, file, 2,
			     "expected a signature of the file's digest, found minisign's legacy "
			     "format: sign it again, without -l");
		return -EINVAL;
	}
	if (memcmp(blob.algorithm, "ED", 2) != 0)
		return malformed(file, problems, 2, line,
				 "an Ed25519 signature of the file's digest, which begins with RUQ "
				 "to RUT");
	memcpy(signature->key_id, blob.key_id, sizeof(blob.key_id));
	memcpy(signature->signature, blob.signature, sizeof(blob.signature));
	return 0;
}

static int parse_comment(struct slice line, const char *file, struct problems *problems,
			 struct minisign_signature *signature)
{
	if (line.size < strlen(TRUSTED) || memcmp(line.bytes, TRUSTED, strlen(TRUSTED)) != 0)
		return malformed(file, problems, 3, line, "\"" TRUSTED "\"");
	line.bytes += strlen(TRUSTED);
	line.size -= strlen(TRUSTED);
	/* minisign's strings end at a NUL: the two of us would read two comments. */
	if (line.size > MINISIGN_COMMENT_MAX || memchr(line.bytes, '\0', line.size)) {
		problems_add(problems, PROBLEM_ERROR, file, 3,
			     "expected a comment of at most %u bytes without NUL",
			     MINISIGN_COMMENT_MAX);
		return -EINVAL;
	}
	memcpy(signature->comment, line.bytes, line.size);
	signature->comment[line.size] = '\0';
	return 0;
}

int minisign_signature_parse(const char *text, size_t size, const char *file,
			     struct problems *problems, struct minisign_signature *ret_signature)
{
	struct slice rest = { text, size }, line[4], more;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		if (minisign_next_line(&rest, &line[i]))
			continue;
		problems_add(problems, PROBLEM_ERROR, file, 0,
			     "expected the four lines of a minisign signature, found %zu", i);
		return -EINVAL;
	}
	if (!minisign_untrusted(line[0]))
		return malformed(file, problems, 1, line[0], "\"" UNTRUSTED "\"");
	r = parse_signature(line[1], file, problems, ret_signature);
	if (r == 0)
		r = parse_comment(line[2], file, problems, ret_signature);
	if (r < 0)
		return r;
	if (base64_decode(line[3].bytes, line[3].size, ret_signature->global,
			  sizeof(ret_signature->global)) < 0)
		return malformed(file, problems, 4, line[3],
				 "the base64 of the trusted comment's signature");
	if (minisign_next_line(&rest, &more))
		return malformed(file, problems, 5, more, "nothing more behind the signature");
	return 0;
}

/* Reads to the end, into the digest and the copy. */
static int prehash_all(EVP_MD_CTX *context, uint8_t *bytes, int fd, int copy_fd, uint64_t max)
{
	for (;;) {
		ssize_t n = read(fd, bytes, READ_SIZE);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if ((uint64_t)n > max)
			return -EFBIG;
		max -= (uint64_t)n;
		if (EVP_DigestUpdate(context, bytes, (size_t)n) != 1)
			return -ENOMEM;
		r = copy_fd < 0 ? 0 : write_all(copy_fd, bytes, (size_t)n);
		if (r < 0)
			return r;
	}
}

int minisign_prehash(int fd, int copy_fd, uint64_t max, uint8_t ret_hash[MINISIGN_PREHASH_SIZE])
{
	_cleanup_(context_free_pointer) EVP_MD_CTX *context = EVP_MD_CTX_new();
	_cleanup_free_ uint8_t *bytes = malloc(READ_SIZE);
	int r;

	if (!context || !bytes || EVP_DigestInit_ex(context, EVP_blake2b512(), NULL) != 1)
		return -ENOMEM;
	r = prehash_all(context, bytes, fd, copy_fd, max);
	if (r == 0 && EVP_DigestFinal_ex(context, ret_hash, NULL) != 1)
		r = -ENOMEM;
	return r;
}

/* Returns 0, -EKEYREJECTED or -ENOMEM. */
static int verify_bytes(const struct minisign_key *key,
			const uint8_t signature[MINISIGN_SIGNATURE_SIZE], const void *bytes,
			size_t size)
{
	_cleanup_(context_free_pointer) EVP_MD_CTX *context = EVP_MD_CTX_new();
	_cleanup_(pkey_free_pointer) EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(
		EVP_PKEY_ED25519, NULL, key->key, sizeof(key->key));

	if (!context || !pkey || EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) != 1)
		return -ENOMEM;
	if (EVP_DigestVerify(context, signature, MINISIGN_SIGNATURE_SIZE, bytes, size) != 1)
		return -EKEYREJECTED;
	return 0;
}

size_t minisign_global_message(const struct minisign_signature *signature,
			       uint8_t ret_message[MINISIGN_GLOBAL_MAX])
{
	size_t size = strlen(signature->comment);

	memcpy(ret_message, signature->signature, MINISIGN_SIGNATURE_SIZE);
	memcpy(ret_message + MINISIGN_SIGNATURE_SIZE, signature->comment, size);
	return MINISIGN_SIGNATURE_SIZE + size;
}

int minisign_verify_comment(const struct minisign_key *key,
			    const struct minisign_signature *signature)
{
	uint8_t message[MINISIGN_GLOBAL_MAX];
	size_t size = minisign_global_message(signature, message);
	int r;

	if (memcmp(key->id, signature->key_id, sizeof(key->id)) != 0)
		return -ENOKEY;
	r = verify_bytes(key, signature->global, message, size);
	return r == -EKEYREJECTED ? -EBADMSG : r;
}

int minisign_verify(const struct minisign_key *key, const struct minisign_signature *signature,
		    const uint8_t hash[MINISIGN_PREHASH_SIZE])
{
	int r;

	if (memcmp(key->id, signature->key_id, sizeof(key->id)) != 0)
		return -ENOKEY;
	r = verify_bytes(key, signature->signature, hash, MINISIGN_PREHASH_SIZE);
	return r < 0 ? r : minisign_verify_comment(key, signature);
}

void minisign_signature_format(const struct minisign_signature *signature, const char *untrusted,
			       struct buffer *buffer)
{
	char text[BASE64_SIZE(sizeof(struct signature_blob)) + 1];
	struct signature_blob blob = { .algorithm = { 'E', 'D' } };

	memcpy(blob.key_id, signature->key_id, sizeof(blob.key_id));
	memcpy(blob.signature, signature->signature, sizeof(blob.signature));
	base64_encode((const uint8_t *)&blob, sizeof(blob), text);
	buffer_append_string(buffer, UNTRUSTED);
	buffer_append_string(buffer, untrusted);
	buffer_append_char(buffer, '\n');
	buffer_append_string(buffer, text);
	buffer_append_string(buffer, "\n" TRUSTED);
	buffer_append_string(buffer, signature->comment);
	base64_encode(signature->global, sizeof(signature->global), text);
	buffer_append_char(buffer, '\n');
	buffer_append_string(buffer, text);
	buffer_append_char(buffer, '\n');
}
