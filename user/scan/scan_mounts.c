/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "util.h"

#define MOUNTINFO_MAX (64U << 20) /* bytes: more than 100,000 mounts */

void mounts_release(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++) {
		free(mounts->item[i].root);
		free(mounts->item[i].point);
		free(mounts->item[i].type);
		free(mounts->item[i].source);
		free(mounts->item[i].options);
	}
	free(mounts->item);
	*mounts = (struct mounts){ 0 };
}

static bool contains(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (streq(names[i], name))
			return true;
	return false;
}

/*
 * A file system without a device of its own is local only if it is known to be: a
 * new kind of network may come any day, and waiting for one that is gone is worse
 * than saying that it was not looked at.
 */
static enum mount_kind mount_kind_of(const char *type, unsigned int major)
{
	static const char *const local[] = { "tmpfs", "devtmpfs", "ramfs", "rootfs",
					     "btrfs", "zfs",	  "bcachefs", "ubifs" };
	static const char *const pseudo[] = {
		"autofs",   "binder",	  "binfmt_misc", "bpf",	      "cgroup",	    "cgroup2",
		"configfs", "cpuset",	  "debugfs",	 "devpts",    "efivarfs",   "functionfs",
		"fusectl",  "hugetlbfs",  "mqueue",	 "nfsd",      "nsfs",	    "proc",
		"pstore",   "resctrl",	  "rpc_pipefs",	 "securityfs", "selinuxfs", "smackfs",
		"sysfs",    "tracefs",	  "usbfs",	 "xenfs",
	};

	if (contains(pseudo, ARRAY_SIZE(pseudo), type))
		return MOUNT_PSEUDO;
	if (streq(type, "overlay") || streq(type, "aufs"))
		return MOUNT_OVERLAY;
	/* Its device holds the files, but a process hands them out. */
	if (streq(type, "fuseblk"))
		return MOUNT_REMOTE;
	return major || contains(local, ARRAY_SIZE(local), type) ? MOUNT_LOCAL : MOUNT_REMOTE;
}

/* Undoes the kernel's \ooo, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
		    from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static int take_field(char **line, char **ret_field)
{
	char *field = strsep(line, " ");

	if (!field || !*line)
		return -EBADMSG;
	*ret_field = strdup(field);
	if (!*ret_field)
		return -ENOMEM;
	unescape(*ret_field);
	return 0;
}

/* "36 35 98:0 /root /point options [optional...] - type source options" */
static int parse_line(char *line, struct mount *mount)
{
	int used = 0, r;
	char *field;

	if (sscanf(line, "%lu %lu %u:%u %n", &mount->id, &mount->parent, &mount->major,
		   &mount->minor, &used) < 4 ||
	    used == 0)
		return -EBADMSG;
	line += used;
	r = take_field(&line, &mount->root);
	if (r == 0)
		r = take_field(&line, &mount->point);
	while (r == 0 && (field = strsep(&line, " ")) && !streq(field, "-"))
		;
	if (r == 0)
		r = line ? take_field(&line, &mount->type) : -EBADMSG;
	if (r == 0)
		r = take_field(&line, &mount->source);
	if (r < 0)
		return r;
	/* Left as it is: a comma may be escaped in it. */
	mount->options = strdup(line);
	if (!mount->options)
		return -ENOMEM;
	mount->kind = mount_kind_of(mount->type, mount->major);
	return 0;
}

static int append_line(char *line, struct mounts *mounts, size_t *capacity)
{
	if (mounts->count == *capacity) {
		size_t wanted = *capacity ? 2 * *capacity : 64;
		struct mount *item = reallocarray(mounts->item, wanted, sizeof(*item));

		if (!item)
			return -ENOMEM;
		mounts->item = item;
		*capacity = wanted;
	}
	mounts->item[mounts->count] = (struct mount){ 0 };
	/* Counted also if it is only half there: it owns that half. */
	return parse_line(line, &mounts->item[mounts->count++]);
}

int mounts_parse(const char *text, struct mounts *ret_mounts)
{
	_cleanup_free_ char *copy = strdup(text);
	struct mounts mounts = { 0 };
	size_t capacity = 0;
	char *rest = copy, *line;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (line = strsep(&rest, "\n")))
		if (*line)
			r = append_line(line, &mounts, &capacity);
	if (r < 0) {
		mounts_release(&mounts);
		return r;
	}
	*ret_mounts = mounts;
	return 0;
}

int mounts_read(const char *path, struct mounts *ret_mounts)
{
	_cleanup_free_ char *text = NULL;
	int r = read_small_file(path, MOUNTINFO_MAX, &text, NULL);

	return r < 0 ? r : mounts_parse(text, ret_mounts);
}

struct mount *mounts_find(const struct mounts *mounts, unsigned long id)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->item[i].id == id)
			return &mounts->item[i];
	return NULL;
}

bool path_is_below(const char *path, const char *directory)
{
	size_t size = strlen(directory);

	if (size > 0 && directory[size - 1] == '/')
		size--;
	return strncmp(path, directory, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/* True if all that @mount shows is shown by @other as well. */
static bool shows_all(const struct mount *other, const struct mount *mount)
{
	return other->major == mount->major && other->minor == mount->minor &&
	       path_is_below(mount->root, other->root);
}

/* Equal ones show each other; then the first stays. */
static bool is_shown_twice(const struct mounts *mounts, size_t index)
{
	const struct mount *mount = &mounts->item[index];

	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount *other = &mounts->item[i];

		if (i == index || other->choice != MOUNT_SEEN || !shows_all(other, mount))
			continue;
		if (i < index || mount->choice != MOUNT_SEEN || !shows_all(mount, other))
			return true;
	}
	return false;
}

/* True if @other, by itself, keeps every path from leading to @mount. */
static bool covers(const struct mount *other, const struct mount *mount)
{
	/* On the very root of it. */
	if (other->parent == mount->id && streq(other->point, mount->point))
		return true;
	/* On a directory above it: had it been there first, it would be the parent. */
	return other->parent == mount->parent && other->id != mount->id &&
	       !streq(other->point, mount->point) && path_is_below(mount->point, other->point);
}

static bool is_covered(const struct mounts *mounts, const struct mount *mount,
		       const struct mount *except)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (&mounts->item[i] != except && covers(&mounts->item[i], mount))
			return true;
	return false;
}

/*
 * The mount, or what it is mounted on, but for what it covers itself. The bound is for a
 * mountinfo that goes in circles.
 */
static bool is_hidden(const struct mounts *mounts, const struct mount *mount)
{
	const struct mount *child = NULL;

	for (size_t steps = 0; mount && steps < mounts->count; steps++) {
		if (is_covered(mounts, mount, child))
			return true;
		child = mount;
		mount = mount->parent == mount->id ? NULL : mounts_find(mounts, mount->parent);
	}
	return false;
}

static enum mount_choice choose_alone(const struct mount *mount, bool remote)
{
	if (mount->kind == MOUNT_PSEUDO)
		return MOUNT_NO_FILES;
	return mount->kind == MOUNT_REMOTE && !remote ? MOUNT_NOT_LOCAL : MOUNT_SEEN;
}

static bool is_below_any(const char *path, const struct strings *directories)
{
	for (size_t i = 0; i < directories->count; i++)
		if (path_is_below(path, directories->item[i]))
			return true;
	return false;
}

void mounts_choose(struct mounts *mounts, const struct strings *paths, bool remote)
{
	for (size_t i = 0; i < mounts->count; i++) {
		struct mount *mount = &mounts->item[i];

		mount->choice = choose_alone(mount, remote);
		if (paths->count > 0 && !is_below_any(mount->point, paths))
			mount->choice = MOUNT_OUTSIDE;
		/* One that is hidden shows nothing, so it must not stand for another. */
		else if (mount->choice == MOUNT_SEEN && is_hidden(mounts, mount))
			mount->choice = MOUNT_HIDDEN;
	}
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->item[i].choice == MOUNT_SEEN && is_shown_twice(mounts, i))
			mounts->item[i].choice = MOUNT_TWICE;
	/* A hidden one whose files are seen elsewhere is no gap. */
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->item[i].choice == MOUNT_HIDDEN && is_shown_twice(mounts, i))
			mounts->item[i].choice = MOUNT_TWICE;
}

/* The directories in @list, separated by colons, each to @function. */
static bool each_directory(char *list, bool (*function)(const char *, void *), void *cookie)
{
	while (*list) {
		char *from = list, *to = list;
		bool last;

		for (; *from && *from != ':'; from++) {
			if (*from == '\\' && from[1])
				from++;
			*to++ = *from;
		}
		last = *from == '\0';
		*to = '\0';
		/* Nothing stands between two colons before layers of data. */
		if (*list && !function(list, cookie))
			return false;
		if (last)
			break;
		list = from + 1;
	}
	return true;
}

bool mount_each_layer(const struct mount *mount, bool (*function)(const char *, void *),
		      void *cookie)
{
	_cleanup_free_ char *copy = strdup(mount->options);
	char *rest = copy, *option;
	bool found = false;

	while (copy && (option = strsep(&rest, ","))) {
		char *value = strchr(option, '=');

		if (!value || (strncmp(option, "lowerdir", 8) != 0 &&
			       strncmp(option, "upperdir=", 9) != 0 &&
			       strncmp(option, "datadir", 7) != 0))
			continue;
		unescape(++value);
		if (!each_directory(value, function, cookie))
			return false;
		found = true;
	}
	return found;
}

const char *mount_choice_name(enum mount_choice choice)
{
	static const char *const names[] = {
		[MOUNT_SEEN] = "seen",
		[MOUNT_NOT_LOCAL] = "not local",
		[MOUNT_NO_FILES] = "pseudo",
		[MOUNT_LAYERS] = "its layers are seen where they lie",
		[MOUNT_TWICE] = "seen through another mount",
		[MOUNT_OUTSIDE] = "outside of the paths",
		[MOUNT_HIDDEN] = "hidden beneath another mount",
		[MOUNT_UNREADABLE] = "could not be opened",
	};

	return names[choice];
}
