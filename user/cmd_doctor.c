/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <unistd.h>

#include <jansson.h>

#include "command.h"
#include "control.h"
#include "events.h"
#include "features.h"
#include "pins.h"
#include "util.h"

const char cmd_doctor_help[] =
	"usage: interdict doctor [--json]\n"
	"\n"
	"Says what this kernel offers, which backend `backend = auto` would use, why, and\n"
	"what to change for a better one. Changes nothing. Wants root, since only root can\n"
	"try whether programs are accepted.\n"
	"\n"
	"  --json   the same as one JSON object\n"
	"\n"
	"Exit status: 0 a backend can be used, 2 none can, or it could not be found out.\n";

/* Without a heartbeat for so long no monitor runs. */
#define HEARTBEAT_OLD_NS (5ULL * 1000 * 1000 * 1000)

static const enum backend backends[] = { BACKEND_LSM, BACKEND_TRACEPOINT };

/* The backend that `auto` takes; BACKEND_NONE if none works. */
static enum backend choose(const struct features *features)
{
	struct features_verdict verdict;

	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		features_judge(features, backends[i], &verdict);
		if (verdict.usable)
			return backends[i];
	}
	return BACKEND_NONE;
}

static const char *state_name(const struct feature_line *line)
{
	if (!line->known)
		return "unknown";
	return line->ok ? "ok" : "missing";
}

static const char *verdict_name(const struct features_verdict *verdict)
{
	if (!verdict->usable)
		return "not usable";
	return verdict->strict ? "usable, strict" : "usable, late kill";
}

static void print_lines(const struct features *features, enum backend backend)
{
	struct feature_line line;

	for (size_t i = 0; features_line(features, i, &line); i++) {
		if (line.backend != backend)
			continue;
		printf("  %-8s %s%s%s%s\n", state_name(&line), line.title,
		       line.detail[0] ? " (" : "", line.detail, line.detail[0] ? ")" : "");
		if (line.remedy[0])
			printf("           %s\n", line.remedy);
	}
}

/* What a monitor has left that does not run any more. */
static bool find_leftovers(struct pins_state *ret_state)
{
	uint64_t now = clock_boottime();

	return geteuid() == 0 && pins_look(ret_state) &&
	       (!ret_state->known || now > ret_state->heartbeat + HEARTBEAT_OLD_NS);
}

static void print_leftovers(void)
{
	struct pins_state state;

	if (!find_leftovers(&state))
		return;
	printf("no monitor runs, but %u programs and %u held tasks of one are left in "
	       KERNEL_PIN_DIR "%s\n"
	       "           the next monitor takes them over, `interdict stop` ends them\n",
	       state.programs, state.held, state.loads > 1 ? " (it was cut off while it started)" : "");
}

/* What only the monitor that runs can tell; quiet where there is none. */
static bool keeps_digests(void)
{
	json_t *status = NULL;
	bool keeps;

	if (control_ask("status", &status) < 0)
		return true;
	keeps = !json_is_false(json_object_get(status, "keeps_digests"));
	json_decref(status);
	return keeps;
}

static void print_digests(void)
{
	if (keeps_digests())
		return;
	printf("the monitor keeps no digest any more: there is no room to remember another file "
	       "that was mapped shared and writable\n"
	       "           each file is hashed at each use; `interdict stop` and a new start make "
	       "room\n");
}

static void print_text(const struct features *features, enum backend chosen)
{
	printf("kernel %s\n", features->release);
	print_lines(features, BACKEND_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		struct features_verdict verdict;

		features_judge(features, backends[i], &verdict);
		printf("backend %s: %s\n", backend_name(backends[i]), verdict_name(&verdict));
		printf("           %s\n", verdict.why);
		print_lines(features, backends[i]);
	}
	printf("what no backend sees:\n");
	for (size_t i = 0; features_unseen(i); i++)
		printf("           %s\n", features_unseen(i));
	if (chosen == BACKEND_NONE)
		printf("no backend can be used%s\n",
		       features->privileged ? "" : ", as far as can be told without root");
	else
		printf("backend = auto uses %s\n", backend_name(chosen));
	print_leftovers();
	print_digests();
}

static json_t *line_to_json(const struct feature_line *line)
{
	json_t *json = json_object();

	json_object_set_new(json, "key", json_string(line->key));
	json_object_set_new(json, "title", json_string(line->title));
	json_object_set_new(json, "state", json_string(state_name(line)));
	if (line->backend != BACKEND_NONE)
		json_object_set_new(json, "backend", json_string(backend_name(line->backend)));
	if (line->detail[0])
		json_object_set_new(json, "detail", json_string(line->detail));
	if (line->remedy[0])
		json_object_set_new(json, "remedy", json_string(line->remedy));
	return json;
}

static json_t *verdict_to_json(const struct features_verdict *verdict)
{
	json_t *json = json_object();

	json_object_set_new(json, "usable", json_boolean(verdict->usable));
	json_object_set_new(json, "strict", json_boolean(verdict->strict));
	json_object_set_new(json, "hash_source", json_string(hash_source_name(verdict->source)));
	json_object_set_new(json, "why", json_string(verdict->why));
	return json;
}

static void print_json(const struct features *features, enum backend chosen)
{
	json_t *json = json_object();
	json_t *lines = json_array();
	json_t *verdicts = json_object();
	json_t *unseen = json_array();
	struct feature_line line;
	struct pins_state state;

	for (size_t i = 0; features_line(features, i, &line); i++)
		json_array_append_new(lines, line_to_json(&line));
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
		struct features_verdict verdict;

		features_judge(features, backends[i], &verdict);
		json_object_set_new(verdicts, backend_name(backends[i]), verdict_to_json(&verdict));
	}
	for (size_t i = 0; features_unseen(i); i++)
		json_array_append_new(unseen, json_string(features_unseen(i)));
	json_object_set_new(json, "unseen", unseen);
	json_object_set_new(json, "kernel", json_string(features->release));
	json_object_set_new(json, "leftover_programs",
			    json_integer(find_leftovers(&state) ? (json_int_t)state.programs : 0));
	json_object_set_new(json, "keeps_digests", json_boolean(keeps_digests()));
	json_object_set_new(json, "privileged", json_boolean(features->privileged));
	json_object_set_new(json, "features", lines);
	json_object_set_new(json, "backends", verdicts);
	json_object_set_new(json, "backend",
			    chosen == BACKEND_NONE ? json_null()
						   : json_string(backend_name(chosen)));
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
}

int cmd_doctor(int argc, char **argv)
{
	struct features features;
	enum backend chosen;
	bool json;

	if (command_parse_json(argc, argv, &json) < 0)
		return EXIT_TROUBLE;
	features_probe(&features);
	chosen = choose(&features);
	if (json)
		print_json(&features, chosen);
	else
		print_text(&features, chosen);
	return chosen == BACKEND_NONE ? EXIT_TROUBLE : EXIT_FINE;
}
