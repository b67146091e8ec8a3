/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists as scanners and agents of others have them: ClamAV, Loki, Wazuh, Santa. */
#include "list_input.h"

static void test_semicolon(void **state)
{
	struct result result = read_text(A ";Backdoor; see report\n" B " ; \n" MD5_HEX
					   ";old\n" C "\n");

	(void)state;
	assert_rows(&result, "semicolon", 3);
	assert_counted(&result, 1, 0, 0, 0);
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "Backdoor; see report");
	assert_string_equal(result.rows[1].text[LIST_SOURCE], "");
	release(&result);
	assert_malformed(A ";x\n" B "b;y\n", 2, "64 hexadecimal digits", 1);
	assert_malformed(A ";x\nname;y\n", 2, "found name", 1);
	assert_malformed(A ";x\n;y\n", 2, "64 hexadecimal digits", 1);
}

static void test_clamav(void **state)
{
	struct result result = read_text(A ":544:Test.A-1\n" B ":*:Test.B:73\n" C ":7:C:73:99\n"
					 MD5_HEX ":1447992:D\n" SHA1_HEX ":*:E:73\n");

	(void)state;
	assert_rows(&result, "clamav", 3);
	assert_counted(&result, 1, 1, 0, 0);
	assert_true(result.rows[0].size == 544);
	assert_string_equal(result.rows[0].text[LIST_PRODUCT], "Test.A-1");
	assert_true(result.rows[1].size == ENTRY_SIZE_UNKNOWN);
	assert_string_equal(result.rows[2].text[LIST_PRODUCT], "C");
	release(&result);
	assert_malformed(A ":1:a\n" B ":x:b\n", 2, "ClamAV's DIGEST:SIZE:NAME", 1);
	assert_malformed(A ":1:a\n" B "::b\n", 2, "ClamAV's", 1);
	assert_malformed(A ":1:a\n" B ":2:\n", 2, "ClamAV's", 1);
	assert_malformed(A ":1:a\n" B ":2\n", 2, "ClamAV's", 1);
	assert_malformed(A ":1:a\n" B ":2:b:x\n", 2, "ClamAV's", 1);
	assert_malformed(A ":1:a\n" B ":2:b:73:99:1\n", 2, "ClamAV's", 1);
	assert_malformed(A ":1:a\n" B ":9223372036854775808:b\n", 2, "ClamAV's", 1);
	assert_malformed(A ":1:a\n" B "b:2:b\n", 2, "64 hexadecimal digits", 1);
	assert_malformed(A ":1:a\n" B ":0:b\n", 2, "size 0", 1);
}

static void test_wazuh(void **state)
{
	struct result result = read_text(A ":malware\n" B ":\n\"" C "\":\"a:b c\"\n" MD5_HEX
					   ":x\n" A ":a:b\n" B "\n");

	(void)state;
	assert_rows(&result, "wazuh-cdb", 5);
	assert_counted(&result, 1, 0, 0, 0);
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "malware");
	assert_string_equal(result.rows[1].text[LIST_SOURCE], "");
	assert_string_equal(result.rows[2].text[LIST_SOURCE], "a:b c");
	assert_string_equal(result.rows[3].text[LIST_SOURCE], "a:b");
	release(&result);
	assert_malformed(A ":x\n\"" B ":y\n", 2, "Wazuh's DIGEST:VALUE", 1);
	assert_malformed(A ":x\n\"" B "\"y\n", 2, "Wazuh's", 1);
	assert_malformed(A ":x\n" B ":\"y\n", 2, "Wazuh's", 1);
	assert_malformed(A ":x\n" B ":\"y\":z\n", 2, "Wazuh's", 1);
	assert_malformed(A ":x\nkey:y\n", 2, "found key", 1);
}

#define RULE(type, policy, identifier)                                                             \
	"[[rules]]\nrule_type = \"" type "\"\npolicy = \"" policy "\"\nidentifier = \"" identifier \
	"\"\n"

static void test_santa(void **state)
{
	struct result result = read_text(
		"client_mode = \"MONITOR\"\nbatch_size = 100 # at once\n  # indented\n\n"
		"blocked_path_regex = '^(?:/Users)/.*'\n"
		"[[rules]] # one\nidentifier = \"" A "\" # the file\npolicy=\"BLOCKLIST\"\n"
		"rule_type = 'BINARY'\ncustom_msg = \"say \\\"no\\\" \\u00e9\\U0001F600\"\n"
		"custom_url = \"https://x\"\n"
		RULE("BINARY", "SILENT_BLOCKLIST", B)
		RULE("BINARY", "ALLOWLIST", C) RULE("TEAMID", "BLOCKLIST", "EQHXZ8M8AV")
		RULE("SIGNINGID", "ALLOWLIST", "a:b") RULE("CERTIFICATE", "BLOCKLIST", A)
		RULE("BINARY", "REMOVE", A));

	(void)state;
	assert_rows(&result, "santa", 2);
	assert_counted(&result, 0, 0, 0, 5);
	assert_string_equal(result.rows[0].hex, A);
	assert_int_equal(result.rows[0].line, 7);
	assert_string_equal(result.rows[0].text[LIST_SOURCE],
			    "say \"no\" \xc3\xa9\xf0\x9f\x98\x80");
	assert_string_equal(result.rows[1].hex, B);
	release(&result);
}

static void test_santa_malformed(void **state)
{
	(void)state;
	assert_malformed(RULE("BINARY", "BLOCKLIST", A) RULE("BINARY", "BLOCKLIST", "abc"), 8,
			 "64 hexadecimal digits", 1);
	assert_malformed(RULE("BINARY", "BLOCK", A), 3, "as policy BLOCKLIST", 0);
	assert_malformed(RULE("FILE", "BLOCKLIST", A), 2, "as rule_type BINARY", 0);
	assert_malformed("[[rules]]\npolicy = \"BLOCKLIST\"\n" RULE("BINARY", "BLOCKLIST", A), 1,
			 "in each of [[rules]]", 1);
	assert_malformed(RULE("BINARY", "BLOCKLIST", A) "policy = \"ALLOWLIST\"\n", 5,
			 "each key once in a rule", 0);
	assert_malformed("[[rules]]\nidentifier = \"" A "\n" RULE("BINARY", "BLOCKLIST", A), 2,
			 "KEY = VALUE as in TOML", 1);
	assert_malformed("[[rules]]\nx = \"\"\"y\n" RULE("BINARY", "BLOCKLIST", A), 2,
			 "KEY = VALUE as in TOML", 1);
	assert_malformed("[[rules]]\nx = \"a\" b\n" RULE("BINARY", "BLOCKLIST", A), 2,
			 "KEY = VALUE as in TOML", 1);
	assert_malformed("[[rules]]\nx = \"\\q\"\n" RULE("BINARY", "BLOCKLIST", A), 2,
			 "KEY = VALUE as in TOML", 1);
	assert_malformed("[[rules]]\nx = \"\\u0000\"\n" RULE("BINARY", "BLOCKLIST", A), 2,
			 "KEY = VALUE as in TOML", 1);
	assert_malformed("[[rules]]\nx = \"\\ud800\"\n" RULE("BINARY", "BLOCKLIST", A), 2,
			 "KEY = VALUE as in TOML", 1);
	assert_malformed("[[rules]]\nx =\n" RULE("BINARY", "BLOCKLIST", A), 2, "KEY = VALUE", 1);
	assert_malformed("x = 1\n[other]\n" RULE("BINARY", "BLOCKLIST", A), 2,
			 "[[rules]] or KEY = VALUE, found \"[other]\"", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_semicolon),
		cmocka_unit_test(test_clamav),
		cmocka_unit_test(test_wazuh),
		cmocka_unit_test(test_santa),
		cmocka_unit_test(test_santa_malformed),
	};

	return cmocka_run_group_tests_name("list_feeds", tests, NULL, NULL);
}
