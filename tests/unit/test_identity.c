/* SPDX-License-Identifier: BSD-2-Clause */
/* The four kinds of globs, each with what it must not name. */
#include "unit.h"

#include "identity.h"
#include "util.h"

static struct strings one(const char **glob)
{
	return (struct strings){ (char **)glob, 1 };
}

struct sample {
	const char *glob, *text;
	bool named;
};

typedef bool names_fn(const struct identity *identity, const char *text);

static void check(names_fn *names, size_t offset, const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *glob = samples[i].glob;
		struct identity identity = { 0 };

		*(struct strings *)((char *)&identity + offset) = one(&glob);
		if (names(&identity, samples[i].text) != samples[i].named)
			fail_msg("'%s' and '%s'", glob, samples[i].text);
	}
}

#define CHECK(kind, samples)                                                                       \
	check(identity_names_##kind, offsetof(struct identity, kind), samples, ARRAY_SIZE(samples))

static void test_package(void **state)
{
	static const struct sample samples[] = {
		{ "kesl", "kesl", true },
		{ "kesl", "kesl-gui", false },
		{ "kesl", "akesl", false },
		{ "kesl*", "kesl-gui", true },
		{ "klnagent6?", "klnagent64", true },
		{ "klnagent6?", "klnagent6", false },
		{ "[ab]x", "bx", true },
		{ "[ab]x", "cx", false },
		{ "kesl", "KESL", false },
		{ "kesl*", "", false },
	};

	(void)state;
	CHECK(package, samples);
}

static void test_path(void **state)
{
	static const struct sample samples[] = {
		{ "/opt/kaspersky/*", "/opt/kaspersky/kesl/bin/kesl", true },
		{ "/opt/kaspersky/*", "/opt/kaspersky/.hidden", true },
		{ "/opt/kaspersky/*", "/opt/kaspersky", false },
		{ "/opt/kaspersky/*", "/opt/kaspersky2/x", false },
		{ "/opt/kaspersky/*", "/home/x/opt/kaspersky/y", false },
		{ "/opt/kaspersky/*", "opt/kaspersky/y", false },
		{ "/opt/*/bin/x", "/opt/a/b/bin/x", true },
		{ "/opt/x", "/opt/x", true },
		{ "/opt/x", "/opt/x (deleted)", false },
		{ "/opt/a b*", "/opt/a b\nc", true },
	};

	(void)state;
	CHECK(path, samples);
}

static void test_unit(void **state)
{
	static const struct sample samples[] = {
		{ "kesl", "kesl.service", true },
		{ "kesl.service", "kesl.service", true },
		{ "kesl.service", "kesl", false },
		{ "kesl", "kesl.socket", false },
		{ "kesl*", "kesl.socket", true },
		{ "kesl@", "kesl@one.service", true },
		{ "kesl@*", "kesl@one.service", true },
		{ "kesl", "kesl@one.service", false },
		{ "kesl", "kesl-supervisor.service", false },
		{ "kesl", "my.kesl.service", false },
	};

	(void)state;
	CHECK(unit, samples);
}

static void test_module(void **state)
{
	static const struct sample samples[] = {
		{ "kav_mod", "kav-mod", true },
		{ "kav-mod", "kav_mod", true },
		{ "kav-mod", "kav_mod.ko", true },
		{ "kav-mod", "/lib/modules/6.1/extra/kav-mod.ko.xz", true },
		{ "kav*", "/lib/modules/6.1/kavmon.ko.zst", true },
		{ "kav", "kavmon.ko", false },
		{ "kav", "/kav/other.ko", false },
		{ "kav_[ab]", "kav-b", true },
	};

	(void)state;
	CHECK(module, samples);
}

/* Longer than any unit or module: named by nothing, and nothing is written beyond. */
static void test_long_names(void **state)
{
	const char *star = "a*";
	struct identity identity = { .unit = one(&star), .module = one(&star) };
	char text[4096];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(identity_names_unit(&identity, text));
	assert_false(identity_names_module(&identity, text));
	memcpy(text + sizeof(text) - 9, ".service", 9);
	star = "b*";
	assert_false(identity_names_unit(&identity, text));
}

static void test_none(void **state)
{
	const struct identity none = { 0 };

	(void)state;
	assert_false(identity_names_package(&none, "x"));
	assert_false(identity_names_path(&none, "/x"));
	assert_false(identity_names_unit(&none, "x.service"));
	assert_false(identity_names_module(&none, "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_package), cmocka_unit_test(test_path),
		cmocka_unit_test(test_unit),	cmocka_unit_test(test_module),
		cmocka_unit_test(test_long_names), cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
