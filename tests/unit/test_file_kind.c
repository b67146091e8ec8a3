/* SPDX-License-Identifier: BSD-2-Clause */
#include "file_kind.h"
#include "package_facts.h"
#include "unit.h"
#include "util.h"

#define ELF  "\x7f" "ELF\2\1\1"
#define GZIP "\x1f\x8b\x08"
#define XZ   "\xfd" "7zXZ\0\0\4"
#define ZIP  "PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

#define BYTES(text) text, sizeof(text) - 1

static void test_kinds(void **state)
{
	static const struct {
		const char *head;
		size_t size;
		mode_t mode;
		const char *name;
		enum file_kind kind;
	} cases[] = {
		{ BYTES(ELF), 0644, "x", FILE_ELF },
		{ BYTES(ELF), 0755, "lib/x.so.1", FILE_ELF },
		{ BYTES("\x7f" "EL"), 0644, "x", FILE_OTHER },
		{ BYTES("#!/bin/sh\n"), 0644, "x.txt", FILE_SCRIPT },
		{ BYTES("#"), 0644, "x", FILE_OTHER },
		{ BYTES(" #!/bin/sh\n"), 0644, "x", FILE_OTHER },
		{ BYTES("text"), 0644, "x.so", FILE_OTHER },
		{ BYTES("text"), 0744, "x", FILE_EXECUTABLE },
		{ BYTES("text"), 0654, "x", FILE_EXECUTABLE },
		{ BYTES("text"), 0645, "x", FILE_EXECUTABLE },
		{ BYTES("text"), 04666, "x", FILE_OTHER },
		{ "", 0, 0755, "x", FILE_EXECUTABLE },
		{ BYTES(XZ), 0644, "m/x.ko.xz", FILE_MODULE_COMPRESSED },
		{ BYTES(GZIP), 0644, "X.KO.GZ", FILE_MODULE_COMPRESSED },
		{ BYTES("text"), 0644, "x.ko.xz", FILE_OTHER },
		{ BYTES(XZ), 0644, "x.xz", FILE_OTHER },
		{ BYTES(ZIP "\0\0\0\0"), 0644, "a/x.jar", FILE_JAR },
		{ BYTES(ZIP "\x9\0\0\0META-INF/"), 0644, "x", FILE_JAR },
		{ BYTES(ZIP "\x14\0\0\0META-INF/MANIFEST.MF"), 0644, "x.zip", FILE_JAR },
		{ BYTES(ZIP "\x8\0\0\0META-INF/"), 0644, "x", FILE_OTHER },
		{ BYTES(ZIP "\x9\0\0\0META-INF"), 0644, "x", FILE_OTHER },
		{ BYTES(ZIP "\x9\0\0\0meta-inf/"), 0644, "x", FILE_OTHER },
		{ BYTES("text"), 0644, "x.jar", FILE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (file_kind(cases[i].head, cases[i].size, cases[i].mode, cases[i].name) !=
		    cases[i].kind)
			fail_msg("case %zu, %s, is another kind", i, cases[i].name);
}

static void test_archives(void **state)
{
	static const struct {
		const char *head;
		size_t size;
		const char *name;
		enum file_archive archive;
	} cases[] = {
		{ BYTES("!<arch>\ndebian-binary   "), "x", ARCHIVE_DEB },
		{ BYTES("!<arch>\n/               "), "libx.a", ARCHIVE_NONE },
		{ BYTES("!<arch>\n/               "), "x.deb", ARCHIVE_NONE },
		{ BYTES("\xed\xab\xee\xdb\3\0"), "x", ARCHIVE_RPM },
		{ BYTES(ZIP), "x.apk", ARCHIVE_ZIP },
		{ BYTES("PK\5\6"), "x", ARCHIVE_ZIP },
		{ BYTES("PK"), "x.zip", ARCHIVE_NONE },
		{ BYTES("070701"), "x", ARCHIVE_CPIO },
		{ BYTES(GZIP), "x.tar.gz", ARCHIVE_TAR },
		{ BYTES(GZIP), "X.TGZ", ARCHIVE_TAR },
		{ BYTES(GZIP), "x.apk", ARCHIVE_TAR },
		{ BYTES(GZIP), "manual.1.gz", ARCHIVE_NONE },
		{ BYTES(XZ), "./data.tar.xz", ARCHIVE_TAR },
		{ BYTES(XZ), "x.ko.xz", ARCHIVE_MODULE },
		{ BYTES("text"), "x.ko.xz", ARCHIVE_NONE },
		{ BYTES("text"), "x.tar.xz", ARCHIVE_NONE },
		{ BYTES("text"), "x.tar", ARCHIVE_TAR },
		{ BYTES("text"), "x.iso", ARCHIVE_ISO },
		{ BYTES(GZIP), "x.iso", ARCHIVE_NONE },
		{ BYTES("text"), ".tar", ARCHIVE_NONE },
		{ "", 0, "x", ARCHIVE_NONE },
	};
	static char head[32769 + 5];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (file_archive(cases[i].head, cases[i].size, cases[i].name) != cases[i].archive)
			fail_msg("case %zu, %s, is another archive", i, cases[i].name);
	memcpy(head + 257, "ustar", 5);
	assert_int_equal(file_archive(head, 262, "x"), ARCHIVE_TAR);
	assert_int_equal(file_archive(head, 261, "x"), ARCHIVE_NONE);
	memset(head, 0, sizeof(head));
	memcpy(head + 32769, "CD001", 5);
	assert_int_equal(file_archive(head, sizeof(head), "x"), ARCHIVE_ISO);
	assert_int_equal(file_archive(head, sizeof(head) - 1, "x"), ARCHIVE_NONE);
	assert_true(file_archive_named("/x/y.Deb"));
	assert_true(file_archive_named("y.tar.zst"));
	assert_false(file_archive_named("y.gz"));
	assert_false(file_archive_named("deb"));
}

static void test_text_facts(void **state)
{
	static const char control[] = "Source: x\nPackage: kesl\r\n Package: no\nVersion: 12.0-1\n"
				      "Package: second\nDescription: x";
	static const char hostile[] = "Package: a b\nPackage: \nVersion: \x1b[31m\nPackage: ok";
	struct package_facts facts = { .name = "untouched" };

	(void)state;
	assert_false(package_facts_control(BYTES("Version: 1\n"), &facts));
	assert_false(package_facts_control("", 0, &facts));
	assert_string_equal(facts.name, "untouched");
	assert_true(package_facts_control(BYTES(control), &facts));
	assert_string_equal(facts.name, "kesl");
	assert_string_equal(facts.version, "12.0-1");
	assert_true(package_facts_control(BYTES(hostile), &facts));
	assert_string_equal(facts.name, "ok");
	assert_string_equal(facts.version, "");
	assert_true(package_facts_pkginfo(BYTES("# x\npkgname = a\npkgver = 2-r1\n"), &facts));
	assert_string_equal(facts.name, "a");
	assert_string_equal(facts.version, "2-r1");
}

static void test_rpm_names(void **state)
{
	static const struct {
		const char *path, *name, *version;
	} cases[] = {
		{ "/x/kesl-12.0-6672.x86_64.rpm", "kesl", "12.0-6672" },
		{ "a-b-c-1.2-3.el9.noarch.rpm", "a-b-c", "1.2-3.el9" },
		{ "a-1-2.rpm", "a", "1-2" },
		{ "a-1.rpm", NULL, NULL },
		{ "a", NULL, NULL },
		{ "-1-2.x.rpm", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct package_facts facts = { .name = "" };
		bool found = package_facts_rpm_name(cases[i].path, &facts);

		if (cases[i].name) {
			assert_true(found);
			assert_string_equal(facts.name, cases[i].name);
			assert_string_equal(facts.version, cases[i].version);
		} else if (found) {
			fail_msg("%s has a name: %s", cases[i].path, facts.name);
		}
	}
}

static void put_u32(uint8_t *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* Writes a header with @count string tags; returns its size. */
static size_t put_header(uint8_t *at, const uint32_t *tags, const char *const *texts, size_t count)
{
	uint8_t *store = at + 16 + 16 * count;
	size_t used = 0;

	memcpy(at, "\x8e\xad\xe8\x01\0\0\0", 8);
	for (size_t i = 0; i < count; i++) {
		uint8_t *entry = at + 16 + 16 * i;

		put_u32(entry, tags[i]);
		put_u32(entry + 4, 6);
		put_u32(entry + 8, (uint32_t)used);
		put_u32(entry + 12, 1);
		strcpy((char *)store + used, texts[i]);
		used += strlen(texts[i]) + 1;
	}
	put_u32(at + 8, (uint32_t)count);
	put_u32(at + 12, (uint32_t)used);
	return 16 + 16 * count + used;
}

/* However the header is cut or damaged, nothing beyond it is read (the sanitizer looks on). */
static void test_rpm_header(void **state)
{
	static const uint32_t signature_tags[] = { 1000 }, tags[] = { 1000, 1001, 1002 };
	static const char *const signature[] = { "abc" };
	static const char *const texts[] = { "kesl", "12.0", "6672" };
	struct package_facts facts = { .name = "" };
	uint8_t head[512] = { 0xed, 0xab, 0xee, 0xdb };
	size_t size = 96 + put_header(head + 96, signature_tags, signature, 1);
	uint64_t random = 1;

	(void)state;
	size = (size + 7) / 8 * 8;
	size += put_header(head + size, tags, texts, 3);
	assert_true(package_facts_rpm(head, size, &facts));
	assert_string_equal(facts.name, "kesl");
	assert_string_equal(facts.version, "12.0-6672");
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);

		assert_non_null(exact);
		memcpy(exact, head, cut);
		assert_false(package_facts_rpm(exact, cut, &facts));
		free(exact);
	}
	for (int i = 0; i < 100000; i++) {
		uint8_t *damaged = malloc(size);

		assert_non_null(damaged);
		memcpy(damaged, head, size);
		for (int j = 0; j < 3; j++)
			damaged[96 + random_u64(&random) % (size - 96)] =
				(uint8_t)random_u64(&random);
		package_facts_rpm(damaged, size, &facts);
		free(damaged);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),	    cmocka_unit_test(test_archives),
		cmocka_unit_test(test_text_facts),  cmocka_unit_test(test_rpm_names),
		cmocka_unit_test(test_rpm_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
