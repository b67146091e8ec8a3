/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists that count only if they are signed, by the right key, and not older than before. */
#include "signing.h"

#include <errno.h>

#include "policy_input.h"
#include "sequences.h"

/* Of another pair. */
#define OTHER_KEY "RWRS5KlxXUeyVEv7gkLzzbhnHXF0K6U521RrAs+2ZYKC9JbzNJHpV9dJ"

static void write_signed(const char *signed_by, const char *lists)
{
	char *text = format_string("[lists]\nsigned-by = %s\n%s", signed_by, lists);

	write_vendor("x", text);
	free(text);
}

/* A list of one digest, signed with this comment. */
static void write_list(const char *digest, const char *comment)
{
	scratch_write(&scratch, "l.txt", digest);
	scratch_sign(&scratch, "l.txt", comment);
}

static void assert_refused(const char *file, unsigned int line, const char *said)
{
	assert_true(load_policy() < 0);
	assert_null(policy);
	assert_only_error(scratch.problems, file, line, said);
	scratch_forget(&scratch);
}

static char *state_path(void)
{
	return scratch_path(&scratch, "state");
}

static int check(void)
{
	char *path = state_path();
	int r = sequences_check(path, policy, scratch.problems);

	free(path);
	return r;
}

static int accept_policy(void)
{
	char *path = state_path();
	int r = sequences_accept(path, policy, scratch.problems);

	free(path);
	return r;
}

/* What a daemon does: 0, or why the policy is not put in force. */
static int put_in_force(void)
{
	int r;

	assert_loads();
	r = check();
	return r < 0 ? r : accept_policy();
}

static void test_signed(void **state)
{
	const struct policy_list *list;
	char id[MINISIGN_ID_TEXT_SIZE];

	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A "\n" B "\n", "sequence:12\ttimestamp:99\tfile:l.txt\thashed");
	assert_loads();
	assert_int_equal(policy_entry_count(policy), 2);
	list = policy_list(policy, 0);
	assert_true(list->signature.present);
	assert_int_equal(list->signature.number, 12);
	minisign_format_id(list->signature.key_id, id);
	assert_string_equal(id, KEY_ID);
}

static void test_not_asked_for(void **state)
{
	(void)state;
	scratch_write(&scratch, "x.vendor", "[vendor]\nid = x\n[lists]\nfile = l.txt\n");
	scratch_write(&scratch, "l.txt", A);
	scratch_write(&scratch, "l.txt.minisig", "nonsense");
	assert_loads();
	assert_false(policy_list(policy, 0)->signature.present);
}

static void test_key_file(void **state)
{
	char *path = scratch_path(&scratch, "k.pub");

	(void)state;
	write_list(A, "sequence:1");
	scratch_write(&scratch, "k.pub", public_file);
	write_signed("k.pub", "file = l.txt\n");
	assert_loads();
	write_signed(path, "file = l.txt\n");
	assert_loads();
	scratch_write(&scratch, "k.pub", "untrusted comment: x\nRWnonsense\n");
	assert_refused("k.pub", 2, "a public key of minisign");
	scratch_write(&scratch, "k.pub", public_file);
	assert_int_equal(chmod(path, 0666), 0);
	assert_refused("x.vendor", 4, "writable by everybody");
	assert_int_equal(remove(path), 0);
	assert_refused("x.vendor", 4, "cannot be opened");
	free(path);
}

static void test_bad_key(void **state)
{
	(void)state;
	write_list(A, "sequence:1");
	write_signed("RWRUDzcHllRNi2FNoZyTJ7FM0Y2UK6q9mZhfGj/L+91mi6kM1K9Osn/=", "file = l.txt\n");
	assert_refused("x.vendor", 4, "signed-by: expected a public key of minisign");
	write_signed("RUQ", "file = l.txt\n");
	assert_refused("x.vendor", 4, "RUQ: cannot be opened");
}

static void test_unsigned(void **state)
{
	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	scratch_write(&scratch, "l.txt", A);
	assert_refused("l.txt", 0, "unsigned: expected a signature by key " KEY_ID);
	scratch_write(&scratch, "l.txt.minisig", "");
	assert_refused("l.txt.minisig", 0, "four lines");
}

static void test_tampered(void **state)
{
	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A "\n", "sequence:1");
	scratch_write(&scratch, "l.txt", B "\n");
	assert_refused("l.txt.minisig", 2, "bad signature: the list is not the one");
	scratch_write(&scratch, "l.txt", A "\n" B "\n");
	assert_refused("l.txt.minisig", 2, "bad signature");
	scratch_write(&scratch, "l.txt", A "\n");
	assert_loads();
}

static void test_comment_tampered(void **state)
{
	char *path = scratch_path(&scratch, "l.txt.minisig"), *text, *number;
	size_t size;

	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A, "sequence:1");
	assert_int_equal(read_small_file(path, 4096, &text, &size), 0);
	number = strstr(text, "sequence:1") + strlen("sequence:");
	*number = '9';
	scratch_write(&scratch, "l.txt.minisig", text);
	assert_refused("l.txt.minisig", 4, "the trusted comment is not the one");
	free(text);
	free(path);
}

static void test_other_key(void **state)
{
	(void)state;
	write_signed(OTHER_KEY, "file = l.txt\n");
	write_list(A, "sequence:1");
	assert_refused("l.txt.minisig", 2, "by key 54B2475D71A9E452, found one by key " KEY_ID);
}

/* A good list of another product in this one's place. */
static void test_other_name(void **state)
{
	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A, "sequence:1\tfile:m.txt");
	assert_refused("l.txt.minisig", 3, "a list of this name");
	write_list(A, "sequence:1\tfile:l.txt2");
	assert_refused("l.txt.minisig", 3, "a list of this name");
	write_list(A, "sequence:1\tfile:l.txt\tfile:m.txt");
	assert_refused("l.txt.minisig", 3, "a list of this name");
	write_list(A, "sequence:1\tfilename:m.txt");
	assert_loads();
}

static void test_numbers(void **state)
{
	static const struct {
		const char *comment;
		uint64_t number;
	} good[] = {
		{ "sequence:0", 0 },
		{ "timestamp:5", 5 },
		{ "timestamp:5\tsequence:3", 3 },
		{ "sequence:3\ttimestamp:nonsense", 3 },
		{ "x\t\tsequence:9223372036854775807\t", INT64_MAX },
		{ "hashed\ttimestamp:7", 7 },
	};
	static const char *const bad[] = {
		"",		"hashed",	"sequence",		"sequence:",
		"sequence:x",	"sequence:-1",	"sequence:1 ",		"sequence: 1",
		" sequence:1",	"Sequence:1",	"sequence:1\tsequence:2", "sequence:0x1",
		"mysequence:1", "sequence:9223372036854775808", "sequence:x\ttimestamp:1",
		"timestamp:1\ttimestamp:1",
	};
	uint64_t number;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(signed_list_number(good[i].comment, "f", scratch.problems,
						    &number),
				 0);
		assert_true(number == good[i].number);
	}
	assert_no_errors(scratch.problems);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(signed_list_number(bad[i], "f", scratch.problems, &number),
				 -EINVAL);
		assert_only_error(scratch.problems, "f", 3, "expected");
		scratch_forget(&scratch);
	}
}

static void test_no_number(void **state)
{
	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A, "a list of mine");
	assert_refused("l.txt.minisig", 3, "sequence:NUMBER or timestamp:NUMBER");
}

/* One unsigned list among good ones is enough; archive lists count too. */
static void test_every_list(void **state)
{
	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\nfile = m.txt\narchive = n.txt\n");
	write_list(A, "sequence:1");
	scratch_write(&scratch, "m.txt", B);
	scratch_write(&scratch, "n.txt", C);
	scratch_sign(&scratch, "n.txt", "sequence:5");
	assert_refused("m.txt", 0, "unsigned");
	scratch_sign(&scratch, "m.txt", "sequence:2");
	assert_loads();
	assert_int_equal(policy_list(policy, 2)->signature.number, 5);
	scratch_write(&scratch, "n.txt", A);
	assert_refused("n.txt.minisig", 2, "bad signature");
}

static void test_signature_file(void **state)
{
	char *path = scratch_path(&scratch, "l.txt.minisig");
	char *moved = scratch_path(&scratch, "moved");

	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A, "sequence:1");
	assert_int_equal(chmod(path, 0662), 0);
	assert_refused("x.vendor", 5, "writable by everybody");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(symlink(moved, path), 0);
	assert_refused("x.vendor", 5, "symbolic links are not followed");
	free(path);
	free(moved);
}

/* What is parsed is what was verified, whatever becomes of the file. */
static void test_private_copy(void **state)
{
	char *path = scratch_path(&scratch, "l.txt"), text[80] = "";
	struct secure_origin origin = { "v", 1 };
	struct list_signature facts;
	struct minisign_key key;
	int fd, copy;

	(void)state;
	write_list(A, "sequence:1");
	assert_int_equal(minisign_key_parse(KEY_TEXT, strlen(KEY_TEXT), &key), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(signed_list_open(&key, path, fd, &origin, scratch.problems, &facts, &copy),
			 0);
	assert_int_equal(pwrite(fd, B, strlen(B), 0), strlen(B));
	assert_int_equal(read(copy, text, sizeof(text)), strlen(A));
	assert_string_equal(text, A);
	assert_int_equal(pwrite(copy, "x", 1, 0), -1);
	assert_int_equal(ftruncate(copy, 1), -1);
	assert_int_equal(ftruncate(copy, 1000), -1);
	assert_true(fcntl(copy, F_GETFD) & FD_CLOEXEC);
	close(copy);
	close(fd);
	free(path);
}

static void test_first_time(void **state)
{
	char *path = state_path(), *file = scratch_path(&scratch, "state/sequences");
	struct stat st;

	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A, "sequence:7");
	assert_int_equal(put_in_force(), 0);
	assert_no_errors(scratch.problems);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0750U, 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(path);
	free(file);
}

static void test_check_writes_nothing(void **state)
{
	char *path = state_path();

	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A, "sequence:7");
	assert_loads();
	assert_int_equal(check(), 0);
	assert_int_equal(access(path, F_OK), -1);
	write_list(A, "sequence:6");
	assert_loads();
	assert_int_equal(check(), 0);
	free(path);
}

static void test_older(void **state)
{
	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(B, "sequence:7");
	assert_int_equal(put_in_force(), 0);
	write_list(A, "sequence:6");
	assert_int_equal(put_in_force(), -EINVAL);
	assert_only_error(scratch.problems, "l.txt", 0,
			  "its sequence (or timestamp) is 6, and 7 was in force");
	scratch_forget(&scratch);
	/* The refusal changed nothing. */
	write_list(B, "sequence:7");
	assert_int_equal(put_in_force(), 0);
	write_list(A, "sequence:7");
	assert_int_equal(put_in_force(), -EINVAL);
	assert_only_error(scratch.problems, "l.txt", 0, "another list with the sequence");
	scratch_forget(&scratch);
	write_list(A, "sequence:8");
	assert_int_equal(put_in_force(), 0);
	write_list(B, "sequence:7");
	assert_int_equal(put_in_force(), -EINVAL);
}

/* Whoever puts an older list in force without asking does not open the way for the next. */
static void test_never_lower(void **state)
{
	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(B, "sequence:7");
	assert_int_equal(put_in_force(), 0);
	write_list(A, "sequence:5");
	assert_loads();
	assert_int_equal(accept_policy(), 0);
	assert_int_equal(check(), -EINVAL);
	scratch_forget(&scratch);
	write_list(A, "sequence:6");
	assert_loads();
	assert_int_equal(check(), -EINVAL);
}

static void test_timestamps(void **state)
{
	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(B, "timestamp:1795262319\tfile:l.txt\thashed");
	assert_int_equal(put_in_force(), 0);
	write_list(A, "timestamp:1795262318\tfile:l.txt\thashed");
	assert_int_equal(put_in_force(), -EINVAL);
	scratch_forget(&scratch);
	write_list(A, "sequence:5\ttimestamp:1795262320\tfile:l.txt");
	assert_int_equal(put_in_force(), -EINVAL);
	scratch_forget(&scratch);
	write_list(A, "timestamp:1795262320\tfile:l.txt\thashed");
	assert_int_equal(put_in_force(), 0);
}

/* Lists that go and come back, among others, are still known. */
static void test_remembered(void **state)
{
	(void)state;
	scratch_write(&scratch, "k.txt", C);
	scratch_sign(&scratch, "k.txt", "sequence:3");
	scratch_write(&scratch, "m.txt", C);
	scratch_sign(&scratch, "m.txt", "sequence:4");
	write_list(A, "sequence:9");
	write_signed(KEY_TEXT, "file = l.txt\n");
	assert_int_equal(put_in_force(), 0);
	write_signed(KEY_TEXT, "file = m.txt\nfile = k.txt\n");
	assert_int_equal(put_in_force(), 0);
	write_signed(KEY_TEXT, "file = l.txt\nfile = m.txt\nfile = k.txt\nfile = l.txt\n");
	assert_int_equal(put_in_force(), 0);
	write_list(A, "sequence:8");
	scratch_sign(&scratch, "k.txt", "sequence:2");
	scratch_sign(&scratch, "m.txt", "sequence:5");
	write_signed(KEY_TEXT, "file = l.txt\nfile = m.txt\nfile = k.txt\n");
	assert_int_equal(put_in_force(), -EINVAL);
	assert_int_equal(problems_errors(scratch.problems), 2);
	assert_error(scratch.problems, "l.txt", 0, "is 8, and 9 was");
	assert_error(scratch.problems, "k.txt", 0, "is 2, and 3 was");
}

/* What a state of another key says is about other signatures. */
static void test_new_key(void **state)
{
	char *line = format_string("interdict sequences 1\n50 54B2475D71A9E452 " A " %s/l.txt\n",
				   scratch.path);
	char *path = state_path();

	(void)state;
	assert_int_equal(mkdir(path, 0750), 0);
	scratch_write(&scratch, "state/sequences", line);
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(B, "sequence:7");
	assert_int_equal(put_in_force(), 0);
	write_list(A, "sequence:6");
	assert_int_equal(put_in_force(), -EINVAL);
	free(line);
	free(path);
}

static void test_damaged_state(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"interdict sequences 1",
		"interdict sequences 2\n",
		"interdict sequences 1\n\n",
		"interdict sequences 1\n7\n",
		"interdict sequences 1\n7 " KEY_ID " " A "\n",
		"interdict sequences 1\n7 " KEY_ID " " A " \n",
		"interdict sequences 1\nx " KEY_ID " " A " /l\n",
		"interdict sequences 1\n-7 " KEY_ID " " A " /l\n",
		"interdict sequences 1\n99999999999999999999 " KEY_ID " " A " /l\n",
		"interdict sequences 1\n7 8B4D549607370F5 " A " /l\n",
		"interdict sequences 1\n7 8b4d549607370f54 " A " /l\n",
		"interdict sequences 1\n7 " KEY_ID " aaaa /l\n",
		"interdict sequences 1\n7 " KEY_ID " " A " /l",
		"interdict sequences 1\n7 " KEY_ID " " A " /m\n7 " KEY_ID " " A " /l\n",
		"interdict sequences 1\n7 " KEY_ID " " A " /l\n8 " KEY_ID " " A " /l\n",
	};
	static const char with_nul[] = "interdict sequences 1\n7 " KEY_ID " " A " /l\0\n";
	char *path = state_path();

	(void)state;
	assert_int_equal(mkdir(path, 0750), 0);
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A, "sequence:7");
	assert_loads();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scratch_write(&scratch, "state/sequences", bad[i]);
		assert_int_equal(check(), -EINVAL);
		assert_int_equal(problems_errors(scratch.problems), 1);
		assert_non_null(strstr(problems_first_error(scratch.problems)->text, "damaged"));
		scratch_forget(&scratch);
		assert_int_equal(accept_policy(), -EINVAL);
		scratch_forget(&scratch);
	}
	scratch_write_bytes(&scratch, "state/sequences", with_nul, sizeof(with_nul) - 1);
	assert_int_equal(check(), -EINVAL);
	scratch_forget(&scratch);
	scratch_write(&scratch, "state/sequences", "interdict sequences 1\n");
	assert_int_equal(check(), 0);
	free(path);
}

/* Whoever can write it decides which lists are too old. */
static void test_state_of_others(void **state)
{
	char *path = state_path(), *file = scratch_path(&scratch, "state/sequences");

	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A, "sequence:7");
	assert_int_equal(put_in_force(), 0);
	assert_int_equal(chmod(file, 0622), 0);
	assert_int_equal(check(), -EPERM);
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(check(), 0);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(check(), -EPERM);
	assert_int_equal(accept_policy(), -EPERM);
	free(path);
	free(file);
}

/* A machine without signed lists has no state, and needs none. */
static void test_no_signed_list(void **state)
{
	char *path = state_path();

	(void)state;
	assert_int_equal(mkdir(path, 0750), 0);
	scratch_write(&scratch, "state/sequences", "nonsense");
	scratch_write(&scratch, "x.vendor", "[vendor]\nid = x\n[lists]\nfile = l.txt\n");
	scratch_write(&scratch, "l.txt", A);
	assert_int_equal(put_in_force(), 0);
	assert_no_errors(scratch.problems);
	free(path);
}

static void test_cannot_remember(void **state)
{
	(void)state;
	write_signed(KEY_TEXT, "file = l.txt\n");
	write_list(A, "sequence:7");
	assert_loads();
	assert_true(sequences_accept("/nowhere/state", policy, scratch.problems) < 0);
	assert_only_error(scratch.problems, "/nowhere/state", 0, "cannot be made");
	assert_int_equal(sequences_check("/nowhere/state", policy, scratch.problems), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_policy, end_policy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_signed),
		TEST(test_not_asked_for),
		TEST(test_key_file),
		TEST(test_bad_key),
		TEST(test_unsigned),
		TEST(test_tampered),
		TEST(test_comment_tampered),
		TEST(test_other_key),
		TEST(test_other_name),
		TEST(test_numbers),
		TEST(test_no_number),
		TEST(test_every_list),
		TEST(test_signature_file),
		TEST(test_private_copy),
		TEST(test_first_time),
		TEST(test_check_writes_nothing),
		TEST(test_older),
		TEST(test_never_lower),
		TEST(test_timestamps),
		TEST(test_remembered),
		TEST(test_new_key),
		TEST(test_damaged_state),
		TEST(test_state_of_others),
		TEST(test_no_signed_list),
		TEST(test_cannot_remember),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
