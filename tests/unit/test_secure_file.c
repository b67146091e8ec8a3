/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may own and write the files that decide. */
#include "input.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "secure_file.h"

static struct scratch scratch;

static int setup(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	scratch_write(&scratch, "f", "contents");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_end(&scratch);
	return 0;
}

static int open_it(const char *name)
{
	char *path = scratch_path(&scratch, name);
	int fd = -1, r = secure_open_file(path, NULL, scratch.problems, &fd);

	free(path);
	if (r < 0) {
		assert_int_equal(fd, -1);
		return r;
	}
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int open_directory(const char *name)
{
	char *path = scratch_path(&scratch, name);
	int fd = -1, r = secure_open_directory(path, scratch.problems, &fd);

	free(path);
	if (r < 0) {
		assert_int_equal(fd, -1);
		return r;
	}
	close(fd);
	return 0;
}

static void set_mode(const char *name, mode_t mode)
{
	char *path = scratch_path(&scratch, name);

	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

static void test_good_file(void **state)
{
	char *path = scratch_path(&scratch, "f"), text[16] = "";
	int fd;

	(void)state;
	assert_int_equal(secure_open_file(path, NULL, scratch.problems, &fd), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 8);
	assert_memory_equal(text, "contents", 8);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	free(path);
	assert_no_errors(scratch.problems);
}

static void test_relative_names(void **state)
{
	int here = open(".", O_RDONLY | O_DIRECTORY), fd;

	(void)state;
	assert_int_equal(chdir(scratch.path), 0);
	assert_int_equal(secure_open_file("f", NULL, scratch.problems, &fd), 0);
	close(fd);
	assert_int_equal(secure_open_file("./f", NULL, scratch.problems, &fd), 0);
	close(fd);
	assert_int_equal(secure_open_directory(".", scratch.problems, &fd), 0);
	close(fd);
	assert_int_equal(secure_open_directory("/", scratch.problems, &fd), 0);
	close(fd);
	assert_int_equal(secure_open_file("", NULL, scratch.problems, &fd), -ENOENT);
	assert_int_equal(fchdir(here), 0);
	close(here);
}

static void test_missing(void **state)
{
	(void)state;
	assert_int_equal(open_it("none"), -ENOENT);
	assert_only_error(scratch.problems, "/none", 0, "No such file");
	scratch_forget(&scratch);
	assert_int_equal(open_it("none/none"), -ENOENT);
	assert_int_equal(open_directory("none"), -ENOENT);
	assert_int_equal(problems_errors(scratch.problems), 2);
}

static void test_writable_file(void **state)
{
	static const mode_t modes[] = { 0664, 0646, 0666, 0777, 0620, 0602 };

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		set_mode("f", modes[i]);
		assert_int_equal(open_it("f"), -EPERM);
		assert_only_error(scratch.problems, "/f", 0, "chmod go-w");
		scratch_forget(&scratch);
	}
	set_mode("f", 0755);
	assert_int_equal(open_it("f"), 0);
	set_mode("f", 0400);
	assert_int_equal(open_it("f"), 0);
}

static void test_writable_parent(void **state)
{
	(void)state;
	set_mode(".", 0775);
	assert_int_equal(open_it("f"), -EPERM);
	assert_only_error(scratch.problems, "/f", 0, "directory that holds it is writable by its "
						      "group (mode 0775)");
	set_mode(".", 0777);
	assert_int_equal(open_it("f"), -EPERM);
	/* As /tmp: others can add files and not exchange ours. */
	set_mode(".", 01777);
	assert_int_equal(open_it("f"), 0);
	set_mode(".", 0755);
}

static void test_directory(void **state)
{
	char *path = scratch_path(&scratch, "d"), *link = scratch_path(&scratch, "l");

	(void)state;
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(open_directory("d"), 0);
	assert_int_equal(open_directory("d//"), 0);
	set_mode("d", 0775);
	assert_int_equal(open_directory("d"), -EPERM);
	assert_only_error(scratch.problems, "/d", 0, "chmod go-w");
	scratch_forget(&scratch);
	/* Here a sticky bit does not help: a new file in it is read too. */
	set_mode("d", 01777);
	assert_int_equal(open_directory("d"), -EPERM);
	set_mode("d", 0755);
	assert_int_equal(symlink("d", link), 0);
	assert_int_equal(open_directory("l"), -ENOTDIR);
	assert_int_equal(open_directory("f"), -ENOTDIR);
	assert_int_equal(open_it("d"), -EISDIR);
	assert_error(scratch.problems, "/d", 0, "expected a regular file");
	free(path);
	free(link);
}

static void test_not_regular(void **state)
{
	char *link = scratch_path(&scratch, "l"), *fifo = scratch_path(&scratch, "p");
	int fd;

	(void)state;
	assert_int_equal(symlink("f", link), 0);
	assert_int_equal(open_it("l"), -ELOOP);
	assert_only_error(scratch.problems, "/l", 0, "symbolic links are not followed");
	/* Without a writer: must not wait. */
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(open_it("p"), -EINVAL);
	assert_int_equal(secure_open_file("/dev/zero", NULL, scratch.problems, &fd), -EINVAL);
	free(link);
	free(fifo);
}

static void test_foreign_owner(void **state)
{
	char *path = scratch_path(&scratch, "f");

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_int_equal(open_it("f"), -EPERM);
	assert_only_error(scratch.problems, "/f", 0, "belongs to uid 12345; expected root");
	scratch_forget(&scratch);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chown(scratch.path, 12345, 12345), 0);
	assert_int_equal(open_it("f"), -EPERM);
	assert_error(scratch.problems, "/f", 0, "directory that holds it belongs to uid 12345");
	assert_int_equal(open_directory("."), -EPERM);
	assert_int_equal(chown(scratch.path, 0, 0), 0);
	/* Whoever runs it may own them. */
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_int_equal(seteuid(12345), 0);
	assert_int_equal(open_it("f"), 0);
	set_mode("f", 0);
	assert_int_equal(open_it("f"), -EACCES);
	assert_error(scratch.problems, "/f", 0, "run as root, or make it readable");
	assert_int_equal(seteuid(0), 0);
	free(path);
}

/* Who can exchange a directory above it can exchange the file. */
static void test_directories_above(void **state)
{
	char *a = scratch_path(&scratch, "a"), *b = scratch_path(&scratch, "a/b");
	char *link = scratch_path(&scratch, "link");

	(void)state;
	assert_int_equal(mkdir(a, 0755), 0);
	assert_int_equal(mkdir(b, 0755), 0);
	scratch_write(&scratch, "a/b/f", "contents");
	assert_int_equal(symlink("a", link), 0);
	assert_int_equal(open_it("a/b/f"), 0);
	assert_int_equal(open_it("link/b/f"), 0);
	assert_int_equal(open_directory("link/b"), 0);
	assert_int_equal(problems_warnings(scratch.problems), 0);
	set_mode("a", 0777);
	assert_int_equal(open_it("a/b/f"), -EPERM);
	assert_only_error(scratch.problems, "/a/b/f", 0, "which is above it, is writable by others");
	scratch_forget(&scratch);
	assert_int_equal(open_directory("link/b"), -EPERM);
	assert_only_error(scratch.problems, "/link/b", 0, "the directory that holds it is writable");
	scratch_forget(&scratch);
	set_mode("a", 01777);
	assert_int_equal(open_it("a/b/f"), 0);
	set_mode("a", 0755);
	if (geteuid() == 0) {
		assert_int_equal(chown(a, 12345, 12345), 0);
		assert_int_equal(open_it("a/b/f"), 0);
		assert_int_equal(open_it("a/b/f"), 0);
		assert_int_equal(problems_warnings(scratch.problems), 1);
		set_mode("a", 0775);
		assert_int_equal(open_it("a/b/f"), 0);
		assert_int_equal(chown(a, 0, 0), 0);
		assert_int_equal(open_it("a/b/f"), -EPERM);
		set_mode("a", 0755);
		scratch_forget(&scratch);
		/* A link is his whose it is, wherever it leads to. */
		assert_int_equal(lchown(link, 12345, 12345), 0);
		assert_int_equal(open_it("link/b/f"), 0);
		assert_int_equal(problems_warnings(scratch.problems), 1);
	}
	free(a);
	free(b);
	free(link);
}

static unsigned int mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (unsigned int)st.st_mode & 07777;
}

static void test_make_directory(void **state)
{
	char *path = scratch_path(&scratch, "interdict"), *link = scratch_path(&scratch, "l");
	char *other = scratch_path(&scratch, "shared");

	(void)state;
	assert_int_equal(secure_make_directory(path, 0700, scratch.problems), 0);
	assert_int_equal(mode_of(path), 0700);
	assert_int_equal(secure_make_directory(path, 0750, scratch.problems), 0);
	assert_int_equal(mode_of(path), 0700);
	assert_int_equal(problems_warnings(scratch.problems), 0);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(secure_make_directory(path, 0750, scratch.problems), 0);
	assert_int_equal(mode_of(path), 0750);
	assert_int_equal(problems_warnings(scratch.problems), 1);
	assert_no_errors(scratch.problems);
	assert_int_equal(symlink("interdict", link), 0);
	assert_int_equal(secure_make_directory(link, 0700, scratch.problems), -ENOTDIR);
	scratch_forget(&scratch);
	assert_int_equal(secure_make_directory("/nowhere/at/all", 0700, scratch.problems), -ENOENT);
	scratch_forget(&scratch);
	/* One that has not our name is not closed to those who use it. */
	assert_int_equal(mkdir(other, 0755), 0);
	assert_int_equal(secure_make_directory(other, 0700, scratch.problems), 0);
	assert_int_equal(mode_of(other), 0755);
	assert_int_equal(chmod(other, 0777), 0);
	assert_int_equal(secure_make_directory(other, 0700, scratch.problems), -EPERM);
	scratch_forget(&scratch);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, 12345), 0);
		assert_int_equal(secure_make_directory(path, 0700, scratch.problems), -EPERM);
		assert_error(scratch.problems, "/interdict", 0, "belongs to uid 12345");
	}
	free(path);
	free(link);
	free(other);
}

/* A file that another file names is reported where it is named. */
static void test_origin(void **state)
{
	struct secure_origin origin = { "x.vendor", 12 };
	char *path = scratch_path(&scratch, "no\nne");
	int fd;

	(void)state;
	assert_int_equal(secure_open_file(path, &origin, scratch.problems, &fd), -ENOENT);
	assert_only_error(scratch.problems, "x.vendor", 12, "no\\x0ane\": cannot be opened");
	free(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_good_file),	    TEST(test_relative_names), TEST(test_missing),
		TEST(test_writable_file),   TEST(test_writable_parent), TEST(test_directory),
		TEST(test_directories_above), TEST(test_make_directory),
		TEST(test_not_regular),	    TEST(test_foreign_owner),  TEST(test_origin),
	};

	return cmocka_run_group_tests_name("secure_file", tests, NULL, NULL);
}
