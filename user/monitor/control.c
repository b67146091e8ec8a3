/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "secure_file.h"
#include "util.h"

#define CLIENTS_PER_DISPATCH 8
#define ANSWERS_MAX	     8	   /* clients that are still being written to */
#define CLIENT_PATIENCE_MS   50	   /* how long the daemon waits for a client's word */
#define ANSWER_TIMEOUT_S     60	   /* how long a client waits: a reload may hash files */
#define ANSWER_MAX	     (8u << 20)

/* What did not fit into the buffer of a client's socket at once. */
struct answer {
	int fd; /* -EBADF: the slot is free */
	char *text;
	size_t size, sent;
};

struct control {
	int fd;
	int epoll_fd; /* of the above and of the clients in answers[] */
	struct answer answers[ANSWERS_MAX];
	size_t next; /* slot to be taken next, whoever is in it */
	control_answer answer;
	void *context;
};

static void control_freep(struct control **control)
{
	control_free(*control);
}

/* Its socket and its lock are for root only; what is in it may be listed by its group. */
static int make_run_directory(void)
{
	struct problems *problems = problems_new();
	int r;

	if (!problems)
		return -ENOMEM;
	r = secure_make_directory(RUN_DIR, 0750, problems);
	problems_print(problems, 1);
	problems_free(problems);
	return r;
}

int control_lock(void)
{
	_cleanup_close_ int fd = -EBADF;
	int r = make_run_directory();

	if (r < 0)
		return r;
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
	struct epoll_event readable = { .events = EPOLLIN, .data.ptr = NULL };
	struct sockaddr_un address = control_address();
	mode_t mask;
	int error;

	if (!control)
		return -ENOMEM;
	control->answer = answer;
	control->context = context;
	for (size_t i = 0; i < ANSWERS_MAX; i++)
		control->answers[i].fd = -EBADF;
	control->fd = -EBADF;
	control->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (control->epoll_fd < 0)
		return -errno;
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->fd < 0)
		return -errno;
	unlink(CONTROL_PATH);
	mask = umask(0177);
	error = bind(control->fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	if (error)
		return error;
	if (listen(control->fd, 16) ||
	    epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, control->fd, &readable))
		return -errno;
	*ret = TAKE_PTR(control);
	return 0;
}

int control_fd(const struct control *control)
{
	return control->epoll_fd;
}

static bool peer_is_root(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

static void answer_end(struct answer *answer)
{
	free(answer->text);
	cleanup_close(&answer->fd);
	*answer = (struct answer){ .fd = -EBADF };
}

/* Writes what the client takes now; true if all is written or it takes no more. */
static bool answer_write(struct answer *answer)
{
	ssize_t n = send(answer->fd, answer->text + answer->sent, answer->size - answer->sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		answer->sent += (size_t)n;
	return (n < 0 && errno != EAGAIN) || answer->sent == answer->size;
}

/*
 * The event loop waits for nobody: what does not fit is written when there is room. Takes
 * over @text and @fd. When all slots are taken, whoever is slow the longest loses the rest.
 */
static void answer_begin(struct control *control, char *text, int fd)
{
	struct epoll_event writable = { .events = EPOLLOUT };
	struct answer *slot = &control->answers[control->next];
	struct answer answer = { .fd = fd, .text = text, .size = strlen(text) };

	writable.data.ptr = slot;
	if (answer_write(&answer) ||
	    epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, fd, &writable)) {
		answer_end(&answer);
		return;
	}
	answer_end(slot);
	*slot = answer;
	control->next = (control->next + 1) % ANSWERS_MAX;
}

/* Returns true if @fd was taken over. */
static bool serve(struct control *control, int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char request[CONTROL_REQUEST_MAX];
	json_t *answer;
	char *text;
	ssize_t n;

	if (!peer_is_root(fd) || poll(&ready, 1, CLIENT_PATIENCE_MS) <= 0)
		return false;
	n = recv(fd, request, sizeof(request) - 1, MSG_DONTWAIT);
	if (n <= 0)
		return false;
	request[n] = '\0';
	request[strcspn(request, "\n")] = '\0';
	answer = control->answer(request, control->context);
	if (!answer)
		answer = json_pack("{s:s}", "error", "unknown request");
	text = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	if (!text)
		return false;
	answer_begin(control, text, fd);
	return true;
}

static void accept_clients(struct control *control)
{
	for (int i = 0; i < CLIENTS_PER_DISPATCH; i++) {
		_cleanup_close_ int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if (serve(control, fd))
			TAKE_FD(fd);
	}
}

void control_dispatch(struct control *control)
{
	struct epoll_event events[ANSWERS_MAX + 1];
	int count = epoll_wait(control->epoll_fd, events, ARRAY_SIZE(events), 0);
	bool clients = false;

	for (int i = 0; i < count; i++) {
		struct answer *answer = events[i].data.ptr;

		if (!answer)
			clients = true;
		else if (answer->fd >= 0 && answer_write(answer))
			answer_end(answer);
	}
	/* Last: a new one may take the slot of one of these. */
	if (clients)
		accept_clients(control);
}

void control_free(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < ANSWERS_MAX; i++)
		answer_end(&control->answers[i]);
	if (control->fd >= 0) {
		close(control->fd);
		unlink(CONTROL_PATH);
	}
	if (control->epoll_fd >= 0)
		close(control->epoll_fd);
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
