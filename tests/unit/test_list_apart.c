/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists read in the sandbox: the same comes out as without it, and what comes out is
 * looked at as if the parser were hostile.
 */
#include <dirent.h>
#include <signal.h>

#include "apart.h"
#include "list_frames.h"
#include "list_input.h"

static struct result read_apart(int fd, const char *format)
{
	struct result result = { .problems = problems_new() };

	result.error = list_read_apart(fd, "list", format, result.problems, keep_row, &result,
				       &result.facts);
	return result;
}

static void assert_same_text(const char *a, const char *b)
{
	if (a != b)
		assert_string_equal(a ? a : "", b ? b : "");
}

static void assert_same(const struct result *a, const struct result *b, const char *name)
{
	const struct problem *problem, *other;

	if (a->error != b->error || a->count != b->count)
		fail_msg("%s: %d, %zu rows and %d, %zu rows", name, a->error, a->count, b->error,
			 b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_string_equal(a->rows[i].hex, b->rows[i].hex);
		assert_int_equal(a->rows[i].size, b->rows[i].size);
		assert_int_equal(a->rows[i].line, b->rows[i].line);
		for (size_t j = 0; j < LIST_TEXT_COUNT; j++) {
			assert_int_equal(a->rows[i].text_size[j], b->rows[i].text_size[j]);
			assert_memory_equal(a->rows[i].text[j], b->rows[i].text[j],
					    a->rows[i].text_size[j]);
		}
	}
	assert_int_equal(problems_errors(a->problems), problems_errors(b->problems));
	assert_int_equal(problems_warnings(a->problems), problems_warnings(b->problems));
	for (size_t i = 0; (problem = problems_get(a->problems, i)); i++) {
		other = problems_get(b->problems, i);
		assert_non_null(other);
		assert_string_equal(problem->text, other->text);
		assert_string_equal(problem->file, other->file);
		assert_int_equal(problem->line, other->line);
		assert_int_equal(problem->severity, other->severity);
	}
	/* Names are of static storage on both sides. */
	assert_same_text(a->facts.format, b->facts.format);
	assert_same_text(a->facts.compression, b->facts.compression);
	assert_int_equal(a->facts.rows, b->facts.rows);
	assert_memory_equal(a->facts.weak, b->facts.weak, sizeof(a->facts.weak));
	assert_int_equal(a->facts.set_aside, b->facts.set_aside);
}

static void compare(int fd, const char *format, const char *name)
{
	struct result direct = { .problems = problems_new() }, apart;

	direct.error = list_read(fd, "list", format, direct.problems, keep_row, &direct,
				 &direct.facts);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	apart = read_apart(fd, format);
	assert_same(&direct, &apart, name);
	release(&direct);
	release(&apart);
}

static void compare_directory(const char *path, unsigned int *count)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		int fd = openat(dirfd(directory), entry->d_name, O_RDONLY | O_CLOEXEC);
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
			compare(fd, NULL, entry->d_name);
			++*count;
		}
		close(fd);
	}
	closedir(directory);
}

/* Every format, compressed and not, good and bad: what the fuzzers begin with. */
static void test_same(void **state)
{
	char seeds[4096];
	const char *source = getenv("INTERDICT_SOURCE");
	unsigned int formats = 0, count = 0;
	struct dirent *entry;
	DIR *directory;

	(void)state;
	snprintf(seeds, sizeof(seeds), "%s/tests/fuzz/seeds", source ? source : ".");
	directory = opendir(seeds);
	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		char path[4400];

		snprintf(path, sizeof(path), "%s/%s", seeds, entry->d_name);
		if (strncmp(entry->d_name, "list", 4) != 0)
			continue;
		compare_directory(path, &count);
		formats++;
	}
	closedir(directory);
	assert_true(formats >= 18 && count >= formats);
}

static int new_list(const char *text, size_t times)
{
	int fd = memfd_create("list", MFD_CLOEXEC);
	FILE *file = fdopen(dup(fd), "w");

	assert_non_null(file);
	while (times-- > 0)
		assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* More mistakes than are kept are counted, and a bad format's name is said. */
static void test_problems(void **state)
{
	int fd = new_list(A "\nnonsense\n", 300);

	(void)state;
	compare(fd, NULL, "300 mistakes");
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	compare(fd, "no such format", "unknown format");
	close(fd);
}

static int fail_at_second(void *cookie, const struct list_row *row)
{
	unsigned int *rows = cookie;

	(void)row;
	return ++*rows == 2 ? -E2BIG : 0;
}

static void test_function_fails(void **state)
{
	struct problems *problems = problems_new();
	struct list_facts facts = { 0 };
	unsigned int rows = 0;
	int fd = new_list(A "\n", 10000);

	(void)state;
	assert_int_equal(list_read_apart(fd, "list", NULL, problems, fail_at_second, &rows, &facts),
			 -E2BIG);
	assert_int_equal(rows, 2);
	assert_int_equal(problems_errors(problems), 0);
	assert_int_equal(facts.rows, 0);
	problems_free(problems);
	close(fd);
}

/* A text that a row may not have is an error of the list, not of the parser. */
static void test_long_text(void **state)
{
	char *text = malloc(LIST_LINE_MAX + 512), *at = text;
	struct result result;
	int fd;

	(void)state;
	at += sprintf(at, "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":[{"
			  "\"type\":\"file\",\"name\":\"");
	memset(at, 'a', LIST_LINE_MAX + 1);
	at += LIST_LINE_MAX + 1;
	sprintf(at, "\",\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"" A "\"}]}]}");
	fd = new_list(text, 1);
	result = read_apart(fd, NULL);
	assert_true(result.error < 0);
	assert_only_error(result.problems, "list", 0, "expected no text above 32768 bytes");
	release(&result);
	close(fd);
	free(text);
}

/* The child of ours, ended while it reads: the list comes through a pipe that stays open. */
static pid_t find_child(void)
{
	char path[64], text[64] = { 0 };
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)gettid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return (pid_t)strtol(text, NULL, 10);
}

static int kill_child(void *cookie, const struct list_row *row)
{
	unsigned int *rows = cookie;

	(void)row;
	if (++*rows == 1)
		assert_int_equal(kill(find_child(), SIGKILL), 0);
	return 0;
}

static void test_killed(void **state)
{
	struct problems *problems = problems_new();
	struct list_facts facts = { 0 };
	unsigned int rows = 0;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= 1 << 20);
	for (size_t i = 0; i < 8000; i++)
		assert_int_equal(write(ends[1], A "\n", 65), 65);
	assert_int_equal(list_read_apart(ends[0], "evil.list", NULL, problems, kill_child, &rows,
					 &facts),
			 -EPROTO);
	assert_in_range(rows, 1, 8000);
	assert_only_error(problems, "evil.list", 0, "the parser was ended by signal 9");
	problems_free(problems);
	close(ends[0]);
	close(ends[1]);
}

/* Frames, as they come or bent, taken as list_read_apart() takes them. */
struct wire {
	struct frame_writer writer;
	struct list_intake intake;
	unsigned int rows;
};

static int count_row(void *cookie, const struct list_row *row)
{
	unsigned int *rows = cookie;

	assert_int_equal(row->text[LIST_PATH].size, 4);
	++*rows;
	return 0;
}

static struct list_row sample_row(void)
{
	return (struct list_row){
		.digest = { 1, 2, 3 },
		.size = 4096,
		.line = 7,
		.text = { [LIST_PATH] = { "/bin", 4 } },
	};
}

static int take(struct wire *wire)
{
	const struct buffer *buffer = &wire->writer.buffer;
	size_t at = 0;
	int r = 0;

	wire->rows = 0;
	wire->intake = (struct list_intake){ .function = count_row, .cookie = &wire->rows };
	while (r == 0 && at < buffer->size) {
		struct frame frame;
		ssize_t n = frame_decode((const uint8_t *)buffer->data + at, buffer->size - at,
					 &frame);

		if (n <= 0)
			return n < 0 ? (int)n : -EAGAIN;
		r = list_take_frame(&wire->intake, &frame);
		at += (size_t)n;
	}
	return r;
}

static void begin_wire(struct wire *wire)
{
	const struct list_row row = sample_row();

	*wire = (struct wire){ .writer = { .fd = -1 } };
	assert_int_equal(list_put_row(&wire->writer, &row), 0);
}

static int take_facts(uint32_t rows, const char *format, const char *compression, bool twice)
{
	struct list_facts facts = { .format = format, .rows = rows, .compression = compression };
	struct wire wire;
	int r;

	begin_wire(&wire);
	list_put_facts(&wire.writer, &facts);
	if (twice)
		list_put_facts(&wire.writer, &facts);
	r = take(&wire);
	assert_int_equal(wire.rows, 1);
	buffer_release(&wire.writer.buffer);
	return r;
}

static void test_frames(void **state)
{
	(void)state;
	assert_int_equal(take_facts(1, "csv", "gzip", false), 0);
	assert_int_equal(take_facts(1, "csv", NULL, false), 0);
	assert_int_equal(take_facts(2, "csv", NULL, false), -EPROTO);
	assert_int_equal(take_facts(0, "csv", NULL, false), -EPROTO);
	assert_int_equal(take_facts(1, NULL, NULL, false), -EPROTO);
	assert_int_equal(take_facts(1, "exe", NULL, false), -EPROTO);
	assert_int_equal(take_facts(1, "csv", "rar", false), -EPROTO);
	assert_int_equal(take_facts(1, "csv", NULL, true), -EPROTO);
}

/* A row is exactly what it says, and is one that a list can have. */
static void test_bad_rows(void **state)
{
	struct list_row row = sample_row();
	struct wire wire;

	(void)state;
	begin_wire(&wire);
	assert_int_equal(take(&wire), 0);
	assert_int_equal(wire.rows, 1);
	/* Cut: not all there. With one byte more or less in its frame: no row. */
	for (size_t cut = 1; cut < wire.writer.buffer.size; cut++) {
		wire.writer.buffer.size -= cut;
		assert_int_equal(take(&wire), -EAGAIN);
		assert_int_equal(wire.rows, 0);
		wire.writer.buffer.size += cut;
	}
	for (int change = -1; change <= 1; change += 2) {
		uint32_t size, changed;

		memcpy(&size, wire.writer.buffer.data + 4, 4);
		changed = size + (uint32_t)change;
		buffer_append_char(&wire.writer.buffer, 'x');
		memcpy(wire.writer.buffer.data + 4, &changed, 4);
		assert_int_equal(take(&wire), -EPROTO);
		memcpy(wire.writer.buffer.data + 4, &size, 4);
	}
	buffer_release(&wire.writer.buffer);

	row.size = 0;
	wire = (struct wire){ .writer = { .fd = -1 } };
	assert_int_equal(list_put_row(&wire.writer, &row), 0);
	assert_int_equal(take(&wire), -EPROTO);
	buffer_release(&wire.writer.buffer);

	row = sample_row();
	row.text[LIST_PATH].bytes = "/b\0n";
	wire = (struct wire){ .writer = { .fd = -1 } };
	assert_int_equal(list_put_row(&wire.writer, &row), 0);
	assert_int_equal(take(&wire), -EPROTO);
	buffer_release(&wire.writer.buffer);

	row = sample_row();
	assert_int_equal(digest_from_hex(EMPTY, row.digest), 0);
	wire = (struct wire){ .writer = { .fd = -1 } };
	assert_int_equal(list_put_row(&wire.writer, &row), 0);
	assert_int_equal(take(&wire), -EPROTO);
	buffer_release(&wire.writer.buffer);
}

static void test_bad_frames(void **state)
{
	const uint32_t large[2] = { APART_FIRST_KIND, FRAME_SIZE_MAX + 1 };
	const uint32_t unknown[2] = { APART_FIRST_KIND + 2, 0 };
	struct list_intake intake = { .function = count_row };
	struct frame frame;

	(void)state;
	assert_int_equal(frame_decode((const uint8_t *)large, sizeof(large), &frame), -EPROTO);
	assert_int_equal(frame_decode((const uint8_t *)unknown, 7, &frame), 0);
	assert_int_equal(frame_decode((const uint8_t *)unknown, 8, &frame), 8);
	assert_int_equal(list_take_frame(&intake, &frame), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),	       cmocka_unit_test(test_problems),
		cmocka_unit_test(test_function_fails), cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_killed),	       cmocka_unit_test(test_frames),
		cmocka_unit_test(test_bad_rows),       cmocka_unit_test(test_bad_frames),
	};

	return cmocka_run_group_tests_name("list_apart", tests, NULL, NULL);
}
