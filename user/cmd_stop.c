/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <jansson.h>

#include "cleanup.h"
#include "command.h"
#include "control.h"
#include "log.h"
#include "pins.h"
#include "util.h"

/* How long the daemon may take to end: it decides and writes first. */
#define END_TIMEOUT_S 60
#define END_LOOK_US   50000

const char cmd_stop_help[] =
	"usage: interdict stop [--if-stopping UNIT]\n"
	"\n"
	"Ends enforcement: the monitor, if one runs, and what it has put into the kernel, which\n"
	"otherwise stays there when the monitor ends. What is held goes on. Waits until nothing\n"
	"is attached any more, and says in the system log what was removed.\n"
	"\n"
	"  --if-stopping UNIT   do nothing unless systemd has a job to stop this unit: for its\n"
	"                       ExecStop=, which is run for a restart too\n"
	"\n"
	"Exit status: 0 nothing is attached any more, or nothing was to be done; 2 it could not\n"
	"be ended.\n";

/* To the terminal and to the system log. */
__attribute__((format(printf, 1, 2)))
static void say(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text)
		return;
	log_info("%s", text);
	syslog(LOG_NOTICE, "%s", text);
}

/*
 * True if the service manager stops the unit for good. ExecStop= cannot tell: its
 * environment is the same for a restart. "JOB UNIT TYPE STATE" a line.
 */
static bool unit_stops(const char *unit)
{
	_cleanup_free_ char *command = NULL;
	char line[512], name[256], type[32];
	bool stops = false;
	FILE *jobs;

	if (strspn(unit, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@") !=
	    strlen(unit))
		return false;
	command = format_string("systemctl list-jobs --no-legend --plain --full '%s'", unit);
	jobs = command ? popen(command, "re") : NULL; /* NOLINT: the name was looked at */
	if (!jobs)
		return false;
	while (fgets(line, sizeof(line), jobs)) {
		if (sscanf(line, "%*s %255s %31s", name, type) == 2 && streq(name, unit))
			stops = streq(type, "stop");
	}
	if (pclose(jobs))
		log_warning("cannot ask the service manager what happens to %s", unit);
	return stops;
}

static int parse(int argc, char **argv, const char **ret_unit)
{
	static const struct option options[] = {
		{ "if-stopping", required_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*ret_unit = NULL;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'u')
			return -EINVAL;
		*ret_unit = optarg;
	}
	if (optind == argc)
		return 0;
	log_error("stop: '%s' is too much; see `interdict stop --help`", argv[optind]);
	return -EINVAL;
}

/* Asks the daemon to end. Its number of programs, or a negative errno. */
static int ask_to_end(void)
{
	json_t *answer = NULL;
	int error = control_ask("stop", &answer), programs;

	if (error)
		return error;
	programs = (int)json_integer_value(json_object_get(answer, "programs"));
	error = json_object_get(answer, "error") ? -EPROTO : 0;
	json_decref(answer);
	return error ? error : programs;
}

/* The lock of the daemon, once it has ended; a negative errno. */
static int await_lock(void)
{
	int fd = control_lock();

	for (int waited = 0; fd == -EWOULDBLOCK && waited < END_TIMEOUT_S * 1000000;
	     waited += END_LOOK_US) {
		usleep(END_LOOK_US);
		fd = control_lock();
	}
	return fd;
}

/* What a daemon has left that is not there any more. */
static bool end_leftovers(void)
{
	struct pins_ended ended;
	uint64_t lost = 0;

	if (!pins_end(&ended))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ended.lost.alerts); i++)
		lost += ended.lost.alerts[i];
	say("stopped: %u programs of a monitor that had ended are detached; %u held tasks go on, "
	    "%llu alerts and %llu telemetry records that nobody had read are lost",
	    ended.programs, ended.released, (unsigned long long)lost,
	    (unsigned long long)ended.lost.telemetry);
	return true;
}

static int stop(void)
{
	_cleanup_close_ int lock = -EBADF;
	int programs = ask_to_end();
	bool asked = programs >= 0;

	if (programs < 0 && programs != -ENOENT && programs != -ECONNREFUSED) {
		log_error("the monitor cannot be asked to end: %s", strerror(-programs));
		return EXIT_TROUBLE;
	}
	lock = await_lock();
	if (lock < 0) {
		log_error(lock == -EWOULDBLOCK ? "the monitor does not end: %s is still locked"
					       : "cannot lock %s",
			  CONTROL_LOCK);
		return EXIT_TROUBLE;
	}
	if (asked)
		say("stopped: the monitor has ended and detached its %d programs", programs);
	if (!end_leftovers() && !asked)
		log_info("nothing to stop: no monitor runs, and nothing of one is attached");
	return EXIT_FINE;
}

int cmd_stop(int argc, char **argv)
{
	const char *unit;

	if (parse(argc, argv, &unit))
		return EXIT_TROUBLE;
	if (geteuid() != 0) {
		log_error("stop needs root");
		return EXIT_TROUBLE;
	}
	openlog("interdict", LOG_PID, LOG_AUTHPRIV);
	if (unit && !unit_stops(unit)) {
		log_info("%s is not being stopped for good: enforcement stays in place", unit);
		return EXIT_FINE;
	}
	return stop();
}
