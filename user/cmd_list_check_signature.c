/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `interdict list check-signature`: says what a monitor would say to the signature of
 * a list.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_list.h"
#include "command.h"
#include "escape.h"
#include "log.h"
#include "signed_list.h"
#include "util.h"

#define PROBLEMS_SHOWN 20

const char cmd_list_check_signature_help[] =
	"usage: interdict list check-signature --key PUBLICKEY|FILE FILE...\n"
	"\n"
	"Verifies each list and its FILE.minisig as a monitor does that has this key in\n"
	"[lists] signed-by, and prints key, sequence and trusted comment. Whether the sequence\n"
	"goes back it does not say: that depends on what a monitor had in force.\n"
	"\n"
	"  --key PUBLICKEY|FILE  public key of minisign, or a .pub file that holds one\n"
	"\n"
	"Exit status: 0 all signatures are good, 1 some are bad or missing, 2 usage or system\n"
	"error, whatever was found otherwise.\n";

static int parse(int argc, char **argv, const char **ret_key)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'k')
			return -EINVAL;
		*ret_key = optarg;
	}
	if (!*ret_key) {
		log_error("list check-signature: expected --key, a public key or its file");
		return -EINVAL;
	}
	if (optind == argc) {
		log_error("list check-signature: no file was given; "
			  "see `interdict list check-signature --help`");
		return -EINVAL;
	}
	return 0;
}

static int open_file(const char *path, struct problems *problems, int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), error = errno;

	if (fd < 0) {
		problems_add(problems, PROBLEM_ERROR, path, 0, "cannot be opened: %s",
			     strerror(error));
		return -error;
	}
	*ret_fd = fd;
	return 0;
}

static int load_key(const char *text, struct problems *problems, struct minisign_key *ret_key)
{
	_cleanup_free_ char *contents = NULL;
	_cleanup_close_ int fd = -EBADF;
	size_t size;
	int r;

	if (minisign_key_parse(text, strlen(text), ret_key) == 0)
		return 0;
	r = open_file(text, problems, &fd);
	if (r == 0)
		r = signed_list_read_small(fd, text, problems, &contents, &size);
	return r < 0 ? r : minisign_key_parse_file(contents, size, text, problems, ret_key);
}

static void print_good(const char *path, const struct list_signature *facts,
		       const struct minisign_signature *signature)
{
	_cleanup_free_ char *name = problem_quote(path, strlen(path));
	struct buffer comment = { 0 };
	char id[MINISIGN_ID_TEXT_SIZE];

	minisign_format_id(facts->key_id, id);
	escape_append_value(&comment, signature->comment, strlen(signature->comment), SIZE_MAX);
	buffer_append_char(&comment, '\0');
	printf("%s: good signature\n  %-10s %s\n  %-10s %" PRIu64 "\n  %-10s %s\n",
	       name ? name : "?", "key", id, "sequence", facts->number, "comment",
	       comment.failed ? "?" : comment.data);
	buffer_release(&comment);
}

static void print_verdict(const char *path, const char *verdict)
{
	_cleanup_free_ char *name = problem_quote(path, strlen(path));

	printf("%s: %s\n", name ? name : "?", verdict);
}

static enum exit_status check(const char *path, const struct minisign_key *key,
			      struct problems *problems)
{
	_cleanup_free_ char *file = format_string("%s" MINISIGN_SUFFIX, path);
	_cleanup_close_ int fd = -EBADF, signature_fd = -EBADF;
	struct minisign_signature signature;
	struct list_signature facts;
	struct signed_list list;
	int r;

	if (!file || open_file(path, problems, &fd) < 0)
		return EXIT_TROUBLE;
	if (faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT) {
		print_verdict(path, "unsigned");
		return EXIT_FOUND;
	}
	if (open_file(file, problems, &signature_fd) < 0)
		return EXIT_TROUBLE;
	list = (struct signed_list){ path, fd, signature_fd };
	r = signed_list_verify(&list, key, -EBADF, problems, &facts, &signature);
	if (r == 0)
		print_good(path, &facts, &signature);
	else if (r == -EBADMSG || r == -EINVAL)
		print_verdict(path, "bad signature");
	return r == 0 ? EXIT_FINE : r == -EBADMSG || r == -EINVAL ? EXIT_FOUND : EXIT_TROUBLE;
}

static void problems_freep(struct problems **problems)
{
	problems_free(*problems);
}

int cmd_list_check_signature(int argc, char **argv)
{
	_cleanup_(problems_freep) struct problems *problems = problems_new();
	enum exit_status worst = EXIT_FINE;
	struct minisign_key key;
	const char *text = NULL;
	bool has_key;

	if (!problems || parse(argc, argv, &text) < 0)
		return EXIT_TROUBLE;
	has_key = load_key(text, problems, &key) == 0;
	if (!has_key)
		worst = EXIT_TROUBLE;
	for (int i = optind; i < argc && has_key; i++) {
		enum exit_status status = check(argv[i], &key, problems);

		worst = status > worst ? status : worst;
	}
	problems_print(problems, PROBLEMS_SHOWN);
	return fflush(stdout) != 0 ? EXIT_TROUBLE : (int)worst;
}
