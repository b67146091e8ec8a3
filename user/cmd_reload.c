/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include <jansson.h>

#include "command.h"
#include "control_client.h"

const char cmd_reload_help[] =
	"usage: interdict reload\n"
	"\n"
	"Makes the running monitor read its vendor files and lists again, and waits for the\n"
	"outcome. If anything is wrong with them the policy in force stays, and the exit\n"
	"status is 2.\n";

int cmd_reload(int argc, char **argv)
{
	json_t *answer;
	int status = EXIT_FINE;

	if (argc > 1) {
		fprintf(stderr, "interdict %s: takes no arguments\n", argv[0]);
		return EXIT_TROUBLE;
	}
	answer = control_client_ask("reload");
	if (!answer)
		return EXIT_TROUBLE;
	if (json_is_true(json_object_get(answer, "accepted"))) {
		printf("reloaded: policy %lld is in force\n",
		       (long long)json_integer_value(json_object_get(answer, "generation")));
	} else {
		const char *error = json_string_value(json_object_get(answer, "error"));

		fprintf(stderr, "interdict reload: refused, policy %lld stays in force: %s\n",
			(long long)json_integer_value(json_object_get(answer, "generation")),
			error ? error : "the monitor gave no reason");
		status = EXIT_TROUBLE;
	}
	json_decref(answer);
	return status;
}
