/* SPDX-License-Identifier: BSD-2-Clause */
/* Every list format, what real lists have in them, and what hostile ones could. */
#include "input.h"

#include <errno.h>
#include <sys/mman.h>
#include <zlib.h>

#include "buffer.h"
#include "list.h"
#include "util.h"

#define A     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C     "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD  "sha256,size,product,version,package,path,source\n"

struct row {
	char hex[DIGEST_HEX_SIZE];
	uint64_t size;
	uint32_t line;
	char *text[LIST_TEXT_COUNT];
};

/* What came out of a list. */
struct result {
	struct row *rows;
	size_t count;
	size_t capacity;
	struct list_facts facts;
	struct problems *problems;
	int error;
	int fail_at; /* row at which the function fails; 0: never */
};

static int keep_row(void *cookie, const struct list_row *row)
{
	struct result *result = cookie;
	struct row *kept;

	if (result->fail_at && result->count + 1 == (size_t)result->fail_at)
		return -EXDEV;
	if (result->count == result->capacity) {
		result->capacity = result->capacity ? 2 * result->capacity : 16;
		result->rows = realloc(result->rows, result->capacity * sizeof(*result->rows));
		assert_non_null(result->rows);
	}
	kept = &result->rows[result->count++];
	digest_to_hex(row->digest, kept->hex);
	kept->size = row->size;
	kept->line = row->line;
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++) {
		kept->text[i] = strndup(row->text[i].bytes ? row->text[i].bytes : "",
					row->text[i].size);
		assert_non_null(kept->text[i]);
	}
	return 0;
}

static struct result read_with(const void *bytes, size_t size, int fail_at)
{
	struct result result = { .problems = problems_new(), .fail_at = fail_at };
	int fd = memfd_create("list", MFD_CLOEXEC);

	assert_non_null(result.problems);
	assert_true(fd >= 0);
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const char *)bytes + done, size - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	result.error = list_read(fd, "list", NULL, result.problems, keep_row, &result, &result.facts);
	close(fd);
	return result;
}

static struct result read_bytes(const void *bytes, size_t size)
{
	return read_with(bytes, size, 0);
}

static struct result read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void release(struct result *result)
{
	for (size_t i = 0; i < result->count; i++)
		for (size_t j = 0; j < LIST_TEXT_COUNT; j++)
			free(result->rows[i].text[j]);
	free(result->rows);
	problems_free(result->problems);
}

static void assert_rows(const struct result *result, const char *format, size_t count)
{
	assert_no_errors(result->problems);
	assert_int_equal(result->error, 0);
	assert_int_equal(result->count, count);
	assert_int_equal(result->facts.rows, count);
	assert_non_null(result->facts.format);
	assert_string_equal(result->facts.format, format);
}

/* Reads a list whose only mistake is in @line, and of which @rows rows are good. */
static void assert_malformed(const char *text, unsigned int line, const char *said, size_t rows)
{
	struct result result = read_text(text);

	assert_int_equal(result.error, 0);
	assert_only_error(result.problems, "list", line, said);
	assert_int_equal(result.count, rows);
	release(&result);
}

static void test_plain(void **state)
{
	static const char *const lists[] = {
		A "\n" B "\n" C "\n",
		A "\r\n" B "\r\n" C "\r\n",
		A "\n" B "\n" C,
		"\xef\xbb\xbf" A "\n" B "\n" C "\n",
		"\n\n" A " \n" B "\t \r\n\n   \n\t" C "\n\n",
		"# comment\n" A "\n#" B "\n" B "\n" C "\n# end",
	};
	static const uint32_t lines[][3] = { { 1, 2, 3 }, { 1, 2, 3 }, { 1, 2, 3 },
					     { 1, 2, 3 }, { 3, 4, 7 }, { 2, 4, 5 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct result result = read_text(lists[i]);

		assert_rows(&result, "plain", 3);
		assert_string_equal(result.rows[0].hex, A);
		assert_string_equal(result.rows[1].hex, B);
		assert_string_equal(result.rows[2].hex, "0123456789abcdef0123456789abcdef"
							"0123456789abcdef0123456789abcdef");
		for (size_t j = 0; j < 3; j++) {
			assert_int_equal(result.rows[j].line, lines[i][j]);
			assert_true(result.rows[j].size == ENTRY_SIZE_UNKNOWN);
		}
		assert_false(result.facts.compressed);
		release(&result);
	}
}

static void test_plain_malformed(void **state)
{
	(void)state;
	assert_malformed(A "\n" A "a\n" B "\n", 2, "64 hexadecimal digits", 2);
	assert_malformed(A "\n\nabcdef\n" B "\n", 3, "found abcdef", 2);
	assert_malformed(A "\r\n" B " x\r\n", 2, "64 hexadecimal digits", 1);
	assert_malformed(A "\ng" A "\n", 2, "found g", 1);
	/* The first line tells the format although it is wrong. */
	assert_malformed("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" B "\n", 1, "64 hexadecimal", 1);
}

static void test_weak_digests_are_counted(void **state)
{
	struct result result = read_text("da39a3ee5e6b4b0d3255bfef95601890afd80709\n" A "\n"
					 "d41d8cd98f00b204e9800998ecf8427e\n" B B "\n" B "\n");

	(void)state;
	assert_int_equal(result.error, 0);
	assert_int_equal(problems_errors(result.problems), 0);
	assert_int_equal(result.count, 2);
	assert_int_equal(result.facts.weak[LIST_MD5], 1);
	assert_int_equal(result.facts.weak[LIST_SHA1], 1);
	assert_int_equal(result.facts.weak[LIST_OTHER], 1);
	release(&result);
}

static void test_every_bad_line_is_said(void **state)
{
	struct result result = read_text(A "\nx\ny\n" B "\nz\n");

	(void)state;
	assert_int_equal(result.count, 2);
	assert_int_equal(problems_errors(result.problems), 3);
	assert_error(result.problems, "list", 2, "found x");
	assert_error(result.problems, "list", 3, "found y");
	assert_error(result.problems, "list", 5, "found z");
	release(&result);
}

static void test_empty_file_digest(void **state)
{
	(void)state;
	assert_malformed(A "\n" EMPTY "\n", 2, "digest of the empty file", 1);
	assert_malformed(A "  a\n" EMPTY "  b\n", 2, "digest of the empty file", 1);
	assert_malformed(HEAD A ",0,,,,,\n", 2, "size 0", 0);
}

static void test_gnu(void **state)
{
	struct result result = read_text(A "  usr/bin/a\n" B " *b c \n\\" C
					   "  x\\ny\\\\z\\r\n" A "  *\r\n" B " * blank\n");

	(void)state;
	assert_rows(&result, "sha256sum", 5);
	assert_string_equal(result.rows[0].text[LIST_PATH], "usr/bin/a");
	assert_string_equal(result.rows[1].text[LIST_PATH], "b c ");
	assert_string_equal(result.rows[2].text[LIST_PATH], "x\ny\\z\r");
	assert_string_equal(result.rows[3].text[LIST_PATH], "*");
	assert_string_equal(result.rows[4].text[LIST_PATH], " blank");
	assert_int_equal(result.rows[2].line, 3);
	assert_true(result.rows[0].size == ENTRY_SIZE_UNKNOWN);
	release(&result);
	/* Without a backslash before the line, backslashes are themselves. */
	result = read_text(A "  x\\ny\n");
	assert_rows(&result, "sha256sum", 1);
	assert_string_equal(result.rows[0].text[LIST_PATH], "x\\ny");
	release(&result);
}

static void test_bsd(void **state)
{
	struct result result = read_text("SHA256 (a b) = " A "\nSHA256 (x) = (y) = " B
					 "  \r\n\\SHA256 (n\\nm) = " C "\n" A "  mixed\n");

	(void)state;
	assert_rows(&result, "sha256sum", 4);
	assert_string_equal(result.rows[0].text[LIST_PATH], "a b");
	assert_string_equal(result.rows[1].text[LIST_PATH], "x) = (y");
	assert_string_equal(result.rows[2].text[LIST_PATH], "n\nm");
	assert_string_equal(result.rows[3].text[LIST_PATH], "mixed");
	release(&result);
}

static void test_sha256sum_malformed(void **state)
{
	(void)state;
	assert_malformed(A "  a\n" B "\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\n" B "  \n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\n" B " b\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\n" B "\tb c\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\n" A "a  b\n", 2, "64 hexadecimal digits", 1);
	assert_malformed(A "  a\nd41d8cd98f00b204e9800998ecf8427e  b\n", 2, "MD5", 1);
	assert_malformed(A "  a\nMD5 (b) = d41d8cd98f00b204e9800998ecf8427e\n", 2, "DIGEST  NAME",
			 1);
	assert_malformed(A "  a\nSHA256 (b) " B "\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nSHA256 () = " B "\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nSHA256 (\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nSHA256 (b\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nSHA256 (b) = " B "b\n", 2, "64 hexadecimal digits", 1);
	assert_malformed(A "  a\n\\" B "  x\\ty\n", 2, "as escapes in a name", 1);
	assert_malformed(A "  a\n\\" B "  x\\\n", 2, "as escapes in a name", 1);
	assert_malformed(A "  a\n\\\n", 2, "DIGEST  NAME", 1);
}

static void test_nul_bytes(void **state)
{
	static const char gnu[] = A "  a\n" B "  b\0c\n";
	static const char csv[] = "sha256,product,size\n" A ",p\0q,\n" A ",p,1\0002\n";
	struct result result = read_bytes(gnu, sizeof(gnu) - 1);

	(void)state;
	assert_only_error(result.problems, "list", 2, "DIGEST  NAME");
	release(&result);
	result = read_bytes(csv, sizeof(csv) - 1);
	assert_int_equal(problems_errors(result.problems), 2);
	assert_error(result.problems, "list", 2, "text without NUL, found \"p\\x00q\"");
	assert_error(result.problems, "list", 3, "a size in bytes");
	release(&result);
}

static void test_csv(void **state)
{
	struct result result = read_text(HEAD A ",4711,Prod,1.2,pkg,/usr/bin/x,built\r\n" B
						",,,,,,\n\n# remark\n" C
						" , 1 ,\"a,\"\"b\"\"\", \"q\" ,\"l1\nl2\r\nl3\",y ,z\n" A
						",9223372036854775807,,,,,");

	(void)state;
	assert_rows(&result, "csv", 4);
	assert_true(result.rows[0].size == 4711);
	assert_string_equal(result.rows[0].text[LIST_PRODUCT], "Prod");
	assert_string_equal(result.rows[0].text[LIST_VERSION], "1.2");
	assert_string_equal(result.rows[0].text[LIST_PACKAGE], "pkg");
	assert_string_equal(result.rows[0].text[LIST_PATH], "/usr/bin/x");
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "built");
	assert_true(result.rows[1].size == ENTRY_SIZE_UNKNOWN);
	assert_string_equal(result.rows[1].text[LIST_SOURCE], "");
	assert_int_equal(result.rows[2].line, 6);
	assert_true(result.rows[2].size == 1);
	assert_string_equal(result.rows[2].text[LIST_PRODUCT], "a,\"b\"");
	assert_string_equal(result.rows[2].text[LIST_VERSION], "q");
	assert_string_equal(result.rows[2].text[LIST_PACKAGE], "l1\nl2\r\nl3");
	assert_string_equal(result.rows[2].text[LIST_PATH], "y");
	assert_string_equal(result.rows[2].text[LIST_SOURCE], "z");
	/* Lines inside a quoted field count. */
	assert_int_equal(result.rows[3].line, 9);
	assert_true(result.rows[3].size == INT64_MAX);
	release(&result);
}

static void test_csv_columns(void **state)
{
	static const char *const lists[] = {
		"sha256\n" A "\n",
		"SHA256\r\n" A "\r\n",
		"\xef\xbb\xbf\"sha256\"\n\"" A "\"\n",
		"path, Sha256 ,size\n/x," A ",5\n",
		"# a list\n\nsource,version,product,sha256\na,b,c," A "\n",
	};
	struct result result;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		result = read_text(lists[i]);
		assert_rows(&result, "csv", 1);
		assert_string_equal(result.rows[0].hex, A);
		release(&result);
	}
	result = read_text(lists[4]);
	assert_string_equal(result.rows[0].text[LIST_PRODUCT], "c");
	assert_string_equal(result.rows[0].text[LIST_VERSION], "b");
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "a");
	release(&result);
	assert_malformed("sha256,sise\n" A ",1\n", 1, "expected as columns", 0);
	assert_malformed("sha256,size,sha256\n" A ",1," A "\n", 1, "each at most once", 0);
	assert_malformed("sha256,\n" A ",\n", 1, "expected as columns", 0);
	assert_malformed("\"sha256\",\"size\n" A ",1\n", 1, "a header row", 0);
}

static void test_csv_malformed(void **state)
{
	(void)state;
	assert_malformed("sha256,size\n" A "\n" B ",1\n", 2, "expected 2 fields", 1);
	assert_malformed("sha256,size\n" A ",1,2\n" B ",1\n", 2, "expected 2 fields", 1);
	assert_malformed("sha256,size\n" A ",x\n", 2, "a size in bytes, or nothing, found x", 0);
	assert_malformed("sha256,size\n" A ",-1\n", 2, "a size in bytes", 0);
	assert_malformed("sha256,size\n" A ",1e6\n", 2, "a size in bytes", 0);
	assert_malformed("sha256,size\n" A ",9223372036854775808\n", 2, "a size in bytes", 0);
	assert_malformed("sha256,size\n" A ",99999999999999999999999999\n", 2, "a size", 0);
	assert_malformed("sha256,size\n" A "a,1\n" B ",2\n", 2, "64 hexadecimal digits", 1);
	assert_malformed("sha256,size\n,1\n" B ",2\n", 2, "64 hexadecimal digits", 1);
	assert_malformed("sha256,path\n" A ",\"x\"y\n" B ",z\n", 2, "RFC 4180", 1);
	assert_malformed("sha256,path\n" A ",a \"x\" y\n" B ",z\n", 2, "RFC 4180", 1);
	assert_malformed("sha256,path\n" B ",z\n" A ",\"x\n", 3, "RFC 4180", 1);
}

static void test_unknown_format(void **state)
{
	(void)state;
	assert_malformed("hello\n" A "\n", 1, "one SHA-256 a line", 0);
	assert_malformed("\n\n{\"a\": 1}\n", 3, "CSV with a header row that names the column", 0);
	assert_malformed("path,md5\n/x,d41d8cd98f00b204e9800998ecf8427e\n", 1, "expected CSV", 0);
}

static void test_nothing(void **state)
{
	static const char *const lists[] = { "", "\n", "\xef\xbb\xbf", "# only\n#comments\n", "\r\n \n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct result result = read_text(lists[i]);

		assert_no_errors(result.problems);
		assert_int_equal(result.error, 0);
		assert_int_equal(result.facts.rows, 0);
		assert_null(result.facts.format);
		release(&result);
	}
}

/* A line of @size bytes between two good ones. */
static struct result read_long_line(size_t size)
{
	char *text = malloc(size + 256);
	struct result result;
	size_t used = (size_t)sprintf(text, "%s  a\n%s  ", A, B);

	memset(text + used, 'x', size - 66);
	used += size - 66;
	used += (size_t)sprintf(text + used, "\n%s  c\n", C);
	result = read_bytes(text, used);
	free(text);
	return result;
}

static void test_long_lines(void **state)
{
	static const size_t bad[] = { 1, 2, 3, 4, 4096, 65536, LIST_LINE_MAX, 3 * LIST_LINE_MAX,
				      4 * LIST_LINE_MAX, 40 * LIST_LINE_MAX + 1 };
	struct result result = read_long_line(LIST_LINE_MAX);

	(void)state;
	assert_rows(&result, "sha256sum", 3);
	assert_int_equal(strlen(result.rows[1].text[LIST_PATH]), LIST_LINE_MAX - 66);
	release(&result);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		result = read_long_line(LIST_LINE_MAX + bad[i]);
		assert_only_error(result.problems, "list", 2, "a line of at most 32768 bytes");
		assert_int_equal(result.count, 2);
		assert_int_equal(result.rows[1].line, 3);
		release(&result);
	}
}

/* A quoted field that never ends must not take the list with it, nor the memory. */
static void test_endless_quote(void **state)
{
	struct buffer text = { 0 };
	struct result result;

	(void)state;
	buffer_append_string(&text, "sha256,path\n" A ",\"x\n");
	for (int i = 0; i < 2000; i++)
		buffer_append_string(&text, B ",y\n");
	result = read_bytes(text.data, text.size);
	assert_int_equal(result.error, 0);
	assert_error(result.problems, "list", 2, "RFC 4180");
	assert_true(problems_errors(result.problems) == 1);
	release(&result);
	buffer_release(&text);
}

/* A record over several lines may be as long as a line, and not a byte longer. */
static void test_long_records(void **state)
{
	static char text[2 * LIST_LINE_MAX];

	(void)state;
	for (size_t more = 0; more < 4; more++) {
		size_t used = (size_t)sprintf(text, "sha256,path\n%s,\"x\n", A);
		size_t begin = used - 68;
		struct result result;

		while (used - begin < LIST_LINE_MAX - 1 + more)
			text[used++] = 'y';
		used += (size_t)sprintf(text + used, "\"\r\n%s,z\n", B);
		result = read_bytes(text, used);
		if (more == 0) {
			assert_rows(&result, "csv", 2);
			assert_int_equal(strlen(result.rows[0].text[LIST_PATH]),
					 LIST_LINE_MAX - 67);
			assert_int_equal(result.rows[1].line, 4);
		} else {
			assert_error(result.problems, "list", 2, "RFC 4180");
		}
		release(&result);
	}
}

/* Line ends at every offset of the buffer. */
static void test_buffer_edges(void **state)
{
	struct buffer text = { 0 };
	uint64_t random = 42;
	size_t count = 20000;
	struct result result;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char line[512];
		int length = (int)(random_u64(&random) % 300) + 1;

		snprintf(line, sizeof(line), "%064zx  %0*d%s\n", i + 1, length, 7,
			 i % 3 ? "" : "\r");
		buffer_append_string(&text, line);
	}
	result = read_bytes(text.data, text.size);
	assert_rows(&result, "sha256sum", count);
	for (size_t i = 0; i < count; i++) {
		char hex[DIGEST_HEX_SIZE];

		snprintf(hex, sizeof(hex), "%064zx", i + 1);
		assert_string_equal(result.rows[i].hex, hex);
		assert_int_equal(result.rows[i].line, i + 1);
		assert_int_equal(strspn(result.rows[i].text[LIST_PATH], "0") + 1,
				 strlen(result.rows[i].text[LIST_PATH]));
	}
	release(&result);
	buffer_release(&text);
}

static size_t compress_gzip(const void *bytes, size_t size, unsigned char *out, size_t room)
{
	z_stream zlib = { .next_in = (unsigned char *)bytes, .avail_in = (unsigned int)size,
			  .next_out = out, .avail_out = (unsigned int)room };

	assert_int_equal(deflateInit2(&zlib, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
	deflateEnd(&zlib);
	return zlib.total_out;
}

static void test_gzip(void **state)
{
	static const char *const lists[] = { A "\n" B "\n", A "  a\n" B " *b", HEAD A ",1,,,,,\n" B ",2,,,,,\n" };
	static const char *const formats[] = { "plain", "sha256sum", "csv" };
	unsigned char packed[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		size_t size = compress_gzip(lists[i], strlen(lists[i]), packed, sizeof(packed));
		struct result result = read_bytes(packed, size);

		assert_rows(&result, formats[i], 2);
		assert_true(result.facts.compressed);
		release(&result);
	}
}

static void test_gzip_members(void **state)
{
	unsigned char packed[4096];
	size_t size = compress_gzip(A "\n" A, 129, packed, sizeof(packed));
	struct result result;

	(void)state;
	size += compress_gzip("\n" B "\n", 66, packed + size, sizeof(packed) - size);
	result = read_bytes(packed, size);
	assert_rows(&result, "plain", 3);
	assert_string_equal(result.rows[2].hex, B);
	release(&result);
}

/* Cut short anywhere, damaged, or with something behind: an error, never a shorter list. */
static void test_gzip_damaged(void **state)
{
	unsigned char packed[4096];
	size_t size = compress_gzip(A "\n" B "\n" C "\n", 195, packed, sizeof(packed));

	(void)state;
	for (size_t cut = 2; cut < size; cut++) {
		struct result result = read_bytes(packed, cut);

		assert_int_equal(result.error, -EBADMSG);
		assert_only_error(result.problems, "list", 0, "whole and undamaged");
		release(&result);
	}
	for (size_t i = 10; i < size; i++) {
		struct result result;

		packed[i] ^= 0x55;
		result = read_bytes(packed, size);
		assert_true(problems_errors(result.problems) > 0);
		release(&result);
		packed[i] ^= 0x55;
	}
	memcpy(packed + size, "junk", 4);
	{
		struct result result = read_bytes(packed, size + 4);

		assert_only_error(result.problems, "list", 0, "whole and undamaged");
		release(&result);
	}
}

static void test_gzip_bomb(void **state)
{
	size_t size = 64U << 20, packed_size;
	unsigned char *packed = malloc(1U << 20);
	char *blank = calloc(1, size);
	struct result result;

	(void)state;
	assert_non_null(packed);
	assert_non_null(blank);
	memset(blank, '\n', size);
	packed_size = compress_gzip(blank, size, packed, 1U << 20);
	result = read_bytes(packed, packed_size);
	assert_int_equal(result.error, -E2BIG);
	assert_only_error(result.problems, "list", 0, "more than 200 times");
	release(&result);
	free(packed);
	free(blank);
}

/* An error of the one who takes the rows is his, and ends the reading. */
static void test_row_function_fails(void **state)
{
	struct result result = read_with(A "\n" B "\n" C "\n", 195, 2);

	(void)state;
	assert_int_equal(result.error, -EXDEV);
	assert_int_equal(result.count, 1);
	assert_no_errors(result.problems);
	release(&result);
}

static void test_unreadable(void **state)
{
	struct list_facts facts = { .rows = 7 };
	struct problems *problems = problems_new();
	int fd = open("/", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(list_read(fd, "list", NULL, problems, keep_row, NULL, &facts), -EISDIR);
	assert_only_error(problems, "list", 0, "cannot be read: Is a directory");
	assert_int_equal(facts.rows, 7);
	close(fd);
	problems_free(problems);
}

/* Random bytes, and random changes of good lists: errors perhaps, never a crash. */
static void test_random(void **state)
{
	static const char *const seeds[] = {
		A "\n" B "\n" C "\n",
		A "  a\n\\" B " *b\\n\nSHA256 (c) = " C "\n",
		HEAD A ",1,\"p\",v,\"a\nb\",x,y\n" B ",2,,,,,\n",
	};
	uint64_t random = 7;

	(void)state;
	for (int round = 0; round < 6000; round++) {
		char text[512];
		size_t size = strlen(seeds[round % 3]);
		struct result result;

		memcpy(text, seeds[round % 3], size);
		for (uint64_t change = random_u64(&random) % 6; change > 0; change--)
			text[random_u64(&random) % size] = (char)random_u64(&random);
		if (round % 11 == 0)
			random_bytes(&random, text, size);
		result = read_bytes(text, size);
		/* A row for each line, or an error for it, unless it became part of another. */
		assert_true(result.count > 0 || result.error < 0 ||
			    problems_errors(result.problems) > 0 || !result.facts.format);
		release(&result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_plain_malformed),
		cmocka_unit_test(test_weak_digests_are_counted),
		cmocka_unit_test(test_every_bad_line_is_said),
		cmocka_unit_test(test_empty_file_digest),
		cmocka_unit_test(test_gnu),
		cmocka_unit_test(test_bsd),
		cmocka_unit_test(test_sha256sum_malformed),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_columns),
		cmocka_unit_test(test_csv_malformed),
		cmocka_unit_test(test_unknown_format),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_endless_quote),
		cmocka_unit_test(test_long_records),
		cmocka_unit_test(test_buffer_edges),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_gzip_members),
		cmocka_unit_test(test_gzip_damaged),
		cmocka_unit_test(test_gzip_bomb),
		cmocka_unit_test(test_row_function_fails),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
