/* SPDX-License-Identifier: BSD-2-Clause */
#include "signed_list.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "cleanup.h"
#include "list.h"
#include "util.h"
#include "vendor.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

int signed_list_read_small(int fd, const char *file, struct problems *problems, char **ret_text,
			   size_t *ret_size)
{
	int r = read_small_fd(fd, MINISIGN_FILE_MAX, ret_text, ret_size);

	if (r == -EFBIG)
		problems_add(problems, PROBLEM_ERROR, file, 0,
			     "expected at most %u bytes, as minisign writes them",
			     MINISIGN_FILE_MAX);
	else if (r < 0)
		problems_add(problems, PROBLEM_ERROR, file, 0, "cannot be read: %s", strerror(-r));
	return r;
}

int signed_list_key(const struct vendor *vendor, struct problems *problems,
		    struct minisign_key *ret_key)
{
	const struct secure_origin origin = { vendor->file, vendor->signed_by_line };
	const char *value = vendor->signed_by, *slash = strrchr(vendor->file, '/');
	int directory = slash && *value != '/' ? (int)(slash + 1 - vendor->file) : 0;
	_cleanup_free_ char *path = NULL, *text = NULL;
	_cleanup_close_ int fd = -EBADF;
	size_t size;
	int r;

	if (minisign_key_parse(value, strlen(value), ret_key) == 0)
		return 0;
	/* A key with a slip of the pen is no file that is missing. */
	if (strlen(value) == MINISIGN_KEY_TEXT_SIZE && strncmp(value, "RW", 2) == 0) {
		problems_add_found(problems, vendor->file, vendor->signed_by_line, value,
				   strlen(value), "signed-by: expected a public key of minisign");
		return -EINVAL;
	}
	path = format_string("%.*s%s", directory, vendor->file, value);
	if (!path)
		return -ENOMEM;
	r = secure_open_file(path, &origin, problems, &fd);
	if (r == 0)
		r = signed_list_read_small(fd, path, problems, &text, &size);
	return r != 0 ? r : minisign_key_parse_file(text, size, path, problems, ret_key);
}

/* Finds the field NAME:VALUE. Returns how often it is there, and the last of them. */
static unsigned int find_field(const char *comment, const char *name, struct slice *ret_value)
{
	size_t size = strlen(name);
	unsigned int found = 0;

	for (;;) {
		size_t length = strcspn(comment, "\t");

		if (length > size && memcmp(comment, name, size) == 0 && comment[size] == ':') { /* NOLINT: length > size */
			*ret_value = (struct slice){ comment + size + 1, length - size - 1 };
			found++;
		}
		if (!comment[length])
			return found;
		comment += length + 1;
	}
}

int signed_list_number(const char *comment, const char *file, struct problems *problems,
		       uint64_t *ret_number)
{
	static const char *const names[] = { "sequence", "timestamp" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *text = NULL;
		struct slice value;
		unsigned int found = find_field(comment, names[i], &value);

		if (found == 0)
			continue;
		text = strndup(value.bytes, value.size);
		if (!text)
			return -ENOMEM;
		if (found == 1 && parse_u64(text, INT64_MAX, ret_number) == 0)
			return 0;
		problems_add_found(problems, file, 3, comment, strlen(comment),
				   "expected one field %s:NUMBER in the trusted comment", names[i]);
		return -EINVAL;
	}
	problems_add_found(problems, file, 3, comment, strlen(comment),
			   "expected sequence:NUMBER or timestamp:NUMBER in the trusted comment");
	return -EINVAL;
}

/* Else a good list of one product could be put in the place of another one's. */
static int check_name(const struct signed_list *list, const char *file, const char *comment,
		      struct problems *problems)
{
	const char *slash = strrchr(list->path, '/'), *name = slash ? slash + 1 : list->path;
	struct slice value = { 0 };
	unsigned int found = find_field(comment, "file", &value);

	if (found == 0 || (found == 1 && value.size == strlen(name) &&
			   memcmp(value.bytes, name, value.size) == 0))
		return 0;
	problems_add_found(problems, file, 3, value.bytes, value.size,
			   "expected the signature of a list of this name; give the list the name "
			   "that it was signed under, or sign it anew");
	return -EBADMSG;
}

static void report_bad(int error, const struct minisign_key *key,
		       const struct minisign_signature *signature, const char *file,
		       struct problems *problems)
{
	char wanted[MINISIGN_ID_TEXT_SIZE], found[MINISIGN_ID_TEXT_SIZE];

	minisign_format_id(key->id, wanted);
	minisign_format_id(signature->key_id, found);
	if (error == -ENOKEY)
		problems_add(problems, PROBLEM_ERROR, file, 2,
			     "expected a signature by key %s, found one by key %s", wanted, found);
	else if (error == -EKEYREJECTED)
		problems_add(problems, PROBLEM_ERROR, file, 2,
			     "bad signature: the list is not the one that key %s signed", wanted);
	else if (error == -EBADMSG)
		problems_add(problems, PROBLEM_ERROR, file, 4,
			     "bad signature: the trusted comment is not the one that key %s signed",
			     wanted);
	else
		problems_add(problems, PROBLEM_ERROR, file, 0, "cannot be verified: %s",
			     strerror(-error));
}

static int prehash(const struct signed_list *list, int copy_fd, struct problems *problems,
		   uint8_t ret_hash[MINISIGN_PREHASH_SIZE])
{
	int r = minisign_prehash(list->fd, copy_fd, SIGNED_LIST_MAX, ret_hash);

	if (r == -EFBIG)
		problems_add(problems, PROBLEM_ERROR, list->path, 0,
			     "expected at most %u bytes in a signed list", SIGNED_LIST_MAX);
	else if (r < 0)
		problems_add(problems, PROBLEM_ERROR, list->path, 0, "cannot be read: %s",
			     strerror(-r));
	return r;
}

/* Reads the signature file, and verifies it against what the list hashes to. */
static int verify(const struct signed_list *list, const char *file, const struct minisign_key *key,
		  const uint8_t hash[MINISIGN_PREHASH_SIZE], struct problems *problems,
		  struct minisign_signature *ret_signature)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = signed_list_read_small(list->signature_fd, file, problems, &text, &size);
	if (r == 0)
		r = minisign_signature_parse(text, size, file, problems, ret_signature);
	if (r < 0)
		return r;
	r = minisign_verify(key, ret_signature, hash);
	if (r == 0)
		return 0;
	report_bad(r, key, ret_signature, file, problems);
	return r == -ENOMEM ? r : -EBADMSG;
}

int signed_list_verify(const struct signed_list *list, const struct minisign_key *key, int copy_fd,
		       struct problems *problems, struct list_signature *ret_facts,
		       struct minisign_signature *ret_signature)
{
	_cleanup_free_ char *file = format_string("%s" MINISIGN_SUFFIX, list->path);
	struct list_signature facts = { .present = true };
	uint8_t hash[MINISIGN_PREHASH_SIZE];
	int r = file ? prehash(list, copy_fd, problems, hash) : -ENOMEM;

	if (r == 0)
		r = verify(list, file, key, hash, problems, ret_signature);
	if (r == 0)
		r = check_name(list, file, ret_signature->comment, problems);
	if (r == 0)
		r = signed_list_number(ret_signature->comment, file, problems, &facts.number);
	if (r < 0)
		return r;
	memcpy(facts.key_id, ret_signature->key_id, sizeof(facts.key_id));
	memcpy(facts.contents, hash, sizeof(facts.contents));
	*ret_facts = facts;
	return 0;
}

/* A file in memory, which no program can be made of. Returns it, or a negative errno. */
static int new_copy(void)
{
	int fd = memfd_create("interdict-list", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("interdict-list", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static int seal_copy(int fd)
{
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return 0;
}

/* Opens LIST.minisig; says that the list is unsigned if it is not there. */
static int open_signature(const struct minisign_key *key, const char *path,
			  const struct secure_origin *origin, struct problems *problems,
			  int *ret_fd)
{
	_cleanup_free_ char *file = format_string("%s" MINISIGN_SUFFIX, path);
	char id[MINISIGN_ID_TEXT_SIZE];

	if (!file)
		return -ENOMEM;
	if (faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT) {
		minisign_format_id(key->id, id);
		problems_add(problems, PROBLEM_ERROR, path, 0,
			     "unsigned: expected a signature by key %s in a file with " MINISIGN_SUFFIX
			     " behind its name",
			     id);
		return -ENOENT;
	}
	return secure_open_file(file, origin, problems, ret_fd);
}

int signed_list_open(const struct minisign_key *key, const char *path, int fd,
		     const struct secure_origin *origin, struct problems *problems,
		     struct list_signature *ret_facts, int *ret_fd)
{
	_cleanup_close_ int copy = -EBADF, signature_fd = -EBADF;
	struct minisign_signature signature;
	struct signed_list list = { .path = path, .fd = fd };
	int r;

	r = open_signature(key, path, origin, problems, &signature_fd);
	if (r < 0)
		return r;
	copy = r = new_copy();
	if (r >= 0) {
		list.signature_fd = signature_fd;
		r = signed_list_verify(&list, key, copy, problems, ret_facts, &signature);
		if (r < 0)
			return r;
		r = seal_copy(copy);
	}
	if (r < 0) {
		problems_add(problems, PROBLEM_ERROR, path, 0, "cannot be copied to memory: %s",
			     strerror(-r));
		return r;
	}
	*ret_fd = TAKE_FD(copy);
	return 0;
}
