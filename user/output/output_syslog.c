/* SPDX-License-Identifier: BSD-2-Clause */
#include "output_syslog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "output_sink.h"
#include "util.h"

/* Bytes of a message, below the 8,192 that rsyslogd takes unless configured. */
#define SYSLOG_MESSAGE_MAX 8000U
#define SYSLOG_VALUE_MAX   2048U
/* Where even that is refused: what RFC 3164 guarantees. */
#define SYSLOG_MESSAGE_MIN 1024U
#define SYSLOG_IDENT_MAX   64U

struct output_syslog {
	struct output base;
	int facility;
	int fd; /* connected, or negative */
	struct sockaddr_un address;
	char ident[SYSLOG_IDENT_MAX];
};

static const struct {
	const char *name;
	int facility;
} facilities[] = {
	{ "auth", LOG_AUTH },     { "authpriv", LOG_AUTHPRIV }, { "cron", LOG_CRON },
	{ "daemon", LOG_DAEMON }, { "ftp", LOG_FTP },           { "kern", LOG_KERN },
	{ "lpr", LOG_LPR },       { "mail", LOG_MAIL },         { "news", LOG_NEWS },
	{ "syslog", LOG_SYSLOG }, { "user", LOG_USER },         { "uucp", LOG_UUCP },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },     { "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 }, { "local4", LOG_LOCAL4 },     { "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

int syslog_facility_find(const char *name, int *ret_facility)
{
	for (size_t i = 0; i < ARRAY_SIZE(facilities); i++) {
		if (streq(facilities[i].name, name)) {
			*ret_facility = facilities[i].facility;
			return 0;
		}
	}
	return -EINVAL;
}

/* The header of RFC 3164 without its host name, which syslog(3) leaves out too. */
static void append_header(struct buffer *buffer, const struct output_syslog *log,
                          const struct record *record)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(record->time / 1000000000U);
	char text[SYSLOG_IDENT_MAX + 64];
	struct tm local;
	int n;

	localtime_r(&seconds, &local);
	n = snprintf(text, sizeof(text),
	             "<%d>%.3s %2d %02d:%02d:%02d %s[%d]: ", log->facility | record->severity,
	             months + 3 * local.tm_mon, local.tm_mday, local.tm_hour, local.tm_min,
	             local.tm_sec, log->ident, getpid());
	buffer_append(buffer, text, (size_t)n);
}

static int syslog_format(struct output *output, const struct record *record, struct buffer *buffer)
{
	struct text_limit limit = { SYSLOG_VALUE_MAX, SYSLOG_MESSAGE_MAX };

	append_header(buffer, (const struct output_syslog *)output, record);
	limit.line -= buffer->size;
	return text_append(buffer, record, false, limit);
}

static void syslog_disconnect(struct output_syslog *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -EBADF;
}

static int syslog_connect(struct output_syslog *log)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&log->address, sizeof(log->address)) < 0)
		return -errno;
	log->fd = TAKE_FD(fd);
	return 0;
}

static int syslog_send_once(const struct output_syslog *log, const char *bytes, size_t size)
{
	ssize_t n;

	do
		n = send(log->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* True if the log daemon at the other end is gone, so that connecting anew may help. */
static bool peer_is_gone(int error)
{
	return error == -ECONNREFUSED || error == -ECONNRESET || error == -ENOTCONN ||
	       error == -EPIPE || error == -EDESTADDRREQ;
}

/* Longest part of at most @max bytes that ends between two fields, never inside quotes. */
static size_t cut_between_fields(const char *bytes, size_t size, size_t max)
{
	bool quoted = false;
	size_t end = 0;

	for (size_t i = 0; i < size && i < max; i++) {
		if (bytes[i] == '\\' && quoted)
			i++;
		else if (bytes[i] == '"')
			quoted = !quoted;
		else if (bytes[i] == ' ' && !quoted)
			end = i;
	}
	return end;
}

static int syslog_send(struct output *output, const char *bytes, size_t size)
{
	struct output_syslog *log = (struct output_syslog *)output;
	int r = 0;

	for (int attempt = 0; attempt < 2; attempt++) {
		if (log->fd < 0)
			r = syslog_connect(log);
		if (log->fd < 0)
			return r;
		r = syslog_send_once(log, bytes, size);
		if (!peer_is_gone(r))
			break;
		syslog_disconnect(log);
	}
	if (r == -EMSGSIZE && size > SYSLOG_MESSAGE_MIN)
		r = syslog_send_once(log, bytes,
		                     cut_between_fields(bytes, size, SYSLOG_MESSAGE_MIN));
	return r == -ENOBUFS || r == -ENOMEM ? -EAGAIN : r;
}

static void syslog_free(struct output *output)
{
	struct output_syslog *log = (struct output_syslog *)output;

	syslog_disconnect(log);
	free(log);
}

static const struct output_ops syslog_ops = {
	.format = syslog_format,
	.send = syslog_send,
	.free = syslog_free,
};

int output_syslog_new(int facility, const char *ident, const char *path, struct output **ret_output)
{
	struct output_syslog *log;

	if (facility & ~LOG_FACMASK || strlen(ident) >= SYSLOG_IDENT_MAX ||
	    strlen(path) >= sizeof(log->address.sun_path))
		return -EINVAL;
	log = calloc(1, sizeof(*log));
	if (!log)
		return -ENOMEM;
	output_init(&log->base, &syslog_ops);
	log->facility = facility;
	log->fd = -EBADF;
	strcpy(log->ident, ident);
	log->address.sun_family = AF_UNIX;
	strcpy(log->address.sun_path, path);
	*ret_output = &log->base;
	return 0;
}
