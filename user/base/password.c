/* SPDX-License-Identifier: BSD-2-Clause */
#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>

#include "cleanup.h"
#include "util.h"

/* What would leave a terminal without echo behind. */
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

int secret_open(const char *file, struct problems *problems, int *ret_fd)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int error = errno;

		problems_add(problems, PROBLEM_ERROR, file, 0, "cannot be opened: %s",
			     strerror(error));
		return -error;
	}
	if (S_ISREG(st.st_mode) && (st.st_mode & 077)) {
		problems_add(problems, PROBLEM_ERROR, file, 0,
			     "others can get at this secret (mode %04o): chmod 600 it; if they may "
			     "have read it, make another",
			     (unsigned int)st.st_mode & 07777);
		return -EPERM;
	}
	if (S_ISREG(st.st_mode) && st.st_uid != 0 && st.st_uid != geteuid()) {
		problems_add(problems, PROBLEM_ERROR, file, 0,
			     "belongs to uid %u; expected a secret of uid %u or of root",
			     (unsigned int)st.st_uid, (unsigned int)geteuid());
		return -EPERM;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Reads up to the end of the first line, and no further than that may be. */
static int read_line(int fd, struct password *password)
{
	char *end = NULL;

	password->size = 0;
	while (!end) {
		size_t room = sizeof(password->text) - password->size;
		ssize_t n = read(fd, password->text + password->size, room);

		if (n < 0 && errno == EINTR && !caught)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		end = memchr(password->text + password->size, '\n', (size_t)n);
		password->size += (size_t)n;
		if (!end && password->size == sizeof(password->text))
			return -E2BIG;
	}
	if (!end && password->size == 0)
		return -ENODATA;
	if (end)
		password->size = (size_t)(end - password->text);
	while (password->size > 0 && password->text[password->size - 1] == '\r')
		password->size--;
	return password->size > PASSWORD_MAX ? -E2BIG : 0;
}

/* Says @text on the terminal; nothing depends on it. */
static void say(int fd, const char *text)
{
	ssize_t written = write(fd, text, strlen(text));

	(void)written;
}

/* Reads it with the echo off, which is put on again whatever comes. */
static int read_silently(int fd, const char *prompt, struct password *password)
{
	struct sigaction action = { .sa_handler = on_signal }, before[ARRAY_SIZE(signals)];
	struct termios shown, silent;
	int r;

	if (tcgetattr(fd, &shown) < 0)
		return -errno;
	caught = 0;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, &before[i]);
	silent = shown;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(fd, TCSAFLUSH, &silent) < 0) {
		r = -errno;
	} else {
		say(fd, prompt);
		r = read_line(fd, password);
		tcsetattr(fd, TCSAFLUSH, &shown);
		say(fd, "\n");
	}
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &before[i], NULL);
	if (caught)
		raise(caught);
	return caught ? -EINTR : r;
}

static int report(const char *file, int error, struct problems *problems)
{
	if (error == -E2BIG)
		problems_add(problems, PROBLEM_ERROR, file, 0,
			     "expected a password of at most %u bytes", PASSWORD_MAX);
	else if (error == -ENODATA)
		problems_add(problems, PROBLEM_ERROR, file, 0, "expected a password in a line");
	else if (error < 0 && error != -EINTR)
		problems_add(problems, PROBLEM_ERROR, file, 0, "no password could be read: %s",
			     strerror(-error));
	return error;
}

int password_read(const char *file, const char *prompt, struct problems *problems,
		  struct password *ret_password)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (file) {
		r = secret_open(file, problems, &fd);
		return r < 0 ? r : report(file, read_line(fd, ret_password), problems);
	}
	if (!isatty(STDIN_FILENO))
		return report("standard input", read_line(STDIN_FILENO, ret_password), problems);
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return report("/dev/tty", -errno, problems);
	return report("/dev/tty", read_silently(fd, prompt, ret_password), problems);
}

void password_release(struct password *password)
{
	OPENSSL_cleanse(password, sizeof(*password));
}
