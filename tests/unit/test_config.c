/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration, and that the file that ships says what the code does. */
#include "input.h"

#include <errno.h>
#include <syslog.h>

#include "buffer.h"
#include "config.h"

#define SECOND 1000000000ULL

static struct scratch scratch;
static struct config config;

static int setup(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	return config_init(&config);
}

static int teardown(void **state)
{
	(void)state;
	config_release(&config);
	scratch_end(&scratch);
	return 0;
}

static int load(const char *text)
{
	char *path = scratch_path(&scratch, "c.conf");
	int r;

	scratch_write(&scratch, "c.conf", text);
	r = config_load(path, false, scratch.problems, &config);
	free(path);
	return r;
}

static void assert_wrong(const char *text, unsigned int line, const char *said)
{
	assert_int_equal(load(text), -EINVAL);
	assert_only_error(scratch.problems, "/c.conf", line, said);
	scratch_forget(&scratch);
}

static void assert_defaults(const struct config *c)
{
	assert_string_equal(c->vendors_dir, "/etc/interdict/vendors.d");
	assert_string_equal(c->warning_lists, "/etc/interdict/warninglists.d");
	assert_string_equal(c->state_dir, "/var/lib/interdict");
	assert_int_equal(c->mode, MODE_AUDIT);
	assert_int_equal(c->backend, BACKEND_NONE);
	assert_true(c->prefill);
	assert_true(c->prefill_threads == 1);
	assert_string_equal(c->prefill_directories, "none");
	assert_true(c->hold);
	assert_false(c->allow_late_kill);
	assert_false(c->unverifiable_deny);
	assert_true(c->hash_max == INTERDICT_HASH_MAX_DEFAULT);
	assert_true(c->hold_deadline == 30 * SECOND);
	assert_int_equal(c->format, OUTPUT_TEXT);
	assert_string_equal(c->events, "-");
	assert_true(c->syslog);
	assert_int_equal(c->syslog_facility, LOG_AUTHPRIV);
	assert_string_equal(c->syslog_socket, "/dev/log");
	assert_true(c->heartbeat == 60 * SECOND);
	assert_true(c->alerts_size == 1U << 20);
	assert_true(c->telemetry_size == 256U << 10);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_defaults(&config);
	assert_int_equal(load(""), 0);
	assert_defaults(&config);
	assert_int_equal(config_load("/dev/null", false, scratch.problems, &config), 0);
	assert_defaults(&config);
}

static void test_everything(void **state)
{
	(void)state;
	assert_int_equal(load("[monitor]\nvendors = /x/y\nstate = /x/z\nmode = enforce\n"
			      "backend = tracepoint\n"
			      "unverifiable-fs = deny\n[hash]\nkernel-max = 1G\n[prefill]\nenabled = no\n"
			      "threads = 16\ndirectories = /opt:/srv/bin\n[hold]\nhold = no\n"
			      "allow-late-kill = yes\ndeadline = 1500ms\n[output]\nformat = ecs\n"
			      "events = /var/log/e\nsyslog = local3\nsyslog-socket = /x/log\n"
			      "heartbeat = 0\n[buffers]\nalerts = 65536\ntelemetry = 1G\n"),
			 0);
	assert_no_errors(scratch.problems);
	assert_string_equal(config.vendors_dir, "/x/y");
	assert_string_equal(config.state_dir, "/x/z");
	assert_int_equal(config.mode, MODE_ENFORCE);
	assert_int_equal(config.backend, BACKEND_TRACEPOINT);
	assert_true(config.unverifiable_deny);
	assert_true(config.hash_max == 1ULL << 30);
	assert_false(config.prefill);
	assert_true(config.prefill_threads == 16);
	assert_string_equal(config.prefill_directories, "/opt:/srv/bin");
	assert_false(config.hold);
	assert_true(config.allow_late_kill);
	assert_true(config.hold_deadline == 3 * SECOND / 2);
	assert_int_equal(config.format, OUTPUT_ECS);
	assert_string_equal(config.events, "/var/log/e");
	assert_true(config.syslog);
	assert_int_equal(config.syslog_facility, LOG_LOCAL3);
	assert_string_equal(config.syslog_socket, "/x/log");
	assert_true(config.heartbeat == 0);
	assert_true(config.alerts_size == 65536);
	assert_true(config.telemetry_size == 1U << 30);
	assert_int_equal(load("[output]\nsyslog = off\n[monitor]\nbackend = lsm\n"), 0);
	assert_false(config.syslog);
	assert_int_equal(config.backend, BACKEND_LSM);
}

static void test_unknown(void **state)
{
	(void)state;
	assert_wrong("[monitor]\nmode = audit\nmod = audit\n", 3,
		     "unknown key: expected one of vendors, warning-lists, state, mode, backend, "
		     "unverifiable-fs, protect, found mod");
	assert_wrong("[monitor]\n[Output]\nformat = text\n", 2,
		     "unknown section: expected one of monitor, hash, prefill, hold, output, buffers, "
		     "found "
		     "Output");
	assert_wrong("mode = audit\n", 1, "expected a [section] before the first key");
	assert_wrong("[monitor]\nmode = audit\n[hold]\n[monitor]\nmode = audit\n", 5,
		     "mode is given twice: expected one, first given in line 2");
	assert_wrong("[monitor]\nmode =\n", 2, "mode has no value: expected mode = ...");
	assert_wrong("[monitor]\nnonsense\n", 2, "expected [section], key = value or a comment");
}

static void test_bad_values(void **state)
{
	static const struct {
		const char *text;
		const char *said;
	} cases[] = {
		{ "[monitor]\nmode = deny\n", "mode: expected audit or enforce, found deny" },
		{ "[monitor]\nmode = Audit\n", "mode: expected audit or enforce" },
		{ "[monitor]\nbackend = bpf\n", "backend: expected auto, lsm or tracepoint" },
		{ "[monitor]\nvendors = etc\n", "vendors: expected an absolute path, found etc" },
		{ "[monitor]\nvendors = -\n", "vendors: expected an absolute path" },
		{ "[monitor]\nunverifiable-fs = yes\n", "expected report or deny, found yes" },
		{ "[hash]\nkernel-max = 0\n", "kernel-max: expected a number of bytes" },
		{ "[hash]\nkernel-max = 2G\n", "from 1M to 1G, found 2G" },
		{ "[hash]\nkernel-max = 64m\n", "a number of bytes such as 512K" },
		{ "[hash]\nkernel-max = 64 M\n", "a number of bytes" },
		{ "[hash]\nkernel-max = -1\n", "a number of bytes" },
		{ "[hash]\nkernel-max = 99999999999999999999\n", "a number of bytes" },
		{ "[hash]\nkernel-max = 18446744073709551615G\n", "a number of bytes" },
		{ "[hash]\nkernel-max = 999999999999999999999999999\n", "a number of bytes" },
		{ "[prefill]\nthreads = 0\n", "threads: expected a number from 1 to 16" },
		{ "[prefill]\nthreads = 1K\n", "threads: expected a number from 1 to 16" },
		{ "[prefill]\ndirectories = /opt:bin\n",
		  "absolute paths separated by colons, or none, found /opt:bin" },
		{ "[prefill]\ndirectories = /opt:\n", "absolute paths separated by colons" },
		{ "[prefill]\ndirectories = :/opt\n", "absolute paths separated by colons" },
		{ "[hold]\nhold = true\n", "hold: expected yes or no, found true" },
		{ "[hold]\nallow-late-kill = 1\n", "allow-late-kill: expected yes or no" },
		{ "[hold]\ndeadline = 30\n", "a time such as 500ms, 10s or 5m from 1s to 1h" },
		{ "[hold]\ndeadline = 999ms\n", "a time such as" },
		{ "[hold]\ndeadline = 61m\n", "a time such as" },
		{ "[hold]\ndeadline = 1d\n", "a time such as" },
		{ "[output]\nformat = json\n", "format: expected text or ecs, found json" },
		{ "[output]\nevents = e.log\n", "an absolute path, or - for standard output" },
		{ "[output]\nsyslog = kern9\n", "a facility of syslog" },
		{ "[output]\nheartbeat = 25h\n", "from 0 to 24h" },
		{ "[buffers]\nalerts = 100000\n", "a power of two" },
		{ "[buffers]\nalerts = 32K\n", "from 64K to 1G" },
		{ "[buffers]\ntelemetry = 3M\n", "a power of two, found 3M" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_wrong(cases[i].text, 2, cases[i].said);
	assert_defaults(&config);
}

static void test_missing_file(void **state)
{
	char *path = scratch_path(&scratch, "none");

	(void)state;
	assert_int_equal(config_load(path, true, scratch.problems, &config), 0);
	assert_no_errors(scratch.problems);
	assert_int_equal(config_load(path, false, scratch.problems, &config), -ENOENT);
	assert_only_error(scratch.problems, "/none", 0, "cannot be opened: No such file");
	free(path);
}

/* An optional file that is there counts, and is not passed over if it is wrong. */
static void test_optional_file(void **state)
{
	char *path = scratch_path(&scratch, "c.conf"), *link = scratch_path(&scratch, "l");

	(void)state;
	scratch_write(&scratch, "c.conf", "[monitor]\nmode = enforce\n");
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(config_load(path, true, scratch.problems, &config), -EPERM);
	assert_only_error(scratch.problems, "/c.conf", 0, "writable by its group (mode 0664)");
	scratch_forget(&scratch);
	assert_int_equal(symlink("nowhere", link), 0);
	assert_int_equal(config_load(link, true, scratch.problems, &config), -ELOOP);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(config_load(path, true, scratch.problems, &config), 0);
	assert_int_equal(config.mode, MODE_ENFORCE);
	free(path);
	free(link);
}

static void test_command_line(void **state)
{
	struct problems *problems = scratch.problems;

	(void)state;
	assert_int_equal(config_set(&config, "monitor", "mode", "enforce", problems), 0);
	assert_int_equal(config.mode, MODE_ENFORCE);
	assert_int_equal(config_set(&config, "output", "events", "/e", problems), 0);
	assert_int_equal(config_set(&config, "output", "events", "-", problems), 0);
	assert_string_equal(config.events, "-");
	assert_no_errors(problems);
	assert_int_equal(config_set(&config, "hold", "hold", "x", problems), -EINVAL);
	assert_only_error(problems, NULL, 0, "--hold: expected yes or no, found x");
	assert_int_equal(config_set(&config, "hold", "nothing", "x", problems), -EINVAL);
	assert_error(problems, NULL, 0, "expected an option of [hold], found nothing");
}

/* The file that ships, as it is and with the # of every option taken away. */
static void test_shipped_file(void **state)
{
	struct buffer text = { 0 };
	struct config_option option;
	char line[512];
	size_t index = 0;
	FILE *file = fopen("user/etc/interdict.conf", "r");

	(void)state;
	if (!file)
		skip(); /* not in the source tree */
	while (fgets(line, sizeof(line), file)) {
		char expected[256];

		if (line[0] != '#' || line[1] < 'a' || line[1] > 'z') {
			buffer_append_string(&text, line);
			continue;
		}
		/* Every option of the code in its order, with its default. */
		assert_true(config_option(index++, &option));
		snprintf(expected, sizeof(expected), "%s = %s\n", option.key, option.normal);
		assert_string_equal(line + 1, expected);
		buffer_append_string(&text, line + 1);
	}
	fclose(file);
	assert_false(config_option(index, &option));
	buffer_append_char(&text, '\0');
	config.mode = MODE_ENFORCE;
	config.heartbeat = 1;
	assert_int_equal(load(text.data), 0);
	assert_no_errors(scratch.problems);
	assert_defaults(&config);
	buffer_release(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),	 TEST(test_everything),	   TEST(test_unknown),
		TEST(test_bad_values),	 TEST(test_missing_file),  TEST(test_optional_file),
		TEST(test_command_line), TEST(test_shipped_file),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
