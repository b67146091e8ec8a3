/* SPDX-License-Identifier: BSD-2-Clause */
/* Vendor files: what they say, and every mistake in them by its line. */
#include "day.h"
#include "input.h"

#include <errno.h>

#include "vendor.h"

static struct scratch scratch;
static struct vendor *vendor;

static int setup(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	vendor = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vendor_free(vendor);
	scratch_end(&scratch);
	return 0;
}

static int load_bytes(const void *bytes, size_t size)
{
	char *path = scratch_path(&scratch, "v.vendor");
	struct vendor *loaded = NULL;
	int r;

	scratch_write_bytes(&scratch, "v.vendor", bytes, size);
	r = vendor_load(path, scratch.problems, &loaded);
	free(path);
	if (r < 0) {
		assert_null(loaded);
		return r;
	}
	vendor_free(vendor);
	vendor = loaded;
	return 0;
}

static int load(const char *text)
{
	return load_bytes(text, strlen(text));
}

/* Loads a file whose only mistake is in @line. */
static void assert_wrong(const char *text, unsigned int line, const char *said)
{
	assert_int_equal(load(text), -EINVAL);
	assert_only_error(scratch.problems, "/v.vendor", line, said);
	scratch_forget(&scratch);
}

static void test_everything(void **state)
{
	char path[128];

	(void)state;
	assert_int_equal(load("\xef\xbb\xbf# comment\r\n"
			      "[vendor]\r\n"
			      "id = acme-1.x_y ; not part of it\r\n"
			      "name = Acme \xc3\xa4 Corp.\r\n"
			      "  alias = Acme One\r\n"
			      "\talias = Acme Two\r\n"
			      "[authority]\n"
			      "citation = 89 FR 52434; ICTS-2021-002\n"
			      "citation: Second\n"
			      "url = https://example.org/?a=b&c=d#e\n"
			      "[schedule]\n"
			      "announced = 2026-01-01\n"
			      "grace = 45d\n"
			      "review = 2026-12-31\n"
			      "retired = 2030-01-01\n"
			      "[lists]\n"
			      "file = a.csv\n"
			      "file = sub/b.sha256\n"
			      "file = /abs/c.gz\n"
			      "open = deny"),
			 0);
	assert_no_errors(scratch.problems);
	assert_int_equal(problems_warnings(scratch.problems), 0);
	assert_string_equal(vendor->id, "acme-1.x_y");
	assert_int_equal(vendor->id_line, 3);
	assert_string_equal(vendor->name, "Acme \xc3\xa4 Corp.");
	assert_int_equal(vendor->alias.count, 2);
	assert_string_equal(vendor->alias.item[0], "Acme One");
	assert_string_equal(vendor->alias.item[1], "Acme Two");
	assert_int_equal(vendor->citation.count, 2);
	assert_string_equal(vendor->citation.item[0], "89 FR 52434; ICTS-2021-002");
	assert_string_equal(vendor->citation.item[1], "Second");
	assert_int_equal(vendor->url.count, 1);
	assert_string_equal(vendor->url.item[0], "https://example.org/?a=b&c=d#e");
	assert_int_equal(vendor->schedule.announced, day_of("2026-01-01"));
	assert_int_equal(vendor->schedule.prohibited, day_of("2026-02-15"));
	assert_int_equal(vendor->schedule.review, day_of("2026-12-31"));
	assert_int_equal(vendor->schedule.retired, day_of("2030-01-01"));
	assert_true(vendor->open_deny);
	assert_int_equal(vendor->list_count, 3);
	snprintf(path, sizeof(path), "%s/a.csv", scratch.path);
	assert_string_equal(vendor->lists[0].path, path);
	assert_int_equal(vendor->lists[0].line, 17);
	snprintf(path, sizeof(path), "%s/sub/b.sha256", scratch.path);
	assert_string_equal(vendor->lists[1].path, path);
	assert_string_equal(vendor->lists[2].path, "/abs/c.gz");
	assert_int_equal(vendor->lists[2].line, 19);
}

static void test_least(void **state)
{
	(void)state;
	assert_int_equal(load("[vendor]\nid=x\n[lists]\nfile=l\n"), 0);
	assert_no_errors(scratch.problems);
	assert_string_equal(vendor->name, "x");
	assert_false(vendor->open_deny);
	assert_int_equal(vendor->schedule.announced, SCHEDULE_NONE);
	assert_int_equal(vendor->schedule.prohibited, SCHEDULE_NONE);
	assert_int_equal(vendor->schedule.review, SCHEDULE_NONE);
	assert_int_equal(vendor->schedule.retired, SCHEDULE_NONE);
}

/* A vendor that no list is known for yet: fine, and said. */
static void test_without_lists(void **state)
{
	(void)state;
	assert_int_equal(load("[vendor]\nid=x\n"), 0);
	assert_no_errors(scratch.problems);
	assert_problem(scratch.problems, PROBLEM_WARNING, "/v.vendor", 0,
		       "nothing of this vendor is recognised");
	assert_int_equal(vendor->list_count, 0);
}

static void test_unknown(void **state)
{
	(void)state;
	assert_wrong("[vendor]\nid=x\nnmae=y\n[lists]\nfile=l\n", 3,
		     "unknown key: expected one of id, name, alias, mode, found nmae");
	assert_wrong("[vendor]\nid=x\n[lists]\nfile=l\n[schedul]\nprohibited=2026-01-01\n", 5,
		     "unknown section: expected one of vendor, authority, schedule, lists, "
		     "identity, found schedul");
	assert_wrong("[vendor]\nid=x\n[lists]\nfile=l\n[]\n", 5, "unknown section");
	/* A section without keys is a mistake too. */
	assert_wrong("[vendor]\nid=x\n[lists]\nfile=l\n[foo]\n", 5, "found foo");
	/* The right key in the wrong section. */
	assert_wrong("[vendor]\nid=x\nopen=deny\n[lists]\nfile=l\n", 3, "found open");
	assert_wrong("[vendor]\nid=x\n[lists]\nfile=l\nFile=m\n", 5, "found File");
	assert_wrong("id=x\n[vendor]\nid=x\n[lists]\nfile=l\n", 1, "expected a [section] before");
}

static void test_syntax(void **state)
{
	(void)state;
	assert_wrong("[vendor]\nid=x\nfoo\n[lists]\nfile=l\n", 3, "expected [section], key = value");
	assert_wrong("[vendor]\nid=x\n[lists\n[lists]\nfile=l\n", 3, "expected [section]");
	assert_wrong("[vendor]\nid=x\n[lists] file=l\nfile=l\n", 3,
		     "expected nothing after [section], found \"file=l\"");
	assert_wrong("[vendor]\nid=x\nname=\n[lists]\nfile=l\n", 3, "name has no value");
	assert_wrong("[vendor]\nid=x\nname= ; nothing\n[lists]\nfile=l\n", 3, "name has no value");
	assert_wrong("[vendor]\nid=x\nid=y\n[lists]\nfile=l\n", 3,
		     "id is given twice: expected one, first given in line 2");
	assert_wrong("[vendor]\nid=x\n[lists]\nopen=deny\nfile=l\nopen=deny\n", 6, "given twice");
	/* An indented line is a line of its own, not more of the one before it. */
	assert_wrong("[vendor]\nid=x\n   foo\n[lists]\nfile=l\n", 3, "expected [section]");
}

static void test_every_mistake_is_said(void **state)
{
	(void)state;
	assert_int_equal(load("[vendor]\nid=X\nfoo=1\n[schedule]\nannounced=tomorrow\n"
			      "review=2026-02-30\n[lists]\nopen=no\nfile=l\n"),
			 -EINVAL);
	assert_error(scratch.problems, "/v.vendor", 2, "id: expected");
	assert_error(scratch.problems, "/v.vendor", 3, "found foo");
	assert_error(scratch.problems, "/v.vendor", 5, "announced: expected a date");
	assert_error(scratch.problems, "/v.vendor", 6, "review: expected a date");
	assert_error(scratch.problems, "/v.vendor", 8, "open: expected audit or deny, found no");
}

static void test_id(void **state)
{
	static const char *const bad[] = { "A", "a b", "-a", ".a", "_a", "a/b", "\xc3\xa4", "a\x01" };
	char text[256], long_id[66];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "[vendor]\nid=%s\n[lists]\nfile=l\n", bad[i]);
		assert_wrong(text, 2, "id: expected at most 64 lower-case letters");
	}
	memset(long_id, 'a', 65);
	long_id[65] = '\0';
	snprintf(text, sizeof(text), "[vendor]\nid=%s\n[lists]\nfile=l\n", long_id);
	assert_wrong(text, 2, "id: expected");
	long_id[64] = '\0';
	snprintf(text, sizeof(text), "[vendor]\nid=%s\n[lists]\nfile=l\n", long_id);
	assert_int_equal(load(text), 0);
	assert_string_equal(vendor->id, long_id);
	assert_wrong("[vendor]\nname=x\n[lists]\nfile=l\n", 0, "expected id = ... in [vendor]");
	assert_wrong("", 0, "expected id = ... in [vendor]");
}

static void test_control_characters(void **state)
{
	static const char nul[] = "[vendor]\nid=x\nname=a\0b\n[lists]\nfile=l\n";

	(void)state;
	assert_wrong("[vendor]\nid=x\nname=a\x1b[2J\n[lists]\nfile=l\n", 3,
		     "name: expected no control characters, found \"a\\x1b[2J\"");
	assert_wrong("[vendor]\nid=x\n[authority]\nurl=a\x7f\n[lists]\nfile=l\n", 4, "url: expected");
	assert_int_equal(load_bytes(nul, sizeof(nul) - 1), -EINVAL);
	assert_only_error(scratch.problems, "/v.vendor", 3, "a NUL byte");
}

#define WITH(schedule) "[vendor]\nid=x\n[lists]\nfile=l\n[schedule]\n" schedule

static void test_schedule(void **state)
{
	(void)state;
	assert_wrong(WITH("prohibited=2026-13-01\n"), 6,
		     "prohibited: expected a date of the calendar as YYYY-MM-DD, found 2026-13-01");
	assert_wrong(WITH("announced=2026-01-01\ngrace=45\n"), 7, "grace: expected a number of days");
	assert_wrong(WITH("announced=2026-01-01\ngrace=0d\n"), 7, "grace: expected a number of days");
	assert_wrong(WITH("announced=2026-01-01\ngrace=45d\nprohibited=2026-03-01\n"), 7,
		     "either grace or prohibited");
	assert_wrong(WITH("grace=45d\n"), 6, "grace: expected a date announced too");
	assert_wrong(WITH("announced=2026-01-01\n"), 6,
		     "announced: expected prohibited = YYYY-MM-DD or grace = 45d with it");
	assert_wrong(WITH("prohibited=2025-12-31\nannounced=2026-01-01\n"), 6,
		     "prohibited: expected a date not before");
	assert_wrong(WITH("prohibited=2026-01-01\nretired=2025-12-31\n"), 7,
		     "retired: expected a date after all");
	assert_wrong(WITH("announced=2026-01-01\ngrace=10d\nretired=2026-01-10\n"), 8,
		     "retired: expected a date after all");
	assert_int_equal(load(WITH("announced=2026-01-01\nprohibited=2026-01-01\n")), 0);
	assert_int_equal(load(WITH("retired=2026-01-01\n")), 0);
	assert_int_equal(load(WITH("prohibited=2024-02-29\n")), 0);
	assert_int_equal(vendor->schedule.prohibited, day_of("2024-02-29"));
	/* 45 days over a leap day */
	assert_int_equal(load(WITH("grace=45d\nannounced=2024-02-01\n")), 0);
	assert_int_equal(vendor->schedule.prohibited, day_of("2024-03-17"));
}

static void test_milestones(void **state)
{
	static const char *const names[] = { "announced",     "identify",	    "plan",
					     "begin-removal", "prohibited",	    "vendor-updates-end",
					     "review",	      "retired" };
	const char *name;
	int32_t day;

	(void)state;
	assert_int_equal(load(WITH("announced=2017-09-13\nidentify=2017-10-13\nplan=2017-11-12\n"
				   "begin-removal=2017-12-12\nprohibited=2018-10-01\n"
				   "vendor-updates-end=2024-09-29\nreview=2026-12-01\n"
				   "retired=2030-01-01\n")),
			 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_true(schedule_milestone(&vendor->schedule, i, &name, &day));
		assert_string_equal(name, names[i]);
		assert_int_not_equal(day, SCHEDULE_NONE);
	}
	assert_int_equal(vendor->schedule.begin_removal, day_of("2017-12-12"));
	assert_int_equal(vendor->schedule.vendor_updates_end, day_of("2024-09-29"));
	/* Each of the three may be missing, and two may fall on one day. */
	assert_int_equal(load(WITH("announced=2026-01-01\nprohibited=2026-02-01\nplan=2026-01-01\n"
				   "begin-removal=2026-01-01\n")),
			 0);
	assert_wrong(WITH("identify=2026-02-30\n"), 6, "identify: expected a date");
	assert_wrong(WITH("plan=soon\n"), 6, "plan: expected a date");
	assert_wrong(WITH("begin-removal=2026-1-1\n"), 6, "begin-removal: expected a date");
	assert_wrong(WITH("vendor-updates-end=\n"), 6, "vendor-updates-end has no value");
	assert_wrong(WITH("plan=2026-01-01\nplan=2026-01-02\n"), 7, "plan is given twice");
	assert_wrong(WITH("plan=2026-01-01\nidentify=2026-01-02\n"), 6,
		     "plan: expected a date not before that of identify");
	assert_wrong(WITH("announced=2026-02-01\nprohibited=2026-03-01\nbegin-removal=2026-01-31\n"),
		     8, "begin-removal: expected a date not before that of announced");
}

static void test_mode_and_scope(void **state)
{
	(void)state;
	assert_int_equal(load("[vendor]\nid=x\n[lists]\nfile=l\n"), 0);
	assert_false(vendor->audit_only);
	assert_null(vendor->scope);
	assert_int_equal(load("[vendor]\nid=x\nmode=enforce\n[lists]\nfile=l\n"), 0);
	assert_false(vendor->audit_only);
	assert_int_equal(load("[vendor]\nid=x\nmode=audit\n[authority]\nscope=not embedded code\n"
			      "[lists]\nfile=l\n"),
			 0);
	assert_true(vendor->audit_only);
	assert_string_equal(vendor->scope, "not embedded code");
	assert_wrong("[vendor]\nid=x\nmode=off\n[lists]\nfile=l\n", 3,
		     "mode: expected enforce or audit, found off");
	assert_wrong("[vendor]\nid=x\nmode=audit\nmode=audit\n[lists]\nfile=l\n", 4, "given twice");
	assert_wrong("[authority]\nscope=a\nscope=b\n[vendor]\nid=x\n[lists]\nfile=l\n", 3,
		     "given twice");
}

static void test_archives_and_signer(void **state)
{
	(void)state;
	assert_int_equal(load("[vendor]\nid=x\n[lists]\nfile=l\narchive=a.csv\narchive=b.csv\n"
			      "signed-by=key.pub\n"),
			 0);
	assert_int_equal(vendor->list_count, 3);
	assert_false(vendor->lists[0].archive);
	assert_true(vendor->lists[1].archive);
	assert_true(vendor->lists[2].archive);
	assert_string_equal(vendor->signed_by, "key.pub");
	assert_int_equal(vendor->signed_by_line, 7);
	assert_wrong("[vendor]\nid=x\n[lists]\nfile=l\nsigned-by=a\nsigned-by=b\n", 6,
		     "signed-by is given twice");
}

static void test_identity(void **state)
{
	(void)state;
	assert_int_equal(load("[vendor]\nid=x\n[identity]\npackage=kesl*\npackage=klnagent\n"
			      "path=/opt/acme/*\nunit=acme\nmodule=acme_?\nlearn=yes\n"),
			 0);
	assert_no_errors(scratch.problems);
	assert_int_equal(problems_warnings(scratch.problems), 0);
	assert_true(vendor_has_identity(vendor));
	assert_int_equal(vendor->identity.package.count, 2);
	assert_string_equal(vendor->identity.path.item[0], "/opt/acme/*");
	assert_string_equal(vendor->identity.unit.item[0], "acme");
	assert_string_equal(vendor->identity.module.item[0], "acme_?");
	assert_true(vendor->identity.learn);
	assert_wrong("[vendor]\nid=x\n[identity]\npackage=*\n", 4,
		     "package: expected a glob that names something");
	assert_wrong("[vendor]\nid=x\n[identity]\npath=/*/?\n", 4, "path: expected a glob that names");
	assert_wrong("[vendor]\nid=x\n[identity]\npath=opt/acme\n", 4,
		     "path: expected a glob of absolute paths");
	assert_wrong("[vendor]\nid=x\n[identity]\nunit=acme\nlearn=maybe\n", 5,
		     "learn: expected no or yes");
	assert_wrong("[vendor]\nid=x\n[lists]\nfile=l\n[identity]\nlearn=yes\n", 6,
		     "learn: expected package, path, unit or module");
}

#define DIGEST "c7899587df8770bb78cd82576c47bdfbce56ac620550a1c82014442e339251ef"
#define OTHER "17899587df8770bb78cd82576c47bdfbce56ac620550a1c82014442e339251ef"
#define EXEMPT "[vendor]\nid=x\n[lists]\nfile=l\n[exempt A-1]\n" /* five lines */
#define ANSWERED "approver=Ann\nreason=migration\nticket=CHG-7\n"

static void test_exemptions(void **state)
{
	const struct exemption *exemption;

	(void)state;
	assert_int_equal(load(EXEMPT "sha256=" DIGEST "\nsha256=" OTHER "\nuid=1000\n"
				     "host=web1\nuntil=2026-12-31\n" ANSWERED
				     "[exempt b.2_c]\nsha256=" DIGEST "\nuntil=2026-06-30\n" ANSWERED),
			 0);
	assert_no_errors(scratch.problems);
	assert_int_equal(vendor->exemption_count, 2);
	exemption = &vendor->exemptions[0];
	assert_string_equal(exemption->id, "A-1");
	assert_int_equal(exemption->line, 5);
	assert_int_equal(exemption->digest_count, 2);
	assert_int_equal(exemption->digest[0][0], 0xc7);
	assert_int_equal(exemption->digest[1][0], 0x17);
	assert_int_equal(exemption->uid, 1000);
	assert_string_equal(exemption->host, "web1");
	assert_int_equal(exemption->until, day_of("2026-12-31"));
	assert_string_equal(exemption->approver, "Ann");
	assert_string_equal(exemption->reason, "migration");
	assert_string_equal(exemption->ticket, "CHG-7");
	exemption = &vendor->exemptions[1];
	assert_string_equal(exemption->id, "b.2_c");
	assert_int_equal(exemption->uid, EXEMPTION_ANY_UID);
	assert_null(exemption->host);
}

/* Whatever is required is missed, by the line of the section. */
static void test_exemptions_lack(void **state)
{
	(void)state;
	assert_wrong(EXEMPT "until=2026-12-31\n" ANSWERED, 5, "exempt A-1: expected sha256 = ...");
	assert_wrong(EXEMPT "sha256=" DIGEST "\n" ANSWERED, 5, "exempt A-1: expected until = ...");
	assert_wrong(EXEMPT "sha256=" DIGEST "\nuntil=2026-12-31\nreason=r\nticket=t\n", 5,
		     "expected approver = ...");
	assert_wrong(EXEMPT "sha256=" DIGEST "\nuntil=2026-12-31\napprover=a\nticket=t\n", 5,
		     "expected reason = ...");
	/* Not the last section of the file. */
	assert_wrong(EXEMPT "sha256=" DIGEST "\nuntil=2026-12-31\napprover=a\nreason=r\n"
			    "[exempt B]\nsha256=" DIGEST "\nuntil=2026-12-31\n" ANSWERED,
		     5, "exempt A-1: expected ticket = ...");
	assert_int_equal(load(EXEMPT), -EINVAL);
	assert_int_equal(problems_errors(scratch.problems), 5);
}

static void test_exemptions_wrong(void **state)
{
	static const char id43[] = "1234567890123456789012345678901234567890123";
	char text[512];

	(void)state;
#define GOOD EXEMPT "sha256=" DIGEST "\nuntil=2026-12-31\n" ANSWERED /* ten lines */
	assert_int_equal(load(GOOD), 0);
	assert_wrong(GOOD "sha256=abc\n", 11, "sha256: expected 64 hexadecimal digits");
	assert_wrong(GOOD "sha256=*\n", 11, "sha256: expected 64 hexadecimal digits");
	assert_wrong(GOOD "uid=root\n", 11, "uid: expected the number of a user");
	assert_wrong(GOOD "uid=4294967295\n", 11, "uid: expected the number of a user");
	assert_wrong(GOOD "uid=-1\n", 11, "uid: expected the number of a user");
	assert_wrong(GOOD "until=2027-01-01\n", 11, "until is given twice");
	assert_wrong(EXEMPT "sha256=" DIGEST "\nuntil=never\n" ANSWERED, 7,
		     "until: expected a date of the calendar");
	assert_wrong(GOOD "vendor=all\n", 11, "unknown key");
	assert_wrong(GOOD "host=a\x1b[2J\n", 11, "host: expected no control characters");
	assert_wrong(GOOD "[exempt A-1]\n", 11, "exempt A-1 is given twice: expected one, first given "
						"in line 5");
	assert_wrong(GOOD "[exempt a/b]\n", 11, "expected [exempt ID]");
	assert_wrong(GOOD "[exempt ]\n", 11, "expected");
	assert_wrong(GOOD "[exempt]\n", 11, "unknown section");
	snprintf(text, sizeof(text), GOOD "[exempt %s]\n", id43);
	assert_int_equal(load(text), -EINVAL);
	scratch_forget(&scratch);
	snprintf(text, sizeof(text), GOOD "[exempt %s]\nsha256=" DIGEST "\nuntil=2026-12-31\n" ANSWERED,
		 id43 + 1);
	assert_int_equal(load(text), 0);
	assert_string_equal(vendor->exemptions[1].id, id43 + 1);
}

static void test_long_lines(void **state)
{
	char text[9000], value[4000];

	(void)state;
	memset(value, 'v', sizeof(value));
	snprintf(text, sizeof(text), "[vendor]\nid=x\nname=%.*s\n[lists]\nfile=l\n", 4000, value);
	assert_wrong(text, 3, "expected a line of at most");
	snprintf(text, sizeof(text), "[vendor]\nid=x\nname=%.*s\n[lists]\nfile=l\n", 190, value);
	assert_int_equal(load(text), 0);
	assert_int_equal(strlen(vendor->name), 190);
	snprintf(text, sizeof(text), "[vendor]\nid=x\n[lists]\nfile=l\n[%.*s]\n", 60, value);
	assert_int_equal(load(text), -EINVAL);
	assert_error(scratch.problems, "/v.vendor", 5, "a section name of at most 49 bytes");
}

static void test_files_that_cannot_be_read(void **state)
{
	char *path = scratch_path(&scratch, "v.vendor"), *huge = calloc(1, 2U << 20);
	struct vendor *loaded = NULL;

	(void)state;
	assert_int_equal(vendor_load(path, scratch.problems, &loaded), -ENOENT);
	assert_only_error(scratch.problems, "/v.vendor", 0, "No such file");
	scratch_forget(&scratch);
	scratch_write(&scratch, "v.vendor", "[vendor]\nid=x\n");
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(vendor_load(path, scratch.problems, &loaded), -EPERM);
	assert_only_error(scratch.problems, "/v.vendor", 0, "writable by everybody (mode 0666)");
	scratch_forget(&scratch);
	memset(huge, '\n', 2U << 20);
	assert_int_equal(load_bytes(huge, 2U << 20), -EFBIG);
	assert_only_error(scratch.problems, "/v.vendor", 0, "expected at most 1048576 bytes");
	assert_null(loaded);
	free(path);
	free(huge);
}

/* Random changes of a good file: refused perhaps, never a crash. */
static void test_random(void **state)
{
	static const char good[] = "[vendor]\nid = x\nname = y\n[authority]\nurl = z\n[schedule]\n"
				   "announced = 2026-01-01\ngrace = 45d\n[lists]\nfile = l\n"
				   "[exempt E]\nuid = 7\nhost = h\nsha256 = " DIGEST
				   "\nuntil = 2026-12-31\n" ANSWERED "[exempt F]\nsha256 = " DIGEST
				   "\nuntil = 2026-12-31\n" ANSWERED;
	uint64_t random = 3;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char text[sizeof(good) - 1];
		int r;

		memcpy(text, good, sizeof(text));
		for (int change = 0; change < 3; change++)
			text[random_u64(&random) % sizeof(text)] = (char)random_u64(&random);
		r = load_bytes(text, sizeof(text));
		assert_int_equal(r < 0, problems_errors(scratch.problems) > 0);
		scratch_forget(&scratch);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_everything),
		TEST(test_least),
		TEST(test_without_lists),
		TEST(test_unknown),
		TEST(test_syntax),
		TEST(test_every_mistake_is_said),
		TEST(test_id),
		TEST(test_control_characters),
		TEST(test_schedule),
		TEST(test_milestones),
		TEST(test_mode_and_scope),
		TEST(test_archives_and_signer),
		TEST(test_identity),
		TEST(test_exemptions),
		TEST(test_exemptions_lack),
		TEST(test_exemptions_wrong),
		TEST(test_long_lines),
		TEST(test_files_that_cannot_be_read),
		TEST(test_random),
	};

	return cmocka_run_group_tests_name("vendor", tests, NULL, NULL);
}
