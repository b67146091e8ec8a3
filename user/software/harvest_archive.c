/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of an archive: hashes its members as they come by, and keeps in mind what
 * the packages that they are in say about themselves. All of this runs in the sandbox:
 * no file is opened here, and nothing is asked about one.
 */
#include "harvest_private.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "file_hash.h"
#include "util.h"

#define PROGRESS_SIZE (1U << 20) /* bytes of the file that are worth a message */

/* What is known of a member while it is read, and of the archives that it is in. */
struct item {
	EVP_MD_CTX *context; /* NULL: it is not hashed */
	uint64_t size;
	bool row;		    /* it is one by its kind */
	bool jar;		    /* a manifest was found in it */
	bool contents;		    /* if it is a .deb: the part with its files came by */
	struct package_facts facts; /* if it is a package, as far as they came by */
};

struct visit {
	const struct harvest *harvest;
	struct harvest_job *job;
	struct frame_writer *writer;
	uint64_t read; /* bytes that were not said yet */
	char hex[DIGEST_HEX_SIZE]; /* of the file */
};

static void free_item(struct item *item)
{
	EVP_MD_CTX_free(item->context);
	free(item);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "./opt/x" -> "opt/x" */
static const char *skip_dots(const char *path)
{
	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path += path[0] == '/' ? 1 : 2;
	return path;
}

static bool is_in(const struct archive_member *member, enum file_archive archive)
{
	return member && member->outer && member->outer->archive == archive;
}

/* In the part of a .deb that holds scripts of the installation, and what it says about itself. */
static bool is_control(const struct archive_member *member)
{
	return is_in(member->outer, ARCHIVE_DEB) &&
	       strncmp(member->outer->path, "control.tar", strlen("control.tar")) == 0;
}

/* The package that @member is in, or NULL. */
static const struct package_facts *package_of(const struct archive_member *member)
{
	for (member = member->outer; member; member = member->outer) {
		const struct item *item = member->state;

		if (item && item->facts.name[0])
			return &item->facts;
	}
	return NULL;
}

/* Whether paths in the archive that @member is in begin at the root of the system. */
static bool is_rooted(const struct archive_member *member)
{
	const struct item *outer = member->outer->state;

	return member->outer->archive == ARCHIVE_RPM || is_in(member->outer, ARCHIVE_DEB) ||
	       (member->outer->archive == ARCHIVE_TAR && outer && outer->facts.name[0]);
}

/* A compressed module's name is in the path of what it is compressed to. */
static char *path_of(const struct archive_member *member)
{
	const char *suffix;
	char *path;

	if (member->outer->archive == ARCHIVE_MODULE) {
		path = member->outer->outer ? path_of(member->outer) : strdup(member->outer->path);
		suffix = path ? strrchr(path, '.') : NULL;
		if (suffix)
			path[suffix - path] = '\0';
		return path;
	}
	return format_string("%s%s", is_rooted(member) ? "/" : "", skip_dots(member->path));
}

/*
 * "kesl.deb sha256:...", "kesl.deb!data.tar.xz!opt/x.jar sha256:...": by the name of
 * the file, not by where it lies here; and without the last archive where that is only
 * the form that a package has.
 */
static char *source_of(const struct visit *visit, const struct archive_member *member)
{
	const struct archive_member *from = member->outer;
	_cleanup_free_ char *chain = NULL;
	const char *shown;

	if (is_in(from, ARCHIVE_DEB))
		member = from;
	chain = archive_chain(member);
	if (!chain)
		return NULL;
	shown = chain + (base_name(visit->job->path) - visit->job->path);
	return format_string("%.*s sha256:%s", (int)(HARVEST_SOURCE_MAX - DIGEST_HEX_SIZE - 8),
			     shown, visit->hex);
}

/* The package's name for itself, out of the file that has it. */
static void read_facts(const struct archive_member *member)
{
	const char *path = skip_dots(member->path);
	const struct archive_member *package = member->outer;
	struct item *item;

	if (is_control(member))
		package = package->outer;
	item = package->state;
	if (!item)
		return;
	if (is_control(member) && streq(path, "control"))
		package_facts_control(member->head, member->head_size, &item->facts);
	else if (package->archive == ARCHIVE_TAR && streq(path, ".PKGINFO"))
		package_facts_pkginfo(member->head, member->head_size, &item->facts);
	else if (package->archive == ARCHIVE_DEB &&
		 strncmp(path, "data.tar", strlen("data.tar")) == 0)
		item->contents = true;
	else if (package->archive == ARCHIVE_ZIP && streq(path, "META-INF/MANIFEST.MF"))
		item->jar = true;
}

/*
 * What a package brings along for its installation only. Much of it is the same in
 * packages that have nothing to do with each other, so it tells nothing.
 */
static bool is_scaffold(const struct archive_member *member)
{
	const char *path = skip_dots(member->path);
	const struct item *outer = member->outer->state;

	if (is_control(member) || member->outer->archive == ARCHIVE_DEB)
		return true;
	/* .PKGINFO, .INSTALL, .post-install ... of Alpine's and Arch's packages */
	return member->outer->archive == ARCHIVE_TAR && outer && outer->facts.name[0] &&
	       path[0] == '.' && !strchr(path, '/');
}

static int complain(const struct visit *visit, const struct archive_member *member,
		    enum problem_severity severity, const char *text)
{
	_cleanup_free_ char *chain = archive_chain(member);
	_cleanup_free_ char *file =
		chain ? format_string("%s%s%s", chain, member->outer ? "!" : "", member->path) : NULL;
	struct problems *problems = harvest_problems(visit->job);

	if (!file || !problems)
		return -ENOMEM;
	problems_add(problems, severity, file, 0, "%s", text);
	return 0;
}

/* An ar archive that ends early looks like one that is whole. */
static int check_contents(const struct visit *visit, const struct archive_member *member,
			  const struct item *item)
{
	if (member->archive != ARCHIVE_DEB || item->contents)
		return 0;
	return complain(visit, member, PROBLEM_ERROR,
			"expected a member data.tar with the package's files, found none");
}

/* Says so where a name is a guess. */
static int read_rpm_facts(const struct visit *visit, const struct archive_member *member,
			  struct package_facts *facts)
{
	if (package_facts_rpm(member->head, member->head_size, facts))
		return 0;
	return complain(visit, member, PROBLEM_WARNING,
			package_facts_rpm_name(member->path, facts)
				? "its header has no name: name and version are the file name's"
				: "neither its header nor its file name has a package's name");
}

static enum file_kind kind_of(const struct archive_member *member)
{
	return file_kind(member->head, member->head_size, member->mode, member->path);
}

static int begin(void *cookie, struct archive_member *member, bool *ret_wanted)
{
	struct visit *visit = cookie;
	struct item *item = calloc(1, sizeof(*item));
	int r = 0;

	if (!item)
		return -ENOMEM;
	member->state = item;
	read_facts(member);
	if (member->archive == ARCHIVE_RPM)
		r = read_rpm_facts(visit, member, &item->facts);
	if (!is_scaffold(member))
		item->row = harvest_wants(visit->harvest, kind_of(member));
	/* Whether a zip is a jar turns out only when it has been read. */
	if (r == 0 && (item->row || (member->archive == ARCHIVE_ZIP && !is_scaffold(member)))) {
		r = file_hash_begin(&item->context);
		*ret_wanted = true;
	}
	return r;
}

static int data(void *cookie, struct archive_member *member, const void *bytes, size_t size)
{
	struct item *item = member->state;

	(void)cookie;
	item->size += size;
	return EVP_DigestUpdate(item->context, bytes, size) ? 0 : -ENOSYS;
}

static int add_row(const struct visit *visit, const struct archive_member *member,
		   const struct item *item)
{
	const struct package_facts *package = package_of(member);
	_cleanup_free_ char *path = path_of(member), *source = source_of(visit, member);
	struct harvest_row row = {
		.size = item->size,
		.path = path,
		.source = source,
		/* Only read. */
		.package = (char *)(package ? package->name : visit->job->origin->package),
		.version = (char *)(package ? package->version : visit->job->origin->version),
	};
	int r = file_hash_finish(item->context, row.digest);

	if (r < 0)
		return r;
	return path && source ? harvest_put_row(visit->writer, &row) : -ENOMEM;
}

static int end(void *cookie, struct archive_member *member, bool complete)
{
	const struct visit *visit = cookie;
	struct item *item = member->state;
	int r = 0;

	if (!item)
		return 0;
	if (complete && item->context && (item->row || item->jar))
		r = add_row(visit, member, item);
	if (r == 0 && complete)
		r = check_contents(visit, member, item);
	free_item(item);
	member->state = NULL;
	return r;
}

static void count_read(void *cookie, size_t bytes)
{
	struct visit *visit = cookie;

	visit->read += bytes;
	if (visit->read < PROGRESS_SIZE)
		return;
	harvest_put_progress(visit->writer, visit->read);
	visit->read = 0;
}

int harvest_archive(const struct harvest_archive *archive, struct frame_writer *writer,
		    bool *ret_jar)
{
	struct harvest_job *job = archive->job;
	struct visit visit = { .harvest = archive->harvest, .job = job, .writer = writer };
	const struct archive_visitor visitor = {
		.begin = begin,
		.data = data,
		.end = end,
		.cookie = &visit,
		.read = count_read,
	};
	_cleanup_free_ uint8_t *head = malloc(ARCHIVE_HEAD_SIZE);
	struct problems *problems = harvest_problems(job);
	struct archive_member member = { .path = job->path, .head = head };
	struct item file = { .context = NULL };
	int r = 0;
	ssize_t n;

	if (!problems || !head)
		return -ENOMEM;
	digest_to_hex(archive->digest, visit.hex);
	n = pread(archive->fd, head, ARCHIVE_HEAD_SIZE, 0);
	if (n < 0)
		return -errno;
	member.head_size = (size_t)n;
	member.archive = file_archive(head, member.head_size, job->path);
	if (member.archive == ARCHIVE_RPM)
		r = read_rpm_facts(&visit, &member, &file.facts);
	if (r == 0)
		r = archive_walk_sized(archive->fd, archive->size, job->path,
				       &archive->harvest->options->limits, problems, &visitor, &file);
	if (r == 0 && problems_errors(problems) == 0)
		r = check_contents(&visit, &member, &file);
	*ret_jar = file.jar;
	return r;
}
