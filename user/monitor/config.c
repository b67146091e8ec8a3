/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "ini_file.h"
#include "output_syslog.h"
#include "secure_file.h"
#include "util.h"

#define SECOND 1000000000ULL /* nanoseconds */

struct choice {
	const char *name;
	int value;
};

static const struct choice mode_choices[] = {
	{ "audit", MODE_AUDIT },
	{ "enforce", MODE_ENFORCE },
	{ NULL, 0 },
};

static const struct choice backend_choices[] = {
	{ "auto", BACKEND_NONE },
	{ "lsm", BACKEND_LSM },
	{ "tracepoint", BACKEND_TRACEPOINT },
	{ NULL, 0 },
};

static const struct choice format_choices[] = {
	{ "text", OUTPUT_TEXT },
	{ "ecs", OUTPUT_ECS },
	{ NULL, 0 },
};

static const struct choice flag_choices[] = {
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

static const struct choice report_choices[] = {
	{ "report", false },
	{ "deny", true },
	{ NULL, 0 },
};

enum kind {
	KIND_CHOICE,   /* an enum */
	KIND_FLAG,     /* a bool with names for its values */
	KIND_PATH,     /* absolute */
	KIND_PATHS,    /* absolute, separated by colons; or "none" */
	KIND_EVENTS,   /* absolute path, or "-" */
	KIND_BYTES,    /* uint64_t; 64M */
	KIND_RING,     /* uint64_t, a power of two */
	KIND_TIME,     /* uint64_t, nanoseconds; 10s */
	KIND_COUNT,    /* uint64_t, without a unit */
	KIND_SYSLOG,   /* a facility, or off */
};

struct option {
	struct ini_key name;
	enum kind kind;
	size_t offset;
	const struct choice *choices;
	uint64_t min, max; /* bytes, nanoseconds, or a count */
	const char *normal;
};

#define OPTION(section, key, kind, member, ...)                                                    \
	{                                                                                          \
		{ section, key, false }, kind, offsetof(struct config, member), __VA_ARGS__        \
	}

/* Sections stand together, in the order of user/etc/interdict.conf. */
static const struct option options[] = {
	OPTION("monitor", "vendors", KIND_PATH, vendors_dir, NULL, 0, 0, CONFIG_VENDORS_DIR),
	OPTION("monitor", "warning-lists", KIND_PATH, warning_lists, NULL, 0, 0,
	       CONFIG_WARNING_LISTS),
	OPTION("monitor", "state", KIND_PATH, state_dir, NULL, 0, 0, CONFIG_STATE_DIR),
	OPTION("monitor", "mode", KIND_CHOICE, mode, mode_choices, 0, 0, "audit"),
	OPTION("monitor", "backend", KIND_CHOICE, backend, backend_choices, 0, 0, "auto"),
	OPTION("monitor", "unverifiable-fs", KIND_FLAG, unverifiable_deny, report_choices, 0,
	       0, "report"),
	OPTION("monitor", "protect", KIND_FLAG, protect, flag_choices, 0, 0, "no"),
	OPTION("hash", "kernel-max", KIND_BYTES, hash_max, NULL, 1U << 20, 1ULL << 30, "64M"),
	OPTION("prefill", "enabled", KIND_FLAG, prefill, flag_choices, 0, 0, "yes"),
	OPTION("prefill", "threads", KIND_COUNT, prefill_threads, NULL, 1, 16, "1"),
	OPTION("prefill", "directories", KIND_PATHS, prefill_directories, NULL, 0, 0, "none"),
	OPTION("hold", "hold", KIND_FLAG, hold, flag_choices, 0, 0, "yes"),
	OPTION("hold", "allow-late-kill", KIND_FLAG, allow_late_kill, flag_choices, 0, 0, "no"),
	OPTION("hold", "without-daemon", KIND_FLAG, without_daemon_deny, report_choices, 0, 0,
	       "report"),
	OPTION("hold", "deadline", KIND_TIME, hold_deadline, NULL, SECOND, 3600 * SECOND, "30s"),
	OPTION("output", "format", KIND_CHOICE, format, format_choices, 0, 0, "text"),
	OPTION("output", "events", KIND_EVENTS, events, NULL, 0, 0, "-"),
	OPTION("output", "syslog", KIND_SYSLOG, syslog, NULL, 0, 0, "authpriv"),
	OPTION("output", "syslog-socket", KIND_PATH, syslog_socket, NULL, 0, 0, OUTPUT_SYSLOG_PATH),
	OPTION("output", "heartbeat", KIND_TIME, heartbeat, NULL, 0, 86400 * SECOND, "60s"),
	OPTION("buffers", "alerts", KIND_RING, alerts_size, NULL, 1U << 16, 1U << 30, "1M"),
	OPTION("buffers", "telemetry", KIND_RING, telemetry_size, NULL, 1U << 16, 1U << 30, "256K"),
};

struct unit {
	const char *name;
	uint64_t factor;
};

/* The largest first: bounds are written with the largest that divides them. */
static const struct unit byte_units[] = {
	{ "G", 1ULL << 30 }, { "M", 1U << 20 }, { "K", 1U << 10 }, { "", 1 }, { NULL, 0 },
};

static const struct unit time_units[] = {
	{ "h", 3600 * SECOND }, { "m", 60 * SECOND }, { "s", SECOND },
	{ "ms", 1000000 },	{ NULL, 0 },
};

static const struct unit count_units[] = { { "", 1 }, { NULL, 0 } };

static void *option_member(const struct option *option, struct config *config)
{
	return (char *)config + option->offset;
}

static int set_choice(const struct option *option, const char *text, void *member)
{
	for (const struct choice *choice = option->choices; choice->name; choice++) {
		if (!streq(choice->name, text))
			continue;
		if (option->kind == KIND_FLAG)
			*(bool *)member = choice->value;
		else
			*(unsigned int *)member = (unsigned int)choice->value;
		return 0;
	}
	return -EINVAL;
}

_Static_assert(sizeof(enum mode) == sizeof(unsigned int) &&
		       sizeof(enum backend) == sizeof(unsigned int) &&
		       sizeof(enum output_format) == sizeof(unsigned int),
	       "set_choice() writes all of them");

/* Each of them absolute, so none of them empty either. */
static bool are_paths(const char *text)
{
	bool absolute = *text == '/';

	for (const char *colon = strchr(text, ':'); absolute && colon;
	     colon = strchr(colon + 1, ':'))
		absolute = colon[1] == '/';
	return absolute;
}

static bool is_path(const struct option *option, const char *text)
{
	switch (option->kind) {
	case KIND_EVENTS:
		return *text == '/' || streq(text, "-");
	case KIND_PATHS:
		return are_paths(text) || streq(text, "none");
	default:
		return *text == '/';
	}
}

static int set_path(const struct option *option, const char *text, char **path)
{
	char *copy;

	if (!is_path(option, text))
		return -EINVAL;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(*path);
	*path = copy;
	return 0;
}

static int set_number(const struct option *option, const struct unit *unit, const char *text,
		      uint64_t *number)
{
	size_t digits = strspn(text, "0123456789");
	char copy[24];
	uint64_t value;

	if (digits == 0 || digits >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, digits);
	copy[digits] = '\0';
	while (unit->name && !streq(unit->name, text + digits))
		unit++;
	/* 0 needs no unit. */
	if (!unit->name && !streq(text, "0"))
		return -EINVAL;
	if (parse_u64(copy, unit->name ? UINT64_MAX / unit->factor : 0, &value) < 0)
		return -EINVAL;
	value *= unit->factor;
	if (value < option->min || value > option->max)
		return -EINVAL;
	if (option->kind == KIND_RING && (value & (value - 1)) != 0)
		return -EINVAL;
	*number = value;
	return 0;
}

static int set_syslog(const char *text, struct config *config)
{
	if (!streq(text, "off")) {
		int r = syslog_facility_find(text, &config->syslog_facility);

		if (r < 0)
			return r;
	}
	config->syslog = !streq(text, "off");
	return 0;
}

static int set_option(const struct option *option, const char *text, struct config *config)
{
	void *member = option_member(option, config);

	switch (option->kind) {
	case KIND_CHOICE:
	case KIND_FLAG:
		return set_choice(option, text, member);
	case KIND_PATH:
	case KIND_PATHS:
	case KIND_EVENTS:
		return set_path(option, text, member);
	case KIND_BYTES:
	case KIND_RING:
		return set_number(option, byte_units, text, member);
	case KIND_TIME:
		return set_number(option, time_units, text, member);
	case KIND_COUNT:
		return set_number(option, count_units, text, member);
	case KIND_SYSLOG:
		return set_syslog(text, config);
	}
	return -EINVAL;
}

/* Writes a number with its largest unit. */
static char *format_number(uint64_t number, const struct unit *unit)
{
	if (number == 0)
		return strdup("0");
	while (unit[1].name && number % unit->factor != 0)
		unit++;
	return format_string("%llu%s", (unsigned long long)(number / unit->factor), unit->name);
}

/* What the option takes, for messages; the caller frees it. */
static char *describe_option(const struct option *option)
{
	const struct unit *units = option->kind == KIND_TIME ? time_units : byte_units;
	const char *what = option->kind == KIND_TIME  ? "a time such as 500ms, 10s or 5m" :
			   option->kind == KIND_COUNT ? "a number" :
							"a number of bytes such as 512K or 4M";
	_cleanup_free_ char *min = NULL, *max = NULL;
	char *text;

	switch (option->kind) {
	case KIND_CHOICE:
	case KIND_FLAG:
		text = strdup(option->choices->name);
		for (const struct choice *choice = option->choices + 1; text && choice->name;
		     choice++) {
			_cleanup_free_ char *before = text;

			text = format_string("%s%s%s", before, choice[1].name ? ", " : " or ",
					     choice->name);
		}
		return text;
	case KIND_PATH:
		return strdup("an absolute path");
	case KIND_PATHS:
		return strdup("absolute paths separated by colons, or none");
	case KIND_EVENTS:
		return strdup("an absolute path, or - for standard output");
	case KIND_SYSLOG:
		return strdup("a facility of syslog, such as authpriv or local0, or off");
	case KIND_BYTES:
	case KIND_RING:
	case KIND_TIME:
	case KIND_COUNT:
		break;
	}
	min = format_number(option->min, units);
	max = format_number(option->max, units);
	return format_string("%s from %s to %s%s", what, min ? min : "?", max ? max : "?",
			     option->kind == KIND_RING ? ", a power of two" : "");
}

struct loader {
	struct config *config;
	struct problems *problems;
	const struct ini_table *table;
	int error;
};

static void handle_line(void *cookie, const struct ini_line *line)
{
	struct loader *loader = cookie;
	const struct option *option = ini_lookup(loader->table, line, loader->problems);
	_cleanup_free_ char *expected = NULL;
	int r;

	if (!option)
		return;
	r = set_option(option, line->value, loader->config);
	if (r == 0)
		return;
	loader->error = r;
	expected = describe_option(option);
	problems_add_found(loader->problems, line->file, line->number, line->value,
			   strlen(line->value), "%s: expected %s", option->name.key,
			   expected ? expected : "another value");
}

int config_init(struct config *config)
{
	*config = (struct config){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		int r = set_option(&options[i], options[i].normal, config);

		if (r < 0) {
			config_release(config);
			return r;
		}
	}
	return 0;
}

void config_release(struct config *config)
{
	free(config->vendors_dir);
	free(config->warning_lists);
	free(config->state_dir);
	free(config->events);
	free(config->syslog_socket);
	free(config->prefill_directories);
	*config = (struct config){ 0 };
}

int config_load(const char *path, bool optional, struct problems *problems, struct config *config)
{
	unsigned int seen[ARRAY_SIZE(options)] = { 0 };
	const struct ini_table table = { options, ARRAY_SIZE(options), sizeof(options[0]), seen };
	struct loader loader = { config, problems, &table, 0 };
	size_t errors = problems_errors(problems);
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (streq(path, "/dev/null"))
		return 0;
	if (optional && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	r = secure_open_file(path, NULL, problems, &fd);
	if (r < 0)
		return r;
	r = ini_read(fd, path, problems, handle_line, &loader);
	if (r < 0)
		return r;
	if (loader.error == -ENOMEM)
		return -ENOMEM;
	return problems_errors(problems) > errors ? -EINVAL : 0;
}

int config_set(struct config *config, const char *section, const char *key, const char *value,
	       struct problems *problems)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option *option = &options[i];
		_cleanup_free_ char *expected = NULL;
		int r;

		if (!streq(option->name.section, section) || !streq(option->name.key, key))
			continue;
		r = set_option(option, value, config);
		if (r == 0)
			return 0;
		expected = describe_option(option);
		problems_add_found(problems, NULL, 0, value, strlen(value), "--%s: expected %s",
				   key, expected ? expected : "another value");
		return r;
	}
	problems_add_found(problems, NULL, 0, key, strlen(key), "expected an option of [%s]",
			   section);
	return -EINVAL;
}

bool config_option(size_t index, struct config_option *ret_option)
{
	if (index >= ARRAY_SIZE(options))
		return false;
	*ret_option = (struct config_option){
		.section = options[index].name.section,
		.key = options[index].name.key,
		.normal = options[index].normal,
	};
	return true;
}
