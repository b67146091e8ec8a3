/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "input.h"
#include "package_db_private.h"
#include "util.h"

/* What was found, one a line: "database name version architecture[ path]". */
struct found {
	char text[16384];
	size_t used;
	size_t count;
	size_t stop_after; /* 0: never */
};

static int remember(struct found *found, const struct installed_package *package, const char *path)
{
	int n = snprintf(found->text + found->used, sizeof(found->text) - found->used,
			 "%s %s %s %s%s%s\n", package->database, package->name, package->version,
			 package->architecture, path ? " " : "", path ? path : "");

	assert_true(n > 0 && (size_t)n < sizeof(found->text) - found->used);
	found->used += (size_t)n;
	return ++found->count == found->stop_after ? 77 : 0;
}

static int on_package(void *cookie, const struct installed_package *package)
{
	return remember(cookie, package, NULL);
}

static int on_file(void *cookie, const struct installed_package *package, const char *path)
{
	return remember(cookie, package, path);
}

static void find(const struct scratch *scratch, const char *glob, bool files, struct found *found)
{
	char *items[] = { (char *)(uintptr_t)glob };
	const struct strings globs = { items, 1 };
	const struct package_db_options options = { .dpkg = scratch->path };
	const struct strings *wanted = glob ? &globs : NULL;

	*found = (struct found){ .count = 0 };
	if (files)
		assert_int_equal(package_db_files(&options, wanted, scratch->problems, on_file,
						  found), 0);
	else
		assert_int_equal(package_db_each(&options, wanted, scratch->problems, on_package,
						 found), 0);
}

static const char status[] =
	"Package: kesl\n"
	"Status: install ok installed\n"
	"Architecture: amd64\n"
	"Description: x\n"
	" Package: not-a-field\n"
	" .\n"
	"Version: 12.0.0-6672\n"
	"\n"
	"Package: libkesl\n"
	"Status: hold ok half-configured\n"
	"Architecture: i386\n"
	"Multi-Arch: same\n"
	"Version: 1:2~rc1\n"
	"\n"
	"\n"
	"Package: removed\n"
	"Status: deinstall ok config-files\n"
	"Architecture: amd64\n"
	"Version: 3\n"
	"\n"
	"Package: other\n"
	"Status: install ok installed\n"
	"Architecture: all\n"
	"Version: 4"; /* no newline at the end */

static void write_database(const struct scratch *scratch)
{
	char *info = scratch_path(scratch, "info");

	assert_int_equal(mkdir(info, 0755), 0);
	free(info);
	scratch_write(scratch, "status", status);
	scratch_write(scratch, "info/kesl.list",
		      "/.\n/opt\n/opt/kaspersky\n/opt/kaspersky/kesl\n/opt/kaspersky/kesl.old\n"
		      "/usr\n/usr/bin\n/usr/bin/a name\n/usr/bin/diverted\n");
	scratch_write(scratch, "info/libkesl.list", "/wrong\n");
	scratch_write(scratch, "info/libkesl:i386.list", "/usr/lib/libkesl.so");
	scratch_write(scratch, "info/removed.list", "/etc/removed.conf\n");
	scratch_write(scratch, "info/other.list", "/usr/bin/diverted\n");
	scratch_write(scratch, "diversions",
		      "/zzz\n/zzz.distrib\n:\n/usr/bin/diverted\n/usr/bin/diverted.other\nkesl\n");
}

static void test_dpkg_packages(void **state)
{
	struct scratch scratch;
	struct found found;

	(void)state;
	scratch_begin(&scratch);
	write_database(&scratch);
	find(&scratch, NULL, false, &found);
	assert_string_equal(found.text, "dpkg kesl 12.0.0-6672 amd64\n"
					"dpkg libkesl 1:2~rc1 i386\n"
					"dpkg other 4 all\n");
	find(&scratch, "*kesl", false, &found);
	assert_int_equal(found.count, 2);
	find(&scratch, "kes[l]", false, &found);
	assert_string_equal(found.text, "dpkg kesl 12.0.0-6672 amd64\n");
	find(&scratch, "kes", false, &found);
	assert_int_equal(found.count, 0);
	assert_no_errors(scratch.problems);
	assert_int_equal(problems_warnings(scratch.problems), 0);
	scratch_end(&scratch);
}

static void test_dpkg_files(void **state)
{
	struct scratch scratch;
	struct found found;

	(void)state;
	scratch_begin(&scratch);
	write_database(&scratch);
	find(&scratch, NULL, true, &found);
	/* "/opt/kaspersky/kesl" is a file: what follows only begins like it. */
	assert_string_equal(found.text, "dpkg kesl 12.0.0-6672 amd64 /opt/kaspersky/kesl\n"
					"dpkg kesl 12.0.0-6672 amd64 /opt/kaspersky/kesl.old\n"
					"dpkg kesl 12.0.0-6672 amd64 /usr/bin/a name\n"
					"dpkg kesl 12.0.0-6672 amd64 /usr/bin/diverted\n"
					"dpkg libkesl 1:2~rc1 i386 /usr/lib/libkesl.so\n"
					"dpkg other 4 all /usr/bin/diverted.other\n");
	find(&scratch, "lib*", true, &found);
	assert_string_equal(found.text, "dpkg libkesl 1:2~rc1 i386 /usr/lib/libkesl.so\n");
	scratch_end(&scratch);
}

static void test_dpkg_stops(void **state)
{
	struct found found = { .stop_after = 2 };
	struct package_db_options options;
	struct scratch scratch;

	(void)state;
	scratch_begin(&scratch);
	write_database(&scratch);
	options = (struct package_db_options){ .dpkg = scratch.path };
	assert_int_equal(package_db_files(&options, NULL, scratch.problems, on_file, &found), 77);
	assert_int_equal(found.count, 2);
	scratch_end(&scratch);
}

/* Names that would lead out of the directory, or nowhere, are reported by their line. */
static void test_dpkg_hostile(void **state)
{
	static const char text[] = "Package: ../../etc/passwd\n"
				   "Status: install ok installed\n"
				   "Architecture: all\n"
				   "\n"
				   "Package: good\n"
				   "Status: install ok installed\n"
				   "Architecture: ../all\n"
				   "\n"
				   "Status: install ok installed\n"
				   "\n"
				   "Package: lost\n"
				   "Status: install ok installed\n"
				   "Architecture: all\n"
				   "\n"
				   "Package: kesl\n"
				   "Status: install ok installed\n"
				   "Architecture: all\n";
	struct scratch scratch;
	struct found found;
	char *long_text;

	(void)state;
	scratch_begin(&scratch);
	write_database(&scratch);
	scratch_write(&scratch, "status", text);
	scratch_write(&scratch, "info/kesl.list", "relative\n/fine\n\n");
	find(&scratch, NULL, true, &found);
	assert_string_equal(found.text, "dpkg kesl  all /fine\n");
	assert_problem(scratch.problems, PROBLEM_WARNING, "status", 1, "expected a stanza");
	assert_problem(scratch.problems, PROBLEM_WARNING, "status", 5, "expected a stanza");
	assert_problem(scratch.problems, PROBLEM_WARNING, "status", 9, "expected a stanza");
	assert_problem(scratch.problems, PROBLEM_WARNING, "info/lost.list", 0, "cannot read");
	assert_problem(scratch.problems, PROBLEM_WARNING, "info/kesl.list", 1, "absolute path");
	assert_problem(scratch.problems, PROBLEM_WARNING, "info/kesl.list", 3, "absolute path");

	/* A name longer than any, a stanza without an end, a NUL. */
	long_text = malloc(1U << 20);
	assert_non_null(long_text);
	memset(long_text, 'a', 1U << 20);
	memcpy(long_text, "Package: ", 9);
	memcpy(long_text + (1U << 19), "\nStatus: install ok installed\n\n", 31);
	scratch_forget(&scratch);
	scratch_write_bytes(&scratch, "status", long_text, 1U << 20);
	find(&scratch, NULL, true, &found);
	assert_int_equal(found.count, 0);
	assert_problem(scratch.problems, PROBLEM_WARNING, "status", 1, "expected a stanza");
	free(long_text);
	scratch_forget(&scratch);
	scratch_write_bytes(&scratch, "status", status, sizeof(status));
	find(&scratch, NULL, true, &found);
	assert_int_equal(found.count, 0);
	assert_problem(scratch.problems, PROBLEM_WARNING, "status", 0, "cannot read");
	scratch_end(&scratch);
}

static void test_no_database(void **state)
{
	const struct package_db_options options = { .dpkg = "/nonexistent", .rpm = true,
						    .rpm_program = "/nonexistent/rpm",
						    .rpm_database = "/nonexistent" };
	struct problems *problems = problems_new();
	struct found found = { .count = 0 };

	(void)state;
	assert_int_equal(package_db_each(&options, NULL, problems, on_package, &found), 0);
	assert_int_equal(package_db_files(&options, NULL, problems, on_file, &found), 0);
	assert_int_equal(found.count, 0);
	assert_int_equal(problems_warnings(problems), 0);
	problems_free(problems);
}

/* The machine's own database, against what dpkg says. */
static void test_real_dpkg(void **state)
{
	const struct package_db_options options = { .dpkg = NULL };
	char *items[] = { (char[]){ "hell[o]" } };
	const struct strings globs = { items, 1 };
	struct problems *problems = problems_new();
	struct found found = { .count = 0 };
	char expected[256];
	FILE *query;

	(void)state;
	query = popen("dpkg-query -W -f 'dpkg hello ${Version} ${Architecture} /usr/bin/hello\n'"
		      " hello 2>/dev/null", "r");
	assert_non_null(query);
	if (!fgets(expected, sizeof(expected), query)) {
		pclose(query);
		problems_free(problems);
		skip();
	}
	assert_int_equal(pclose(query), 0);
	assert_int_equal(package_db_files(&options, &globs, problems, on_file, &found), 0);
	assert_non_null(strstr(found.text, expected));
	assert_null(strstr(found.text, " /usr/bin\n"));
	assert_non_null(strstr(found.text, " /usr/share/doc/hello/copyright\n"));
	assert_int_equal(problems_warnings(problems), 0);
	problems_free(problems);
}

/* Makes a program that answers as it is told, and asks it. */
static int ask_fake(struct scratch *scratch, const char *script, bool files, struct found *found)
{
	const struct package_query query = {
		.problems = scratch->problems,
		.package = files ? NULL : on_package,
		.file = files ? on_file : NULL,
		.cookie = found,
	};
	char *program = scratch_path(scratch, "rpm");
	int r;

	scratch_write(scratch, "rpm", script);
	assert_int_equal(chmod(program, 0755), 0);
	r = package_rpm_query(&query, program, scratch->path, 1);
	free(program);
	return r;
}

static void test_rpm_answers(void **state)
{
	struct found found = { .count = 0 };
	struct scratch scratch;

	(void)state;
	scratch_begin(&scratch);
	assert_int_equal(ask_fake(&scratch,
				  "#!/bin/sh\ncat <<'END'\n"
				  "P'kesl''12.0-1''x86_64'\n"
				  "F'/opt/kesl'16877\n"
				  "F'/opt/kesl/it'\\''s'33261\n"
				  "F'/opt/kesl/two\nP'\\'''\\''lines'33188\n"
				  "P'none''1-1''noarch'\n"
				  "END\n",
				  true, &found), 0);
	assert_string_equal(found.text, "rpm kesl 12.0-1 x86_64 /opt/kesl/it's\n"
					"rpm kesl 12.0-1 x86_64 /opt/kesl/two\nP''lines\n");
	assert_int_equal(problems_warnings(scratch.problems), 0);

	/* A clean environment and no input: the variable is not handed on. */
	assert_int_equal(setenv("INTERDICT_TEST", "1", 1), 0);
	found = (struct found){ .count = 0 };
	assert_int_equal(ask_fake(&scratch,
				  "#!/bin/sh\nread line && exit 9\n"
				  "echo \"P'$1''$HOME''x$INTERDICT_TEST'\"\n",
				  false, &found), 0);
	assert_string_equal(found.text, "rpm -qa / x\n");
	assert_int_equal(problems_warnings(scratch.problems), 0);
	scratch_end(&scratch);
}

static void test_rpm_fails(void **state)
{
	static const struct {
		const char *script, *said;
	} cases[] = {
		{ "#!/bin/sh\necho garbage\n", "makes no sense" },
		{ "#!/bin/sh\nprintf \"P'a''b\"\n", "makes no sense" },
		{ "#!/bin/sh\nprintf \"P'a''b\\\\0'''\"\n", "makes no sense" },
		{ "#!/bin/sh\nprintf \"F'/x'99999999999\\n\"\n", "makes no sense" },
		{ "#!/bin/sh\nprintf \"P'\"\nhead -c 100000 /dev/zero | tr '\\0' a\n",
		  "makes no sense" },
		{ "#!/bin/sh\nexit 3\n", "exit status 3" },
		{ "#!/bin/sh\nkill -KILL $$\n", "killed by signal 9" },
		{ "#!/bin/sh\nexec sleep 30\n", "in time" },
	};
	struct scratch scratch;

	(void)state;
	scratch_begin(&scratch);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct found found = { .count = 0 };
		uint64_t begun = clock_monotonic();

		scratch_forget(&scratch);
		assert_int_equal(ask_fake(&scratch, cases[i].script, true, &found), 0);
		assert_problem(scratch.problems, PROBLEM_WARNING, "rpm", 0, cases[i].said);
		assert_int_equal(found.count, 0);
		assert_true(clock_monotonic() - begun < 10000000000ULL);
	}
	scratch_end(&scratch);
}

/* Whoever wants no more is obeyed, and no process stays behind. */
static void test_rpm_stops(void **state)
{
	struct found found = { .stop_after = 3 };
	struct scratch scratch;

	(void)state;
	scratch_begin(&scratch);
	assert_int_equal(ask_fake(&scratch, "#!/bin/sh\nexec yes \"P'a''b''c'\"\n", false, &found),
			 77);
	assert_int_equal(found.count, 3);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(problems_warnings(scratch.problems), 0);
	scratch_end(&scratch);
}

/* What rpm itself writes: a package with awkward names, in a database of its own. */
static void test_real_rpm(void **state)
{
	static const char build[] =
		"exec >/dev/null 2>&1; cd '%s' && export HOME=$PWD && "
		"printf '%%s\\n' 'Name: awkward' 'Version: 1.5' 'Release: 2' 'Summary: x' "
		"'License: x' 'BuildArch: noarch' '%%description' 'x' '%%install' "
		"'mkdir -p %%{buildroot}/opt/awkward' "
		"'echo x >\"%%{buildroot}/opt/awkward/it'\"'\"'s\"' '%%files' '/opt/awkward' "
		">t.spec && rpmbuild -bb --define \"_topdir $PWD\" t.spec && "
		"rpm --dbpath $PWD -i --justdb --nodeps --ignorearch RPMS/*/*.rpm";
	struct package_db_options options = { .dpkg = "/nonexistent", .rpm = true };
	struct found found = { .count = 0 };
	struct scratch scratch;
	char command[1024];

	(void)state;
	if (access("/usr/bin/rpmbuild", X_OK) < 0)
		skip();
	scratch_begin(&scratch);
	snprintf(command, sizeof(command), build, scratch.path);
	assert_int_equal(system(command), 0);
	options.rpm_database = scratch.path;
	assert_int_equal(package_db_files(&options, NULL, scratch.problems, on_file, &found), 0);
	assert_string_equal(found.text, "rpm awkward 1.5-2 noarch /opt/awkward/it's\n");
	found = (struct found){ .count = 0 };
	assert_int_equal(package_db_each(&options, NULL, scratch.problems, on_package, &found), 0);
	assert_string_equal(found.text, "rpm awkward 1.5-2 noarch\n");
	assert_int_equal(problems_warnings(scratch.problems), 0);
	scratch_end(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dpkg_packages), cmocka_unit_test(test_dpkg_files),
		cmocka_unit_test(test_dpkg_stops),    cmocka_unit_test(test_dpkg_hostile),
		cmocka_unit_test(test_no_database),   cmocka_unit_test(test_real_dpkg),
		cmocka_unit_test(test_rpm_answers),   cmocka_unit_test(test_rpm_fails),
		cmocka_unit_test(test_rpm_stops),     cmocka_unit_test(test_real_rpm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
