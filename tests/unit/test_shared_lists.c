/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real lists as they were published, in ../shared/lists (INTERDICT_LISTS overrides),
 * which a user has not got: every file there is read, and what comes out of it is
 * what is in it, no less and no more.
 */
#include "list_input.h"

#include "buffer.h"

static char *root; /* NULL: there are none */

static int setup(void **state)
{
	const char *named = getenv("INTERDICT_LISTS");
	const char *source = getenv("INTERDICT_SOURCE");
	char *path = format_string("%s/../shared/lists", source ? source : ".");

	(void)state;
	root = realpath(named ? named : path, NULL);
	free(path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(root);
	return 0;
}

static struct result read_list(const char *path)
{
	struct result result = { .problems = problems_new() };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	result.error =
		list_read(fd, path, NULL, result.problems, keep_row, &result, &result.facts);
	close(fd);
	return result;
}

/* A list, and what has to come out of it. */
struct expected {
	const char *path, *format;
	uint32_t rows, md5, sha1, other, set_aside;
};

static void assert_list(const struct expected *expected)
{
	char *path = format_string("%s/%s", root, expected->path);
	struct result result = read_list(path);
	const struct list_facts *facts = &result.facts;

	assert_no_errors(result.problems);
	assert_string_equal(facts->format, expected->format);
	if (facts->rows != expected->rows || result.count != expected->rows ||
	    facts->weak[LIST_MD5] != expected->md5 || facts->weak[LIST_SHA1] != expected->sha1 ||
	    facts->weak[LIST_OTHER] != expected->other ||
	    facts->set_aside != expected->set_aside)
		fail_msg("%s: %u rows, weak %u %u %u, set aside %u", expected->path, facts->rows,
			 facts->weak[LIST_MD5], facts->weak[LIST_SHA1], facts->weak[LIST_OTHER],
			 facts->set_aside);
	release(&result);
	free(path);
}

#define ASSERT_LISTS(...)                                                                          \
	do {                                                                                       \
		static const struct expected lists_[] = { __VA_ARGS__ };                           \
		if (!root)                                                                         \
			skip(); /* no lists to test against: see INTERDICT_LISTS */                \
		for (size_t i_ = 0; i_ < ARRAY_SIZE(lists_); i_++)                                 \
			assert_list(&lists_[i_]);                                                  \
	} while (0)

/* What all the lists of ESET together have; filled by nftw(), which takes no cookie. */
static struct {
	struct buffer digests; /* of 64 bytes each */
	struct list_facts facts;
	size_t files, errors;
} eset;

static bool is_samples(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return streq(name, "samples.sha256") || streq(name, "samples.sha1") ||
	       streq(name, "samples.md5");
}

static int add_eset(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	struct result result;

	(void)st, (void)walk;
	if (type != FTW_F || !is_samples(path))
		return 0;
	result = read_list(path);
	assert_int_equal(result.error, 0);
	eset.files++;
	eset.facts.rows += result.facts.rows;
	eset.facts.set_aside += result.facts.set_aside;
	for (size_t i = 0; i < LIST_WEAK_COUNT; i++)
		eset.facts.weak[i] += result.facts.weak[i];
	if (problems_errors(result.problems)) {
		assert_only_error(result.problems, "modiloader/samples.sha1", 13,
				  "found f0295f2e46cebffaf7892a5b33ba54122781c20bs");
		eset.errors++;
	}
	for (size_t i = 0; i < result.count; i++)
		buffer_append(&eset.digests, result.rows[i].hex, DIGEST_HEX_SIZE - 1);
	release(&result);
	return 0;
}

static int compare_digests(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST_HEX_SIZE - 1);
}

static size_t count_unique(struct buffer *digests)
{
	const size_t size = DIGEST_HEX_SIZE - 1;
	size_t count = digests->size / size, unique = count > 0;

	qsort(digests->data, count, size, compare_digests);
	for (size_t i = 1; i < count; i++)
		unique += compare_digests(digests->data + i * size,
					  digests->data + (i - 1) * size) != 0;
	return unique;
}

/*
 * wc -l counts 5,380 lines of SHA-256: four files lack the last line end, and one
 * line is blank. One line of all is malformed, a SHA-1 with a letter too many.
 */
static void test_eset(void **state)
{
	char *directory;

	(void)state;
	if (!root)
		skip(); /* no lists to test against: see INTERDICT_LISTS */
	directory = format_string("%s/eset-malware-ioc", root);
	assert_int_equal(nftw(directory, add_eset, 16, FTW_PHYS), 0);
	free(directory);
	assert_int_equal(eset.files, 354);
	assert_int_equal(eset.errors, 1);
	assert_int_equal(eset.facts.rows, 5383);
	assert_int_equal(eset.facts.weak[LIST_SHA1], 5383);
	assert_int_equal(eset.facts.weak[LIST_MD5], 5383);
	assert_int_equal(eset.facts.weak[LIST_OTHER], 0);
	assert_int_equal(eset.facts.set_aside, 0);
	assert_int_equal(count_unique(&eset.digests), 5358);
	buffer_release(&eset.digests);
}

static void test_stix(void **state)
{
	(void)state;
#define STIX(name, ...) { .path = "mvt-indicators/" name ".stix2", .format = "stix", __VA_ARGS__ }
	ASSERT_LISTS(
		STIX("2023-07-25_wyrmspy_dragonegg_wyrmspy_dragonegg", .rows = 34, .set_aside = 19),
		STIX("2023-04-11_quadream_kingspawn", .set_aside = 167),
		STIX("2023-06_01_operation_triangulation_operation_triangulation",
		     .set_aside = 112),
		STIX("candiru_candiru", .set_aside = 125),
		STIX("cellebrite_cellebrite", .set_aside = 1),
		STIX("intellexa_predator_predator", .set_aside = 585));
}

/* Attributes with to_ids false, links, texts and the like are set aside. */
static void test_misp(void **state)
{
	(void)state;
	ASSERT_LISTS({ .path = "misp-events/mainly_objects_1.json", .format = "misp", .rows = 3,
		       .md5 = 11, .sha1 = 3, .set_aside = 57 },
		     { .path = "misp-events/very_long_event.json", .format = "misp", .rows = 8,
		       .md5 = 16, .sha1 = 8, .set_aside = 32 });
}

/* 904 SHA-256: one is that of the tool that wrote the BOM. */
static void test_cyclonedx(void **state)
{
	(void)state;
	ASSERT_LISTS({ .path = "sbom/keycloak-10.0.2.cdx.json", .format = "cyclonedx", .rows = 903,
		       .set_aside = 1 });
}

static void test_lines(void **state)
{
	(void)state;
#define AMNESTY(name, form, count) { .path = "amnesty/" name, .format = form, .rows = count }
	ASSERT_LISTS(AMNESTY("2020-06-15_india_sha256.txt", "plain", 12),
		     AMNESTY("2021-02-24_vietnam_indicators_sha256.txt", "plain", 15),
		     AMNESTY("2021-10-07_donot_sha256.txt", "plain", 228),
		     AMNESTY("2020-09-25_finfisher_sha256.csv", "csv", 12),
		     { .path = "moroz/global.toml", .format = "santa", .rows = 1, .set_aside = 7 },
		     { .path = "kaspersky-linux-packages/kaspersky-linux-packages.sha256",
		       .format = "sha256sum", .rows = 15 });
}

/* Import hashes (.imp) are no digests of files, whatever their length. */
static void test_clamav(void **state)
{
	(void)state;
#define CLAMAV(name, ...)     { .path = "clamav-unit-tests/" name, .format = "clamav", __VA_ARGS__ }
#define GENERATED(name, ...) CLAMAV("Test.GenSig." name, __VA_ARGS__)
	ASSERT_LISTS(CLAMAV("1.1.hsb", .rows = 1), CLAMAV("logo.hsb", .rows = 1),
		     CLAMAV("clamav.hdb", .rows = 1), CLAMAV("alz.hdb", .sha1 = 13),
		     CLAMAV("zstd.hdb", .sha1 = 2),
		     GENERATED("HDB_1of2_MD5_FIXED_testexe.UNOFFICIAL.hdb", .md5 = 1),
		     GENERATED("HDB_2of2_MD5_STAR_testexe.UNOFFICIAL.hdb", .md5 = 1),
		     GENERATED("HSB_1of4_SHA1_FIXED_testexe.UNOFFICIAL.hsb", .sha1 = 1),
		     GENERATED("HSB_2of4_SHA1_STAR_testexe.UNOFFICIAL.hsb", .sha1 = 1),
		     GENERATED("HSB_3of4_SHA256_FIXED_testexe.UNOFFICIAL.hsb", .rows = 1),
		     GENERATED("HSB_4of4_SHA256_STAR_testexe.UNOFFICIAL.hsb", .rows = 1),
		     GENERATED("IMP_1of6_MD5_FIXED.UNOFFICIAL.imp", .other = 1),
		     GENERATED("IMP_2of6_MD5_STAR.UNOFFICIAL.imp", .other = 1),
		     GENERATED("IMP_3of6_SHA1_FIXED.UNOFFICIAL.imp", .other = 1),
		     GENERATED("IMP_4of6_SHA1_STAR.UNOFFICIAL.imp", .other = 1),
		     GENERATED("IMP_5of6_SHA256_FIXED.UNOFFICIAL.imp", .other = 1),
		     GENERATED("IMP_6of6_SHA256_STAR.UNOFFICIAL.imp", .other = 1));
}

/* What is no list of restricted files is refused, in one message: lists of what is known good. */
static void test_refused(void **state)
{
	static const char *const names[] = { "common-ioc-false-positive", "eicar.com",
					     "empty-hashes", "ti-falsepositives" };

	(void)state;
	if (!root)
		skip(); /* no lists to test against: see INTERDICT_LISTS */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = format_string("%s/misp-warninglists/%s/list.json", root, names[i]);
		struct result result = read_list(path);

		assert_only_error(result.problems, "list.json", 0,
				  "found an object with description, list, matching_attributes");
		assert_int_equal(result.count, 0);
		release(&result);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eset),	  cmocka_unit_test(test_stix),
		cmocka_unit_test(test_misp),	  cmocka_unit_test(test_cyclonedx),
		cmocka_unit_test(test_lines),	  cmocka_unit_test(test_clamav),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("shared_lists", tests, setup, teardown);
}
