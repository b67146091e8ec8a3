/* SPDX-License-Identifier: BSD-2-Clause */
/* Which mounts a scan walks, from made mount tables. */
#include <errno.h>

#include "scan_mounts.h"
#include "unit.h"
#include "util.h"

static const char mountinfo[] =
	"22 27 0:21 / /proc rw,relatime - proc proc rw\n"
	"27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
	"28 27 254:1 /srv /mnt/bind rw - ext4 /dev/vda rw\n"
	"29 27 0:30 / /home rw - nfs4 server:/home rw\n"
	"30 27 0:31 / /run rw - tmpfs tmpfs rw\n"
	"31 27 0:32 / /mnt/a\\040b\\134c rw - btrfs /dev/vdb rw\n"
	"32 27 0:32 /sub /mnt/sub rw - btrfs /dev/vdb rw\n"
	"33 30 0:33 / /run rw - tmpfs tmpfs rw\n"
	"34 27 0:34 / /merged rw - overlay overlay rw,lowerdir=/l1:/l\\0542:/l\\134:3,upperdir=/u,"
	"workdir=/w\n"
	"35 27 0:35 / /fuse rw - fuse.sshfs x rw\n"
	"36 27 0:36 / /strange rw - newnetfs x rw\n"
	"37 30 0:37 / /run/lost rw - tmpfs tmpfs rw\n"
	"38 33 0:38 / /run/fine rw - tmpfs tmpfs rw\n";

static enum mount_choice choice_of(const struct mounts *mounts, unsigned long id)
{
	return mounts_find(mounts, id)->choice;
}

static void test_mount_choice(void **state)
{
	const struct strings none = { 0 };
	struct mounts mounts;

	(void)state;
	assert_int_equal(mounts_parse(mountinfo, &mounts), 0);
	assert_int_equal(mounts.count, 13);
	mounts_choose(&mounts, &none, false);
	assert_int_equal(choice_of(&mounts, 22), MOUNT_NO_FILES);
	assert_int_equal(choice_of(&mounts, 27), MOUNT_SEEN);
	assert_int_equal(choice_of(&mounts, 28), MOUNT_TWICE);
	assert_int_equal(choice_of(&mounts, 29), MOUNT_NOT_LOCAL);
	assert_int_equal(choice_of(&mounts, 30), MOUNT_HIDDEN);
	assert_int_equal(choice_of(&mounts, 31), MOUNT_SEEN);
	assert_int_equal(choice_of(&mounts, 32), MOUNT_TWICE);
	assert_int_equal(choice_of(&mounts, 33), MOUNT_SEEN);
	assert_int_equal(choice_of(&mounts, 34), MOUNT_SEEN);
	assert_int_equal(choice_of(&mounts, 35), MOUNT_NOT_LOCAL);
	assert_int_equal(choice_of(&mounts, 36), MOUNT_NOT_LOCAL);
	assert_int_equal(choice_of(&mounts, 37), MOUNT_HIDDEN);
	assert_int_equal(choice_of(&mounts, 38), MOUNT_SEEN);
	assert_string_equal(mounts_find(&mounts, 31)->point, "/mnt/a b\\c");
	mounts_choose(&mounts, &none, true);
	assert_int_equal(choice_of(&mounts, 29), MOUNT_SEEN);
	assert_int_equal(choice_of(&mounts, 22), MOUNT_NO_FILES);
	mounts_release(&mounts);
}

static void test_mount_choice_below(void **state)
{
	char *item[] = { (char *)"/mnt" };
	const struct strings paths = { item, 1 };
	struct mounts mounts;

	(void)state;
	assert_int_equal(mounts_parse(mountinfo, &mounts), 0);
	mounts_choose(&mounts, &paths, false);
	assert_int_equal(choice_of(&mounts, 27), MOUNT_OUTSIDE);
	/* What showed all of it is outside. */
	assert_int_equal(choice_of(&mounts, 28), MOUNT_SEEN);
	assert_int_equal(choice_of(&mounts, 31), MOUNT_SEEN);
	assert_int_equal(choice_of(&mounts, 33), MOUNT_OUTSIDE);
	mounts_release(&mounts);
}

static bool note_layer(const char *path, void *cookie)
{
	strcat(cookie, path);
	strcat(cookie, "|");
	return true;
}

static void test_mount_layers(void **state)
{
	struct mounts mounts;
	char text[128] = "";

	(void)state;
	assert_int_equal(mounts_parse(mountinfo, &mounts), 0);
	assert_true(mount_each_layer(mounts_find(&mounts, 34), note_layer, text));
	assert_string_equal(text, "/l1|/l,2|/l:3|/u|");
	assert_false(mount_each_layer(mounts_find(&mounts, 30), note_layer, text));
	mounts_release(&mounts);
}

static void test_mount_nonsense(void **state)
{
	static const char *const texts[] = { "x\n", "1 2 3:4\n", "1 2 3:4 / /\n", "1 2 3:4 / / rw - t",
					     "1 2 3:4 / / rw\n" };
	struct mounts mounts;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(mounts_parse(texts[i], &mounts), -EBADMSG);
	assert_int_equal(mounts_parse("", &mounts), 0);
	mounts_release(&mounts);
	/* A parent that is its own child. */
	assert_int_equal(mounts_parse("1 2 1:1 / /a rw - ext4 x rw\n2 1 1:2 / /b rw - ext4 x rw\n",
				      &mounts),
			 0);
	mounts_choose(&mounts, &(const struct strings){ 0 }, false);
	mounts_release(&mounts);
}

static void test_below(void **state)
{
	(void)state;
	assert_true(path_is_below("/a/b", "/a"));
	assert_true(path_is_below("/a", "/a"));
	assert_true(path_is_below("/a", "/"));
	assert_true(path_is_below("/", "/"));
	assert_false(path_is_below("/ab", "/a"));
	assert_false(path_is_below("/", "/a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mount_choice),
		cmocka_unit_test(test_mount_choice_below),
		cmocka_unit_test(test_mount_layers),
		cmocka_unit_test(test_mount_nonsense),
		cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
