/* SPDX-License-Identifier: BSD-2-Clause */
/* What an identity names, by whose glob; units of cgroups; the command and its quoting. */
#include "input.h"

#include <interdict/event.h>

#include "cleanup.h"
#include "suspect.h"
#include "util.h"

static const char *package_globs[] = { "other", "acme*" };
static const char *path_globs[] = { "/opt/acme/*" };
static const char *unit_globs[] = { "acme-agent" };
static const char *module_globs[] = { "acme_mod" };

static const struct vendor vendor = {
	.file = (char *)"/etc/interdict/vendors.d/acme ltd.vendor",
	.id = (char *)"acme",
	.identity = {
		.package = { (char **)package_globs, 2 },
		.path = { (char **)path_globs, 1 },
		.unit = { (char **)unit_globs, 1 },
		.module = { (char **)module_globs, 1 },
	},
};

static struct scratch scratch;
static struct owners *owners;

/* A database of dpkg: acme-scan owns /usr/bin/scan and /bin/tool, grep owns /bin/grep. */
static int setup(void **state)
{
	char *info;

	(void)state;
	scratch_begin(&scratch);
	info = scratch_path(&scratch, "info");
	assert_int_equal(mkdir(info, 0755), 0);
	free(info);
	scratch_write(&scratch, "status",
		      "Package: acme-scan\nStatus: install ok installed\nArchitecture: amd64\n"
		      "Version: 1.2\n\n"
		      "Package: grep\nStatus: install ok installed\nArchitecture: amd64\n"
		      "Version: 3.8\n\n"
		      "Package: thief\nStatus: install ok installed\nArchitecture: amd64\n"
		      "Version: 9\n");
	scratch_write(&scratch, "info/acme-scan.list", "/.\n/usr\n/usr/bin\n/usr/bin/scan\n/bin/tool\n");
	scratch_write(&scratch, "info/grep.list", "/.\n/bin\n/bin/grep\n");
	scratch_write(&scratch, "info/thief.list", "/usr/bin/scan\n");
	owners = NULL;
	assert_int_equal(owners_read(scratch.path, &owners), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	owners_free(owners);
	scratch_end(&scratch);
	return 0;
}

static void test_owners(void **state)
{
	struct owner owner;

	(void)state;
	assert_true(owners_find(owners, "/bin/grep", 0, &owner));
	assert_string_equal(owner.package, "grep");
	assert_string_equal(owner.version, "3.8");
	assert_false(owners_find(owners, "/bin/grep", 1, &owner));
	assert_true(owners_find(owners, "/usr/bin/grep", 0, &owner));
	assert_true(owners_find(owners, "/usr/bin/tool", 0, &owner));
	assert_true(owners_find(owners, "/usr/bin/scan", 1, &owner));
	assert_false(owners_find(owners, "/usr/bin/scan", 2, &owner));
	assert_false(owners_find(owners, "/usr/bin/scan2", 0, &owner));
	assert_false(owners_find(owners, "/usr/bin/sca", 0, &owner));
	assert_false(owners_find(owners, "", 0, &owner));
	assert_false(owners_find(NULL, "/bin/grep", 0, &owner));
	assert_int_equal(owners_count(NULL), 0);
}

static void test_no_database(void **state)
{
	_cleanup_free_ char *nowhere = scratch_path(&scratch, "nowhere");
	struct owners *none = NULL;
	struct owner owner;

	(void)state;
	assert_int_equal(owners_read(nowhere, &none), 0);
	assert_int_equal(owners_count(none), 0);
	assert_false(owners_find(none, "/bin/grep", 0, &owner));
	owners_free(none);
}

/* @kind NULL: not named. */
static void expect(const struct suspect_facts *facts, const char *kind, const char *glob,
		   const char *package, bool foreign)
{
	struct suspect_match match = { 0 };

	if (!kind) {
		assert_false(suspect_names(&vendor, facts, &match));
		return;
	}
	assert_true(suspect_names(&vendor, facts, &match));
	assert_string_equal(match.kind, kind);
	assert_string_equal(match.glob, glob);
	assert_int_equal(match.foreign, foreign);
	if (package)
		assert_string_equal(match.owner.package, package);
	else
		assert_null(match.owner.package);
}

static void test_names(void **state)
{
	struct suspect_facts facts = { .kind = EVENT_EXEC, .owners = owners };

	(void)state;
	expect(&facts, NULL, NULL, NULL, false);
	facts.path = "/opt/acme/x";
	expect(&facts, "path", "/opt/acme/*", NULL, false);
	facts.elsewhere = true; /* a path counts in every namespace ... */
	expect(&facts, "path", "/opt/acme/*", NULL, false);
	facts.path = "/bin/tool"; /* ... a package does not */
	expect(&facts, NULL, NULL, NULL, false);
	facts.elsewhere = false;
	expect(&facts, "package", "acme*", "acme-scan", false);
	facts.path = "/usr/bin/scan"; /* that another package owns too */
	expect(&facts, "package", "acme*", "acme-scan", true);
}

static void test_names_units(void **state)
{
	struct suspect_facts facts = { .kind = EVENT_EXEC, .owners = owners };

	(void)state;
	facts.unit = "acme-agent.service";
	facts.path = "/srv/x";
	expect(&facts, "unit", "acme-agent", NULL, false);
	facts.path = NULL;
	expect(&facts, "unit", "acme-agent", NULL, false);
	facts.path = "/bin/grep"; /* a tool of the system, in the vendor's service */
	expect(&facts, NULL, NULL, NULL, false);
	facts.path = "/srv/x";
	facts.unit = "other.service";
	expect(&facts, NULL, NULL, NULL, false);
	facts.unit = "acme-agent.service"; /* modules are not of the one who loads them */
	facts.kind = EVENT_MODULE;
	expect(&facts, NULL, NULL, NULL, false);
}

static void test_names_modules(void **state)
{
	struct suspect_facts facts = { .kind = EVENT_MODULE, .owners = owners };

	(void)state;
	facts.path = "/lib/modules/6.1/acme-mod.ko.xz";
	expect(&facts, "module", "acme_mod", NULL, false);
	facts.kind = EVENT_EXEC;
	expect(&facts, NULL, NULL, NULL, false);
}

static void test_unit_of_cgroups(void **state)
{
	static const struct {
		const char *cgroups, *unit;
	} samples[] = {
		{ "0::/system.slice/kesl.service\n", "kesl.service" },
		{ "0::/system.slice/kesl.service/inner.service\n", "kesl.service" },
		{ "0::/kaspersky.slice/kaspersky-av.slice/kesl.service", "kesl.service" },
		{ "/system.slice/kesl.service", "kesl.service" },
		{ "9:name=systemd:/system.slice/kesl.service\n8:pids:/x\n0::/\n", "kesl.service" },
		{ "8:pids:/system.slice/kesl.service\n0::/\n", NULL },
		{ "0::/\n", NULL },
		{ "", NULL },
		{ "\n\n", NULL },
		{ "no path", NULL },
		/* what users and containers call theirs is not the system's */
		{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/kesl.service\n",
		  "user@1000.service" },
		{ "0::/system.slice/docker-1.scope/system.slice/kesl.service\n", "docker-1.scope" },
		{ "0::/kubepods/pod1/kesl.service\n", NULL },
		{ "0::/../kesl.service\n", NULL },
		{ "0::/.service/kesl.service\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char *unit = suspect_unit(samples[i].cgroups);

		if (!samples[i].unit)
			assert_null(unit);
		else
			assert_string_equal(unit, samples[i].unit);
		free(unit);
	}
}

static void test_quote(void **state)
{
	static const char *const samples[][2] = {
		{ "/opt/acme/bin-1.0_x+y", "/opt/acme/bin-1.0_x+y" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "$(reboot)`x`\"\\", "'$(reboot)`x`\"\\'" },
		{ "~root", "'~root'" },
		{ "a\nb", "'a\nb'" },
		{ "'", "''\\'''" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char *quoted = shell_quote(samples[i][0]);

		assert_string_equal(quoted, samples[i][1]);
		free(quoted);
	}
}

/* Whatever the bytes are, the shell gets them back. */
static void test_quote_shell(void **state)
{
	uint64_t random = 7;

	(void)state;
	for (int round = 0; round < 50; round++) {
		char text[33], said[64] = "", *quoted, *command;
		FILE *shell;
		size_t size;

		random_bytes(&random, text, sizeof(text) - 1);
		for (size_t i = 0; i < sizeof(text) - 1; i++)
			text[i] = text[i] ? text[i] : '\'';
		text[sizeof(text) - 1] = '\0';
		quoted = shell_quote(text);
		assert_true(asprintf(&command, "printf %%s %s", quoted) > 0);
		shell = popen(command, "r");
		assert_non_null(shell);
		size = fread(said, 1, sizeof(said) - 1, shell);
		assert_int_equal(pclose(shell), 0);
		assert_int_equal(size, sizeof(text) - 1);
		assert_memory_equal(said, text, size);
		free(command);
		free(quoted);
	}
}

static void test_command(void **state)
{
	char *command = suspect_command(&vendor, "/opt/acme/it's");

	(void)state;
	assert_string_equal(command,
			    "interdict list build "
			    "--vendor-file '/etc/interdict/vendors.d/acme ltd.vendor' "
			    "--output '/etc/interdict/vendors.d/acme ltd.built.csv' "
			    "'/opt/acme/it'\\''s'");
	free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_owners, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_database, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_units, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_modules, setup, teardown),
		cmocka_unit_test(test_unit_of_cgroups),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_quote_shell),
		cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests_name("suspect", tests, NULL, NULL);
}
