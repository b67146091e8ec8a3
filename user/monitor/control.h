/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's control socket: one request a connection (a word), one JSON
 * document back. Root only, by the directory, the socket's mode and the peer's
 * credentials.
 */
#ifndef INTERDICT_CONTROL_H
#define INTERDICT_CONTROL_H

#include <jansson.h>

#define RUN_DIR		"/run/interdict"
#define CONTROL_PATH	RUN_DIR "/control.sock"
#define CONTROL_LOCK	RUN_DIR "/lock"
#define CONTROL_REQUEST_MAX 64 /* bytes */

struct control;

/* Answers @request; the returned object is the caller's, NULL: unknown request. */
typedef json_t *(*control_answer)(const char *request, void *context);

/*
 * Makes RUN_DIR and takes the lock that keeps a second daemon out. Returns the
 * descriptor that holds it, -EWOULDBLOCK if another daemon does, or a negative
 * errno.
 */
int control_lock(void);

/* Listens. The lock must be held, so a socket that is there already is a leftover. */
int control_listen(control_answer answer, void *context, struct control **ret);

/* For epoll: readable when a client waits. */
int control_fd(const struct control *control);

/*
 * Serves the clients that wait. One that does not send at once is dropped; one that reads
 * slowly gets the rest of its answer by and by.
 */
void control_dispatch(struct control *control);

/* Closes and removes the socket. Accepts NULL. */
void control_free(struct control *control);

/*
 * Client side: sends @request to the running daemon and returns its answer, which
 * the caller frees. Returns 0, -ENOENT or -ECONNREFUSED if no daemon runs,
 * -EACCES, -EBADMSG for an answer that is not JSON, -ETIMEDOUT.
 */
int control_ask(const char *request, json_t **ret_answer);

#endif
