/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dpkg's database: the file `status` has a stanza for each package, info/NAME.list or
 * info/NAME:ARCHITECTURE.list its paths, and `diversions` says which of them went
 * elsewhere. Names from it become part of paths only when they are made of the
 * characters that Debian's policy allows.
 */
#include "package_db_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "util.h"

#define STATUS_MAX     (256U << 20) /* bytes; a desktop has about 6 MiB */
#define LIST_MAX       (64U << 20)
#define DIVERSIONS_MAX (16U << 20)

/* One stanza as far as it was read. */
struct stanza {
	char name[PACKAGE_TEXT_SIZE];
	char version[PACKAGE_TEXT_SIZE];
	char architecture[PACKAGE_TEXT_SIZE];
	bool installed;
	unsigned int line; /* of its first field; 0: empty */
};

/* "The file that packages know as @from lies at @to, but for @package's own." */
struct diversion {
	const char *from;
	const char *to;
	const char *package; /* ":" for the administrator's */
};

struct dpkg {
	const struct package_query *query;
	const char *directory;
	char *status_file;
	struct diversion *diversions; /* sorted by `from` */
	size_t diversion_count;
	char *diversion_text; /* that they point into */
};

static void dpkg_release(struct dpkg *dpkg)
{
	free(dpkg->status_file);
	free(dpkg->diversions);
	free(dpkg->diversion_text);
}

/* Reads a file whole into a string. -EBADMSG: it holds a NUL, which no such file does. */
static int read_text(const char *path, off_t max, char **ret_text)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat stat;
	size_t used = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return -EINVAL;
	if (stat.st_size > max)
		return -EFBIG;
	text = malloc((size_t)stat.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (used < (size_t)stat.st_size) {
		n = read(fd, text + used, (size_t)stat.st_size - used);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		used += n > 0 ? (size_t)n : 0;
	}
	text[used] = '\0';
	if (strlen(text) != used)
		return -EBADMSG;
	*ret_text = TAKE_PTR(text);
	return 0;
}

static void warn(const struct dpkg *dpkg, const char *file, int error)
{
	if (error != -ENOENT)
		problems_add(dpkg->query->problems, PROBLEM_WARNING, file, 0, "cannot read: %s",
			     strerror(-error));
}

/* Takes the next line off *@text and ends it with a NUL. NULL behind the last one. */
static char *take_line(char **text)
{
	char *line = *text;
	char *end = line ? strchr(line, '\n') : NULL;

	if (!line || !*line)
		return NULL;
	if (end)
		*end = '\0';
	*text = end ? end + 1 : NULL;
	return line;
}

static int compare_diversions(const void *a, const void *b)
{
	return strcmp(((const struct diversion *)a)->from, ((const struct diversion *)b)->from);
}

/* Reads the diversions: three lines each. */
static int read_diversions(struct dpkg *dpkg)
{
	_cleanup_free_ char *file = format_string("%s/diversions", dpkg->directory);
	char *text;
	int r;

	if (!file)
		return -ENOMEM;
	r = read_text(file, DIVERSIONS_MAX, &dpkg->diversion_text);
	if (r < 0) {
		warn(dpkg, file, r);
		return r == -ENOMEM ? r : 0;
	}
	text = dpkg->diversion_text;
	for (;;) {
		char *from = take_line(&text), *to = take_line(&text), *package = take_line(&text);
		struct diversion *grown;

		if (!package)
			break;
		grown = reallocarray(dpkg->diversions, dpkg->diversion_count + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		dpkg->diversions = grown;
		grown[dpkg->diversion_count++] = (struct diversion){ from, to, package };
	}
	if (dpkg->diversion_count > 0)
		qsort(dpkg->diversions, dpkg->diversion_count, sizeof(*dpkg->diversions),
		      compare_diversions);
	return 0;
}

/* Where the package's file @path lies. */
static const char *divert(const struct dpkg *dpkg, const char *package, const char *path)
{
	const struct diversion wanted = { .from = path };
	const struct diversion *found = NULL;

	if (dpkg->diversion_count > 0)
		found = bsearch(&wanted, dpkg->diversions, dpkg->diversion_count, sizeof(wanted),
				compare_diversions);
	return found && !streq(found->package, package) ? found->to : path;
}

/* Debian policy 5.6.7 and the names of architectures: nothing that means something in a path. */
static bool is_name(const char *name)
{
	if (!*name || *name == '.' || *name == '-')
		return false;
	for (; *name; name++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._",
			    *name))
			return false;
	return true;
}

static bool is_directory(const char *path, const char *next)
{
	size_t size = strlen(path);

	return next && strncmp(path, next, size) == 0 && next[size] == '/';
}

/* A list names each directory before what is in it, so most are known by the next line. */
static int each_path(const struct dpkg *dpkg, const struct installed_package *package,
		     const char *file, char *text)
{
	const struct package_query *query = dpkg->query;
	unsigned int number = 1;

	for (char *line = take_line(&text), *next; line; line = next, number++) {
		int r;

		next = take_line(&text);
		if (streq(line, "/.") || is_directory(line, next))
			continue;
		if (line[0] != '/' || strlen(line) >= PATH_MAX) {
			_cleanup_free_ char *quoted = problem_quote(line, strlen(line));

			problems_add(query->problems, PROBLEM_WARNING, file, number,
				     "expected an absolute path, found %s", quoted ? quoted : "");
			continue;
		}
		r = query->file(query->cookie, package, divert(dpkg, package->name, line));
		if (r != 0)
			return r;
	}
	return 0;
}

/* Packages that can be installed for several architectures have it in the list's name. */
static int read_paths(const struct dpkg *dpkg, const struct installed_package *package,
		      char **ret_file, char **ret_text)
{
	_cleanup_free_ char *plain = format_string("%s/info/%s.list", dpkg->directory,
						   package->name);
	_cleanup_free_ char *named = format_string("%s/info/%s:%s.list", dpkg->directory,
						   package->name, package->architecture);
	int r;

	if (!plain || !named)
		return -ENOMEM;
	r = read_text(named, LIST_MAX, ret_text);
	if (r == 0) {
		*ret_file = TAKE_PTR(named);
		return 0;
	}
	r = read_text(plain, LIST_MAX, ret_text);
	if (r == 0)
		*ret_file = TAKE_PTR(plain);
	else if (r != -ENOMEM)
		problems_add(dpkg->query->problems, PROBLEM_WARNING, plain, 0, "cannot read: %s",
			     strerror(-r));
	return r;
}

static int end_stanza(const struct dpkg *dpkg, const struct stanza *stanza)
{
	const struct package_query *query = dpkg->query;
	const struct installed_package package = {
		.name = stanza->name,
		.version = stanza->version,
		.architecture = stanza->architecture,
		.database = "dpkg",
	};
	_cleanup_free_ char *file = NULL, *text = NULL;
	int r;

	if (stanza->line == 0 || !stanza->installed)
		return 0;
	if (!is_name(stanza->name) || !is_name(stanza->architecture)) {
		problems_add(query->problems, PROBLEM_WARNING, dpkg->status_file, stanza->line,
			     "expected a stanza with the names of a package and an architecture");
		return 0;
	}
	if (!package_query_wants(query, stanza->name))
		return 0;
	if (!query->file)
		return query->package(query->cookie, &package);
	r = read_paths(dpkg, &package, &file, &text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return each_path(dpkg, &package, file, text);
}

/* The value of the field @name if @line is that; else NULL. */
static const char *field(const char *line, const char *name)
{
	size_t size = strlen(name);

	if (strncmp(line, name, size) != 0 || line[size] != ':')
		return NULL;
	return line + size + 1 + strspn(line + size + 1, " \t");
}

/* Too long a value leaves the text empty, which no name may be. */
static void set_text(char text[PACKAGE_TEXT_SIZE], const char *value)
{
	size_t size = strcspn(value, " \t\r");

	text[0] = '\0';
	if (size < PACKAGE_TEXT_SIZE) {
		memcpy(text, value, size);
		text[size] = '\0';
	}
}

/* "install ok installed": the last word says what lies on the disk. */
static bool has_files(const char *status)
{
	const char *state = strrchr(status, ' ');

	return state && !streq(state, " config-files") && !streq(state, " not-installed");
}

static void read_field(struct stanza *stanza, const char *line, unsigned int number)
{
	const char *value;

	if (stanza->line == 0)
		stanza->line = number;
	if ((value = field(line, "Package")))
		set_text(stanza->name, value);
	else if ((value = field(line, "Version")))
		set_text(stanza->version, value);
	else if ((value = field(line, "Architecture")))
		set_text(stanza->architecture, value);
	else if ((value = field(line, "Status")))
		stanza->installed = has_files(value);
}

static int each_stanza(const struct dpkg *dpkg, char *text)
{
	struct stanza stanza = { .line = 0 };
	unsigned int number = 1;

	for (char *end; text; text = end, number++) {
		int r = 0;

		end = strchr(text, '\n');
		if (end)
			*end++ = '\0';
		if (*text && *text != ' ' && *text != '\t')
			read_field(&stanza, text, number);
		else if (!*text)
			r = end_stanza(dpkg, &stanza);
		if (r != 0)
			return r;
		if (!*text)
			stanza = (struct stanza){ .line = 0 };
	}
	return end_stanza(dpkg, &stanza);
}

int package_dpkg_query(const struct package_query *query, const char *directory)
{
	_cleanup_(dpkg_release) struct dpkg dpkg = { .query = query, .directory = directory };
	_cleanup_free_ char *text = NULL;
	int r;

	dpkg.status_file = format_string("%s/status", directory);
	if (!dpkg.status_file)
		return -ENOMEM;
	r = read_text(dpkg.status_file, STATUS_MAX, &text);
	if (r < 0) {
		warn(&dpkg, dpkg.status_file, r);
		return r == -ENOMEM ? r : 0;
	}
	r = query->file ? read_diversions(&dpkg) : 0;
	return r < 0 ? r : each_stanza(&dpkg, text);
}
