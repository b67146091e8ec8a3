/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "cleanup.h"
#include "command.h"
#include "control_client.h"
#include "log.h"
#include "util.h"

const char cmd_selftest_help[] =
	"usage: interdict selftest [--program FILE]\n"
	"\n"
	"Runs the demo program, which the shipped vendor `demo` lists, and looks whether the\n"
	"running monitor noticed: an alert in audit mode, a denial and an alert in enforce\n"
	"mode. Says how long it took.\n"
	"\n"
	"  --program FILE   run this listed program instead; it is run for real\n"
	"\n"
	"Exit status: 0 it was noticed as it should be, 2 it was not, or no monitor runs.\n";

#define DEMO_NAME     "interdict-demo"
#define PATIENCE_NS   (5ULL * 1000 * 1000 * 1000)
#define POLL_INTERVAL_NS 1000000L

/* How the demo program fared. */
struct outcome {
	pid_t pid;
	bool ran;	 /* it came to its own code and exited */
	bool refused;	 /* execve(2) failed with EPERM */
	bool killed;	 /* SIGKILL */
	uint64_t began;	 /* CLOCK_BOOTTIME, nanoseconds */
	uint64_t ended;
};

/* Beside this binary in a build tree, under ../libexec/interdict once installed. */
static char *find_demo(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash, *path;

	if (n < 0)
		return NULL;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	path = format_string("%s/" DEMO_NAME, self);
	if (path && access(path, X_OK) == 0)
		return path;
	free(path);
	path = format_string("%s/../libexec/interdict/" DEMO_NAME, self);
	if (path && access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

#define EXEC_FAILED_EPERM 126
#define EXEC_FAILED	  127

static void run_child(const char *program)
{
	char *const argv[] = { (char *)program, NULL };

	execv(program, argv);
	_exit(errno == EPERM ? EXEC_FAILED_EPERM : EXEC_FAILED);
}

static int run_demo(const char *program, struct outcome *ret)
{
	int status;

	ret->began = clock_boottime();
	ret->pid = fork();
	if (ret->pid < 0)
		return -errno;
	if (ret->pid == 0)
		run_child(program);
	if (waitpid(ret->pid, &status, 0) < 0)
		return -errno;
	ret->ended = clock_boottime();
	ret->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	ret->refused = WIFEXITED(status) && WEXITSTATUS(status) == EXEC_FAILED_EPERM;
	ret->ran = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXEC_FAILED)
		return -ENOEXEC;
	return 0;
}

/* Asks until the monitor has seen the process, or patience ends. NULL: it has not. */
static json_t *wait_seen(pid_t pid, uint64_t since)
{
	struct timespec pause = { .tv_nsec = POLL_INTERVAL_NS };
	char request[32];

	snprintf(request, sizeof(request), "seen %d", pid);
	while (clock_boottime() - since < PATIENCE_NS) {
		json_t *answer = control_client_ask(request);

		if (!answer || json_is_true(json_object_get(answer, "seen")))
			return answer;
		json_decref(answer);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static bool is_as_it_should_be(bool enforce, const char *decision, const char *reason,
			       const struct outcome *outcome)
{
	if (!decision || !reason || !streq(reason, "listed"))
		return false;
	if (streq(decision, "deny"))
		return enforce && (outcome->refused || outcome->killed);
	return outcome->ran;
}

static int judge(const char *mode, const struct outcome *outcome)
{
	json_t *seen = wait_seen(outcome->pid, outcome->began);
	const char *decision, *reason;
	bool good;

	if (!seen) {
		fprintf(stderr, "selftest: FAILED: no alert within %llu s. Is the program listed? "
				"`interdict check FILE` says so\n",
			PATIENCE_NS / 1000000000ULL);
		return EXIT_TROUBLE;
	}
	decision = json_string_value(json_object_get(seen, "decision"));
	reason = json_string_value(json_object_get(seen, "reason"));
	good = is_as_it_should_be(streq(mode, "enforce"), decision, reason, outcome);
	printf("selftest: %s: mode %s, decision %s (%s), the program %s after %.2f ms, alert after %.2f ms\n",
	       good ? "ok" : "FAILED", mode, decision ? decision : "none",
	       reason ? reason : "no reason",
	       outcome->ran	  ? "ran and ended"
	       : outcome->refused ? "was refused"
	       : outcome->killed  ? "was killed"
				  : "failed",
	       (double)(outcome->ended - outcome->began) / 1e6,
	       ((double)json_integer_value(json_object_get(seen, "time")) -
		(double)outcome->began) / 1e6);
	json_decref(seen);
	return good ? EXIT_FINE : EXIT_TROUBLE;
}

int cmd_selftest(int argc, char **argv)
{
	static const struct option options[] = {
		{ "program", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	_cleanup_free_ char *program = NULL;
	struct outcome outcome = {};
	json_t *status;
	int option, error, result;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'p')
			return EXIT_TROUBLE;
		free(program);
		program = strdup(optarg);
	}
	if (optind < argc) {
		fprintf(stderr, "interdict selftest: '%s' is too much\n", argv[optind]);
		return EXIT_TROUBLE;
	}
	if (!program)
		program = find_demo();
	if (!program) {
		log_error("%s is not where it should be; name a listed program with --program",
			  DEMO_NAME);
		return EXIT_TROUBLE;
	}
	status = control_client_ask("status");
	if (!status)
		return EXIT_TROUBLE;
	fflush(stdout);
	error = run_demo(program, &outcome);
	if (error) {
		log_error("cannot run %s: %s", program, strerror(-error));
		result = EXIT_TROUBLE;
	} else {
		result = judge(json_string_value(json_object_get(status, "mode")), &outcome);
	}
	json_decref(status);
	return result;
}
