/* SPDX-License-Identifier: BSD-2-Clause */
#include "enrich.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "elf_facts.h"
#include "package.h"
#include "process.h"
#include "util.h"

#define PASSWD_PATH    "/etc/passwd"
#define DPKG_DIRECTORY "/var/lib/dpkg"
#define USERS	       32U
#define ID_SIZE	       64U /* hexadecimal digits of a container's id */
#define LOOK_PAUSE     (10U * 1000 * 1000) /* nanoseconds, between looks at what rarely changes */

struct user {
	bool known;
	uint32_t uid;
	char *name; /* NULL: there is none */
};

struct enrich {
	struct packages *packages;
	struct user users[USERS]; /* the last ones asked for */
	size_t oldest;		  /* user to be replaced next */
	struct timespec changed;  /* change time of /etc/passwd then */
	uint64_t next_look;	  /* at that change time */
	uint32_t mounts;	  /* inode number of our mount namespace, which stays ours; 0: not known */
};

struct enrich *enrich_new(void)
{
	struct enrich *enrich = calloc(1, sizeof(*enrich));
	struct stat mounts;

	if (!enrich)
		return NULL;
	if (stat("/proc/self/ns/mnt", &mounts) == 0)
		enrich->mounts = (uint32_t)mounts.st_ino;
	enrich->packages = packages_new(DPKG_DIRECTORY);
	if (!enrich->packages) {
		free(enrich);
		return NULL;
	}
	return enrich;
}

static void forget_users(struct enrich *enrich)
{
	for (size_t i = 0; i < USERS; i++) {
		free(enrich->users[i].name);
		enrich->users[i] = (struct user){ 0 };
	}
}

void enrich_free(struct enrich *enrich)
{
	if (!enrich)
		return;
	forget_users(enrich);
	packages_free(enrich->packages);
	free(enrich);
}

static char *search_user(uint32_t uid)
{
	_cleanup_fclose_ FILE *file = fopen(PASSWD_PATH, "re");
	struct passwd buffer, *found;
	char strings[4096];
	char *name = NULL;
	int r;

	while (file && !name) {
		r = fgetpwent_r(file, &buffer, strings, sizeof(strings), &found);
		if (r == ERANGE)
			continue; /* a line that is too long is not ours */
		if (r)
			break;
		if (found->pw_uid == uid)
			name = strdup(found->pw_name);
	}
	return name;
}

/* Whether there are users; forgets those that may be others by now. */
static bool look_at_users(struct enrich *enrich, uint64_t now)
{
	struct stat stat_buffer;

	if (now < enrich->next_look)
		return true;
	if (stat(PASSWD_PATH, &stat_buffer) < 0)
		return false;
	enrich->next_look = now + LOOK_PAUSE;
	if (stat_buffer.st_ctim.tv_sec != enrich->changed.tv_sec ||
	    stat_buffer.st_ctim.tv_nsec != enrich->changed.tv_nsec) {
		forget_users(enrich);
		enrich->changed = stat_buffer.st_ctim;
	}
	return true;
}

/* Name of a user, or NULL; valid until the next call. */
static const char *user_name(struct enrich *enrich, uint32_t uid, uint64_t now)
{
	struct user *user;

	if (!look_at_users(enrich, now))
		return NULL;
	for (size_t i = 0; i < USERS; i++) {
		if (enrich->users[i].known && enrich->users[i].uid == uid)
			return enrich->users[i].name;
	}
	user = &enrich->users[enrich->oldest];
	enrich->oldest = (enrich->oldest + 1) % USERS;
	free(user->name);
	*user = (struct user){ .known = true, .uid = uid, .name = search_user(uid) };
	return user->name;
}

static bool is_hex(char c)
{
	return isdigit((unsigned char)c) || (c >= 'a' && c <= 'f');
}

/* The last run of exactly ID_SIZE hexadecimal digits in @size bytes; NULL if there is none. */
static const char *find_id(const char *text, size_t size)
{
	const char *id = NULL;

	for (size_t i = 0; i < size;) {
		size_t run = 0;

		while (i + run < size && is_hex(text[i + run]))
			run++;
		if (run == ID_SIZE)
			id = text + i;
		i += run + 1;
	}
	return id;
}

/* What LXC and systemd-nspawn call a container, between @before and a '/', '.' or the end. */
static char *find_name(const char *text, size_t size)
{
	static const char *const before[] = { "/lxc.payload.", "/lxc/", "/machine.slice/machine-" };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		const char *found = memmem(text, size, before[i], strlen(before[i]));
		size_t length = 0;

		if (!found)
			continue;
		found += strlen(before[i]);
		while (found + length < text + size && found[length] != '/')
			length++;
		if (length > 6 && memcmp(found + length - 6, ".scope", 6) == 0)
			length -= 6;
		if (length > 0)
			return strndup(found, length);
	}
	return NULL;
}

char *enrich_container(const char *cgroups)
{
	while (*cgroups) {
		size_t size = strcspn(cgroups, "\n");
		const char *id = find_id(cgroups, size);
		char *name;

		/* podman's monitor of a container is outside of it */
		if (id && !(id - cgroups >= 7 && memcmp(id - 7, "conmon-", 7) == 0))
			return strndup(id, ID_SIZE);
		name = find_name(cgroups, size);
		if (name)
			return name;
		cgroups += size + (cgroups[size] == '\n');
	}
	return NULL;
}

static char *container_of(pid_t pid)
{
	_cleanup_free_ char *cgroups = process_cgroups(pid);

	return cgroups ? enrich_container(cgroups) : NULL;
}

/* Keeps @value in *@field if nothing is there yet; takes it over in any case. */
static void put(char **field, char *value)
{
	if (*field)
		free(value);
	else
		*field = value;
}

/*
 * The links are read first, and then it is seen whether it was the right process
 * all the time: pids are used again.
 */
static void add_process(struct alert *alert)
{
	const struct event *event = &alert->event;
	pid_t pid = (pid_t)event->tgid;
	char *cwd = process_link(pid, "cwd");
	char *container = container_of(pid);
	char *executable = NULL;
	char *parent = event->ppid ? process_link((pid_t)event->ppid, "exe") : NULL;

	/* of an exec it is `path`, or still what was there before */
	if (event->kind != EVENT_EXEC)
		executable = process_link(pid, "exe");
	if (process_is(pid, event->start)) {
		put(&alert->cwd, TAKE_PTR(cwd));
		put(&alert->container, TAKE_PTR(container));
		put(&alert->executable, TAKE_PTR(executable));
		put(&alert->parent_executable, TAKE_PTR(parent));
	}
	free(cwd);
	free(container);
	free(executable);
	free(parent);
}

static void add_package(struct enrich *enrich, struct alert *alert, uint64_t now)
{
	const struct event *event = &alert->event;
	const char *owner;

	/* elsewhere the same path is another file */
	if (alert->package || !alert->path || event->flags & EVENT_PATH_CUT ||
	    ((!enrich->mounts || event->mnt_ns != enrich->mounts) &&
	     !process_mounts_are_ours(event->mnt_ns)))
		return;
	owner = packages_owner(enrich->packages, alert->path, now);
	if (owner)
		alert->package = strdup(owner);
}

void enrich_alert(struct enrich *enrich, struct alert *alert, uint64_t now)
{
	if (!alert->user) {
		const char *name = user_name(enrich, alert->event.uid, now);

		alert->user = name ? strdup(name) : NULL;
	}
	if (alert->event.tgid)
		add_process(alert);
	add_package(enrich, alert, now);
}

int enrich_from_file(struct alert *alert, int fd)
{
	struct elf_facts facts;
	int r = elf_facts_read(fd, &facts);

	if (r < 0)
		return r;
	put(&alert->build_id, TAKE_PTR(facts.build_id));
	put(&alert->soname, TAKE_PTR(facts.soname));
	put(&alert->elf_package, TAKE_PTR(facts.package));
	return 0;
}
