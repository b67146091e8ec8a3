/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "output_syslog.h"
#include "util.h"

#define LATER       UINT64_MAX
#define MESSAGE_MAX 65536

static char directory[] = "/tmp/interdict-test-XXXXXX";
static char path[64];

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/log", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static int remove_socket(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* The log daemon: a datagram socket at the path. */
static int listen_log(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Returns the message, which the caller frees, or NULL if there is none. */
static char *receive(int fd)
{
	char *message = malloc(MESSAGE_MAX);
	ssize_t n;

	assert_non_null(message);
	n = recv(fd, message, MESSAGE_MAX - 1, 0);
	if (n < 0) {
		free(message);
		return NULL;
	}
	message[n] = '\0';
	assert_int_equal(strlen(message), n);
	return message;
}

static struct output *open_log(int facility)
{
	struct output *output = NULL;

	assert_int_equal(output_syslog_new(facility, "interdict", path, &output), 0);
	return output;
}

static int send_alert(struct output *output, uint64_t sequence)
{
	struct alert alert = sample_alert();
	int r;

	alert.sequence = sequence;
	r = output_alert(output, &sample_context, &alert);
	alert_release(&alert);
	return r;
}

/* The line behind the header, which is checked against what syslog(3) would have sent. */
static const char *check_header(const char *message, int priority)
{
	char header[128];
	size_t length;

	snprintf(header, sizeof(header), "<%d>Nov 21 02:12:45 interdict[%d]: ", priority, getpid());
	length = strlen(header);
	if (strncmp(message, header, length) != 0)
		fail_msg("not \"%s\": %s", header, message);
	return message + length;
}

static void assert_received(int fd, uint64_t sequence)
{
	char *message = receive(fd);
	char number[24];

	assert_non_null(message);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)sequence);
	assert_text(check_header(message, LOG_AUTHPRIV | LOG_ALERT), 2, "seq", number);
	free(message);
}

static void assert_nothing_received(int fd)
{
	assert_null(receive(fd));
}

static void severity_of_each_decision(void **state)
{
	static const struct {
		uint8_t decision;
		int severity;
		const char *begin;
	} cases[] = {
		{ DECISION_DENY, LOG_ALERT, "deny exec level=alert path=/opt/acme/bin/scan " },
		{ DECISION_AUDIT, LOG_WARNING, "audit exec level=warning " },
		{ DECISION_GRACE, LOG_NOTICE, "grace exec level=notice " },
		{ DECISION_ALLOW, LOG_INFO, "allow exec level=info " },
		{ DECISION_EXEMPT, LOG_INFO, "exempt exec level=info " },
	};
	int fd = listen_log();
	struct output *output = open_log(LOG_AUTHPRIV);
	struct alert alert = sample_alert();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *message;
		const char *line;

		alert.event.decision = cases[i].decision;
		assert_int_equal(output_alert(output, &sample_context, &alert), 0);
		message = receive(fd);
		assert_non_null(message);
		line = check_header(message, LOG_AUTHPRIV | cases[i].severity);
		assert_ptr_equal(strstr(line, cases[i].begin), line);
		assert_null(strchr(message, '\n'));
		free(message);
	}
	alert_release(&alert);
	output_free(output);
	close(fd);
}

static void severity_of_health(void **state)
{
	int fd = listen_log();
	struct output *output = open_log(LOG_LOCAL3);
	struct health health = sample_health();
	char *message;

	(void)state;
	assert_int_equal(output_health(output, &health), 0);
	message = receive(fd);
	assert_non_null(strstr(check_header(message, LOG_LOCAL3 | LOG_INFO), "health start "));
	free(message);
	health.level = HEALTH_CRIT;
	health.action = "coverage";
	assert_int_equal(output_health(output, &health), 0);
	message = receive(fd);
	assert_non_null(strstr(check_header(message, LOG_LOCAL3 | LOG_CRIT), "health coverage "));
	free(message);
	output_free(output);
	close(fd);
}

static void day_of_one_digit(void **state)
{
	int fd = listen_log();
	struct output *output = open_log(LOG_USER);
	struct alert alert = sample_alert();
	char *message;

	(void)state;
	alert.time = 1767322805ULL * 1000000000U; /* 2026-01-02T03:00:05Z */
	assert_int_equal(output_alert(output, &sample_context, &alert), 0);
	message = receive(fd);
	assert_non_null(strstr(message, ">Jan  2 03:00:05 interdict["));
	free(message);
	alert_release(&alert);
	output_free(output);
	close(fd);
}

static void missing_socket(void **state)
{
	struct output *output = open_log(LOG_AUTHPRIV);
	int fd;

	(void)state;
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(send_alert(output, i), 0);
	assert_int_equal(output_get_stats(output).waiting, 5);
	assert_int_equal(output_get_stats(output).refused, 1);
	assert_int_equal(output_get_stats(output).error, -ENOENT);
	assert_true(output_next(output) <= clock_boottime() + 1000000000U);
	fd = listen_log();
	output_poll(output, LATER);
	assert_int_equal(output_get_stats(output).written, 5);
	assert_int_equal(output_get_stats(output).error, 0);
	assert_int_equal(output_next(output), UINT64_MAX);
	for (uint64_t i = 0; i < 5; i++)
		assert_received(fd, i);
	output_free(output);
	close(fd);
}

/* The log daemon restarts: the next message finds the new one at once. */
static void restarted_log_daemon(void **state)
{
	struct output *output = open_log(LOG_AUTHPRIV);
	int fd = listen_log();

	(void)state;
	assert_int_equal(send_alert(output, 1), 0);
	assert_received(fd, 1);
	close(fd);
	fd = listen_log();
	assert_int_equal(send_alert(output, 2), 0);
	assert_received(fd, 2);
	assert_int_equal(output_get_stats(output).refused, 0);
	/* Stopped for longer: refused, kept, and delivered in order. */
	close(fd);
	assert_int_equal(send_alert(output, 3), 0);
	assert_int_equal(send_alert(output, 4), 0);
	assert_int_equal(output_get_stats(output).waiting, 2);
	assert_int_equal(output_get_stats(output).error, -ECONNREFUSED);
	fd = listen_log();
	output_poll(output, LATER);
	assert_received(fd, 3);
	assert_received(fd, 4);
	assert_nothing_received(fd);
	output_free(output);
	close(fd);
}

/* Nobody reads: the socket fills, then the queue; nothing blocks, all is counted. */
static void full_socket(void **state)
{
	struct output *output = open_log(LOG_AUTHPRIV);
	int fd = listen_log();
	uint64_t received = 0, given = 3000, kept;
	struct output_stats stats;

	(void)state;
	output_set_queue(output, 256 * 1024);
	for (uint64_t i = 0; i < given; i++)
		send_alert(output, i);
	stats = output_get_stats(output);
	assert_int_equal(stats.error, -EAGAIN);
	assert_true(stats.written > 0 && stats.waiting > 0 && stats.lost > 0);
	assert_int_equal(stats.given, given);
	assert_int_equal(stats.written + stats.waiting + stats.lost, given);
	/* Each of them stands for seven alerts. */
	assert_int_equal(stats.alerts.given, 7 * given);
	assert_int_equal(stats.alerts.written, stats.written);
	assert_int_equal(stats.alerts.repeated, 6 * stats.written);
	assert_int_equal(stats.alerts.waiting, 7 * stats.waiting);
	assert_int_equal(stats.alerts.lost, 7 * stats.lost);
	assert_true(output_next(output) < clock_boottime() + 100000000U);
	kept = stats.written + stats.waiting;
	while (received < kept) {
		uint64_t before = received;

		for (char *message; (message = receive(fd)); received++) {
			char number[24];

			snprintf(number, sizeof(number), "%llu", (unsigned long long)received);
			assert_text(check_header(message, LOG_AUTHPRIV | LOG_ALERT), 2, "seq",
			            number);
			free(message);
		}
		assert_true(received > before);
		output_poll(output, LATER);
	}
	stats = output_get_stats(output);
	assert_int_equal(stats.written, kept);
	assert_int_equal(stats.waiting, 0);
	assert_int_equal(stats.alerts.waiting, 0);
	assert_int_equal(stats.alerts.written + stats.alerts.repeated + stats.alerts.lost, 7 * given);
	assert_int_equal(stats.error, 0);
	/* And it goes on as if nothing had been. */
	assert_int_equal(send_alert(output, given), 0);
	assert_received(fd, given);
	output_free(output);
	close(fd);
}

/* 4 KiB of quotation marks as path and as argv, and a cwd: cut to what a syslogd takes. */
static void long_message(void **state)
{
	int fd = listen_log();
	struct output *output = open_log(LOG_AUTHPRIV);
	struct alert alert = sample_alert();
	char *longest = malloc(4096), *cwd = malloc(4096), value[MESSAGE_MAX];
	const char *line;
	char *message;
	size_t size;

	(void)state;
	assert_true(longest && cwd);
	memset(longest, '"', 4095);
	longest[4095] = '\0';
	memset(cwd, '\x01', 4095);
	cwd[4095] = '\0';
	free(alert.path);
	free(alert.cwd);
	free(alert.parent_executable);
	alert.path = longest;
	alert.cwd = cwd;
	alert.parent_executable = sample_string(cwd);
	alert.soname = (free(alert.soname), sample_string(cwd));
	assert_int_equal(alert_set_args(&alert, longest, 4096), 0);
	assert_int_equal(output_alert(output, &sample_context, &alert), 0);
	message = receive(fd);
	assert_non_null(message);
	assert_true(strlen(message) <= 8000);
	assert_true(strlen(message) > 4000);
	line = check_header(message, LOG_AUTHPRIV | LOG_ALERT);
	assert_int_equal(text_find(line, 2, "path", value, &size), 1);
	assert_int_equal(size, 1024);
	assert_memory_equal(value, longest, size);
	assert_text(line, 2, "vendor", "acme");
	assert_text(line, 2, "seq", "42");
	assert_int_equal(text_find(line, 2, "cut", value, &size), 1);
	assert_memory_equal(value, "path\0args\0cwd", 13);
	free(message);
	alert_release(&alert);
	output_free(output);
	close(fd);
}

/* The socket that the output has connected to the log daemon. */
static int find_connection(void)
{
	for (int fd = 3; fd < 100; fd++) {
		struct sockaddr_un peer = { 0 };
		socklen_t size = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
		    strcmp(peer.sun_path, path) == 0)
			return fd;
	}
	fail_msg("no connection");
	return -1;
}

/* A datagram that is too big for the socket is cut between fields. */
static void small_socket(void **state)
{
	int fd = listen_log(), smallest = 1;
	struct output *output = open_log(LOG_AUTHPRIV);
	struct alert alert = sample_alert();
	char args[4096];
	const char *line;
	char *message;

	(void)state;
	assert_int_equal(send_alert(output, 1), 0);
	assert_received(fd, 1);
	assert_int_equal(
	        setsockopt(find_connection(), SOL_SOCKET, SO_SNDBUF, &smallest, sizeof(smallest)),
	        0);
	memset(args, ' ', sizeof(args));
	free(alert.user);
	free(alert.parent_executable);
	free(alert.cwd);
	args[sizeof(args) - 1] = '\0';
	alert.user = sample_string(args);
	alert.parent_executable = sample_string(args);
	alert.cwd = sample_string(args);
	assert_int_equal(alert_set_args(&alert, args, sizeof(args)), 0);
	assert_int_equal(output_alert(output, &sample_context, &alert), 0);
	assert_int_equal(output_get_stats(output).written, 2);
	message = receive(fd);
	assert_non_null(message);
	assert_true(strlen(message) <= 1024);
	line = check_header(message, LOG_AUTHPRIV | LOG_ALERT);
	assert_text(line, 2, "path", "/opt/acme/bin/scan");
	assert_text(line, 2, "comm", "bash");
	free(message);
	alert_release(&alert);
	output_free(output);
	close(fd);
}

static void names_of_facilities(void **state)
{
	int facility = -1;

	(void)state;
	assert_int_equal(syslog_facility_find("authpriv", &facility), 0);
	assert_int_equal(facility, LOG_AUTHPRIV);
	assert_int_equal(syslog_facility_find("local7", &facility), 0);
	assert_int_equal(facility, LOG_LOCAL7);
	assert_int_equal(syslog_facility_find("AUTH", &facility), -EINVAL);
	assert_int_equal(syslog_facility_find("", &facility), -EINVAL);
	assert_int_equal(facility, LOG_LOCAL7);
}

static void bad_arguments(void **state)
{
	char long_path[200], long_ident[100];
	struct output *output = NULL;

	(void)state;
	memset(long_path, 'x', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	memset(long_ident, 'x', sizeof(long_ident));
	long_ident[sizeof(long_ident) - 1] = '\0';
	assert_int_equal(output_syslog_new(LOG_AUTHPRIV, "x", long_path, &output), -EINVAL);
	assert_int_equal(output_syslog_new(LOG_AUTHPRIV, long_ident, path, &output), -EINVAL);
	assert_int_equal(output_syslog_new(LOG_ALERT, "x", path, &output), -EINVAL);
	assert_null(output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(severity_of_each_decision, remove_socket),
		cmocka_unit_test_teardown(severity_of_health, remove_socket),
		cmocka_unit_test_teardown(day_of_one_digit, remove_socket),
		cmocka_unit_test_teardown(missing_socket, remove_socket),
		cmocka_unit_test_teardown(restarted_log_daemon, remove_socket),
		cmocka_unit_test_teardown(full_socket, remove_socket),
		cmocka_unit_test_teardown(long_message, remove_socket),
		cmocka_unit_test_teardown(small_socket, remove_socket),
		cmocka_unit_test(names_of_facilities),
		cmocka_unit_test(bad_arguments),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
