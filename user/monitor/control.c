/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"

#define CLIENTS_PER_DISPATCH 8
#define CLIENT_PATIENCE_MS   50	   /* how long the daemon waits for a client's word */
#define ANSWER_TIMEOUT_S     60	   /* how long a client waits: a reload may hash files */
#define ANSWER_MAX	     (8u << 20)

struct control {
	int fd;
	control_answer answer;
	void *context;
};

static void control_freep(struct control **control)
{
	control_free(*control);
}

int control_lock(void)
{
	_cleanup_close_ int fd = -EBADF;

	if (mkdir(RUN_DIR, 0700) && errno != EEXIST)
		return -errno;
	fd = open(CONTROL_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return -errno;
	return TAKE_FD(fd);
}

static struct sockaddr_un control_address(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	static_assert(sizeof(CONTROL_PATH) <= sizeof(address.sun_path), "path fits");
	memcpy(address.sun_path, CONTROL_PATH, sizeof(CONTROL_PATH));
	return address;
}

int control_listen(control_answer answer, void *context, struct control **ret)
{
	_cleanup_(control_freep) struct control *control = calloc(1, sizeof(*control));
	struct sockaddr_un address = control_address();
	mode_t mask;
	int error;

	if (!control)
		return -ENOMEM;
	control->answer = answer;
	control->context = context;
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->fd < 0)
		return -errno;
	unlink(CONTROL_PATH);
	mask = umask(0177);
	error = bind(control->fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	if (error)
		return error;
	if (listen(control->fd, 16))
		return -errno;
	*ret = TAKE_PTR(control);
	return 0;
}

int control_fd(const struct control *control)
{
	return control->fd;
}

static bool peer_is_root(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

static void serve(struct control *control, int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char request[CONTROL_REQUEST_MAX];
	_cleanup_free_ char *text = NULL;
	json_t *answer;
	ssize_t n;

	if (!peer_is_root(fd) || poll(&ready, 1, CLIENT_PATIENCE_MS) <= 0)
		return;
	n = recv(fd, request, sizeof(request) - 1, MSG_DONTWAIT);
	if (n <= 0)
		return;
	request[n] = '\0';
	request[strcspn(request, "\n")] = '\0';
	answer = control->answer(request, control->context);
	if (!answer)
		answer = json_pack("{s:s}", "error", "unknown request");
	text = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	if (!text)
		return;
	/* A client that does not read loses the rest; the event loop does not wait. */
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void control_dispatch(struct control *control)
{
	for (int i = 0; i < CLIENTS_PER_DISPATCH; i++) {
		_cleanup_close_ int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);
		int size = (int)ANSWER_MAX;

		if (fd < 0)
			return;
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
		serve(control, fd);
	}
}

void control_free(struct control *control)
{
	if (!control)
		return;
	if (control->fd >= 0) {
		close(control->fd);
		unlink(CONTROL_PATH);
	}
	free(control);
}

static int receive_all(int fd, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	size_t used = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (room - used < 2) {
			char *larger;

			if (room >= ANSWER_MAX)
				return -EFBIG;
			room = room ? 2 * room : 65536;
			larger = realloc(text, room);
			if (!larger)
				return -ENOMEM;
			text = larger;
		}
		n = recv(fd, text + used, room - used - 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	text[used] = '\0';
	*ret_text = TAKE_PTR(text);
	return 0;
}

int control_ask(const char *request, json_t **ret_answer)
{
	struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct sockaddr_un address = control_address();
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_free_ char *text = NULL;
	json_t *answer;
	int error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return -errno;
	error = receive_all(fd, &text);
	if (error)
		return error;
	answer = json_loads(text, 0, NULL);
	if (!answer)
		return -EBADMSG;
	*ret_answer = answer;
	return 0;
}
