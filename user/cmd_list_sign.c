/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `interdict list sign`: signs lists, so that a monitor takes them from this key's
 * holder only, and in one direction: forward.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#include "atomic_file.h"
#include "cleanup.h"
#include "cmd_list.h"
#include "command.h"
#include "log.h"
#include "minisign_secret.h"
#include "password.h"
#include "signed_list.h"
#include "util.h"

#define PROBLEMS_SHOWN 20
#define UNTRUSTED      "signature from interdict list sign"

const char cmd_list_sign_help[] =
	"usage: interdict list sign --key SECRETKEY [OPTION...] FILE...\n"
	"\n"
	"Signs each list: writes FILE.minisig beside it, in minisign's format, for\n"
	"[lists] signed-by of a vendor file. `minisign -G` makes the pair of keys, and\n"
	"`minisign -V` verifies what is written here.\n"
	"\n"
	"  --key SECRETKEY       file of the secret key; nobody but its owner may read it\n"
	"  --sequence N          which of two lists is the newer one; not lower than that of\n"
	"                        the FILE.minisig that is there. Without: the time in seconds\n"
	"                        since 1970, or one more than there if that is higher\n"
	"  --comment TEXT        a line for people, which is signed too\n"
	"  --password-file FILE  first line: the password of the key. Without: asked for on the\n"
	"                        terminal, or read from standard input if that is none\n"
	"\n"
	"A signature is good for a list of this name only. A monitor refuses a sequence that\n"
	"is lower than one it had in force, and the same one with other contents.\n"
	"\n"
	"Exit status: 0 all were signed, 2 some were not.\n";

struct arguments {
	const char *key, *comment, *password_file;
	bool has_sequence;
	uint64_t sequence;
};

static int parse_option(int option, struct arguments *arguments)
{
	switch (option) {
	case 'k':
		arguments->key = optarg;
		return 0;
	case 'c':
		arguments->comment = optarg;
		return 0;
	case 'p':
		arguments->password_file = optarg;
		return 0;
	case 's':
		arguments->has_sequence = true;
		if (parse_u64(optarg, INT64_MAX, &arguments->sequence) == 0)
			return 0;
		log_error("list sign: --sequence is a number from 0 to %" PRIi64, INT64_MAX);
		return -EINVAL;
	}
	return -EINVAL;
}

/* A comment is part of one line of fields with tabs between them. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static int parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "sequence", required_argument, NULL, 's' },
		{ "comment", required_argument, NULL, 'c' },
		{ "password-file", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (parse_option(option, arguments) < 0)
			return -EINVAL;
	if (!arguments->key) {
		log_error("list sign: expected --key SECRETKEY; `minisign -G` makes one");
		return -EINVAL;
	}
	if (arguments->comment && !is_plain(arguments->comment)) {
		log_error("list sign: --comment is one line without control characters");
		return -EINVAL;
	}
	if (optind == argc) {
		log_error("list sign: no file was given; see `interdict list sign --help`");
		return -EINVAL;
	}
	return 0;
}

static int read_box(const char *path, struct problems *problems, struct minisign_box *ret_box)
{
	_cleanup_close_ int fd = -EBADF;
	char *text = NULL;
	size_t size = 0;
	int r;

	r = secret_open(path, problems, &fd);
	if (r == 0)
		r = signed_list_read_small(fd, path, problems, &text, &size);
	if (r == 0)
		r = minisign_box_parse(text, size, path, problems, ret_box);
	if (text)
		explicit_bzero(text, size);
	free(text);
	return r;
}

static int open_box(const struct minisign_box *box, const struct arguments *arguments,
		    struct problems *problems, struct minisign_secret *ret_secret)
{
	_cleanup_(password_release) struct password password = { .size = 0 };
	int r = 0;

	if (minisign_box_is_encrypted(box))
		r = password_read(arguments->password_file, "Password of the secret key: ",
				  problems, &password);
	if (r < 0)
		return r;
	r = minisign_box_open(box, password.text, password.size, ret_secret);
	if (r == -EKEYREJECTED)
		problems_add(problems, PROBLEM_ERROR, arguments->key, 0,
			     minisign_box_is_encrypted(box) ? "wrong password, or damaged" :
							      "damaged: its parts do not agree");
	else if (r == -E2BIG)
		problems_add(problems, PROBLEM_ERROR, arguments->key, 0,
			     "expected a key that takes at most 2 GiB to decrypt");
	else if (r < 0)
		problems_add(problems, PROBLEM_ERROR, arguments->key, 0,
			     "cannot be decrypted, which takes up to 1 GiB of memory: %s",
			     strerror(-r));
	return r;
}

static int load_secret(const struct arguments *arguments, struct problems *problems,
		       struct minisign_secret *ret_secret)
{
	_cleanup_(minisign_box_release) struct minisign_box box = { 0 };
	int r = read_box(arguments->key, problems, &box);

	return r < 0 ? r : open_box(&box, arguments, problems, ret_secret);
}

/* Lowest sequence that is good after the signature that is there. One by another key says nothing. */
static int lowest_sequence(const char *path, const struct minisign_key *key,
			   struct problems *problems, uint64_t *ret_sequence)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct minisign_signature signature;
	size_t size;
	int r = fd < 0 ? -errno : 0;

	*ret_sequence = 0;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		problems_add(problems, PROBLEM_ERROR, path, 0, "cannot be opened: %s",
			     strerror(-r));
	else
		r = signed_list_read_small(fd, path, problems, &text, &size);
	if (r == 0)
		r = minisign_signature_parse(text, size, path, problems, &signature);
	if (r < 0)
		return r;
	if (minisign_verify_comment(key, &signature) < 0) {
		problems_add(problems, PROBLEM_WARNING, path, 0,
			     "not signed by this key: its sequence does not count");
		return 0;
	}
	return signed_list_number(signature.comment, path, problems, ret_sequence);
}

/* Decides about the sequence; monitors may have the signature that is there in force. */
static int choose_sequence(const struct arguments *arguments, const char *path,
			   const struct minisign_key *key, uint64_t now,
			   struct problems *problems, uint64_t *ret_sequence)
{
	uint64_t before;
	int r = lowest_sequence(path, key, problems, &before);

	if (r < 0) {
		problems_add(problems, PROBLEM_ERROR, path, 0,
			     "so its sequence is not known; remove it to begin anew");
		return r;
	}
	if (arguments->has_sequence && arguments->sequence < before) {
		problems_add(problems, PROBLEM_ERROR, path, 0,
			     "has the sequence %" PRIu64 " already: expected one that is not lower",
			     before);
		return -EINVAL;
	}
	if (before == INT64_MAX && !arguments->has_sequence) {
		problems_add(problems, PROBLEM_ERROR, path, 0,
			     "has the highest sequence there is: make another key");
		return -EOVERFLOW;
	}
	*ret_sequence = arguments->has_sequence ? arguments->sequence :
			before >= now		? before + 1 :
						  now;
	return 0;
}

/* Digest of the list, which has to be a regular file with a name that fits in a comment. */
static int hash_list(const char *path, struct problems *problems,
		     uint8_t ret_hash[MINISIGN_PREHASH_SIZE])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

	if (r == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r == 0)
		r = minisign_prehash(fd, -EBADF, SIGNED_LIST_MAX, ret_hash);
	if (r == -EFBIG)
		problems_add(problems, PROBLEM_ERROR, path, 0,
			     "expected at most %u bytes: compress it, or divide it",
			     SIGNED_LIST_MAX);
	else if (r < 0)
		problems_add(problems, PROBLEM_ERROR, path, 0, "cannot be read: %s",
			     r == -EINVAL ? "no regular file" : strerror(-r));
	return r;
}

static char *make_comment(const struct arguments *arguments, const char *name, uint64_t sequence,
			  uint64_t now)
{
	const char *comment = arguments->comment ? arguments->comment : "";

	return format_string("sequence:%" PRIu64 "\ttimestamp:%" PRIu64 "\tfile:%s\thashed%s%s",
			     sequence, now, name, *comment ? "\tcomment:" : "", comment);
}

static int write_signature(const char *path, const struct minisign_signature *signature)
{
	_cleanup_(atomic_file_release) struct atomic_file file = { 0 };
	struct buffer buffer = { 0 };
	int r = atomic_file_begin(path, 0644, &file);

	minisign_signature_format(signature, UNTRUSTED, &buffer);
	if (r == 0 && buffer.failed)
		r = -ENOMEM;
	if (r == 0) {
		fwrite(buffer.data, 1, buffer.size, file.stream);
		r = atomic_file_commit(&file);
	}
	buffer_release(&buffer);
	return r;
}

/* Signs one list. The reason of a failure is in the problems. */
static int sign_list(const struct arguments *arguments, const char *path,
		     const struct minisign_secret *secret, struct problems *problems)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_free_ char *file = format_string("%s" MINISIGN_SUFFIX, path);
	_cleanup_free_ char *comment = NULL, *quoted = NULL;
	uint8_t hash[MINISIGN_PREHASH_SIZE];
	struct minisign_signature signature;
	uint64_t now = (uint64_t)time(NULL), sequence = 0;
	int r;

	if (!is_plain(name)) {
		problems_add(problems, PROBLEM_ERROR, path, 0,
			     "expected a name without control characters: it is signed too");
		return -EINVAL;
	}
	r = file ? hash_list(path, problems, hash) : -ENOMEM;
	if (r == 0)
		r = choose_sequence(arguments, file, &secret->public_key, now, problems, &sequence);
	if (r < 0)
		return r;
	comment = make_comment(arguments, name, sequence, now);
	r = comment ? minisign_sign(secret, hash, comment, &signature) : -ENOMEM;
	if (r == 0)
		r = write_signature(file, &signature);
	if (r < 0) {
		problems_add(problems, PROBLEM_ERROR, file, 0, "cannot be written: %s",
			     r == -EINVAL ? "the comment is too long, or no file may be here" :
					    strerror(-r));
		return r;
	}
	quoted = problem_quote(file, strlen(file));
	printf("%s: sequence %" PRIu64 "\n", quoted ? quoted : "?", sequence);
	return 0;
}

static void problems_freep(struct problems **problems)
{
	problems_free(*problems);
}

int cmd_list_sign(int argc, char **argv)
{
	_cleanup_(minisign_secret_release) struct minisign_secret secret = { 0 };
	_cleanup_(problems_freep) struct problems *problems = problems_new();
	struct arguments arguments = { 0 };
	bool failed, has_key;

	if (!problems || parse(argc, argv, &arguments) < 0)
		return EXIT_TROUBLE;
	/* No core dump and no debugger sees the key. */
	prctl(PR_SET_DUMPABLE, 0);
	has_key = load_secret(&arguments, problems, &secret) == 0;
	failed = !has_key;
	for (int i = optind; i < argc && has_key; i++)
		failed |= sign_list(&arguments, argv[i], &secret, problems) < 0;
	problems_print(problems, PROBLEMS_SHOWN);
	if (fflush(stdout) != 0)
		failed = true;
	return failed ? EXIT_TROUBLE : EXIT_FINE;
}
