/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An archive's rows on their way out of the sandbox: what they consist of, put there and
 * taken here.
 */
#include <errno.h>
#include <string.h>

#include "apart.h"
#include "archive_library.h"
#include "cleanup.h"
#include "harvest_private.h"

enum {
	FRAME_ROW = APART_FIRST_KIND, /* digest, size, path, package, version, source */
	FRAME_PROGRESS,		      /* bytes */
	FRAME_JAR,		      /* nothing; if it is one, and last */
};

/*
 * Decompressors have windows of as much as the archive says. Time is not the measure of
 * an archive, but each megabyte of it is heard of.
 */
static const struct apart_limits limits = {
	.memory = 2ULL << 30,
	.cpu_seconds = 4 * 3600,
	.silence_seconds = 60,
};

int harvest_put_row(struct frame_writer *writer, const struct harvest_row *row)
{
	frame_begin(writer, FRAME_ROW);
	frame_put(writer, row->digest, sizeof(row->digest));
	frame_put_u64(writer, row->size);
	frame_put_bytes(writer, row->path, strnlen(row->path, HARVEST_PATH_MAX));
	frame_put_bytes(writer, row->package, strnlen(row->package, PACKAGE_FACT_SIZE));
	frame_put_bytes(writer, row->version, strnlen(row->version, PACKAGE_FACT_SIZE));
	frame_put_bytes(writer, row->source, strnlen(row->source, HARVEST_SOURCE_MAX));
	return frame_end(writer);
}

void harvest_put_progress(struct frame_writer *writer, uint64_t bytes)
{
	frame_begin(writer, FRAME_PROGRESS);
	frame_put_u64(writer, bytes);
	frame_end(writer);
	frame_flush(writer);
}

/* In the child. */
static int parse(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	const struct harvest_intake *intake = cookie;
	struct harvest_archive archive = *intake->archive;
	struct harvest_job job = {
		.path = archive.job->path,
		.origin = archive.job->origin,
		.problems = problems,
	};
	bool jar = false;
	int r;

	archive.job = &job;
	r = harvest_archive(&archive, writer, &jar);
	if (r < 0 || !jar)
		return r;
	frame_begin(writer, FRAME_JAR);
	return frame_end(writer);
}

static int take_row(struct harvest_intake *intake, struct frame *frame)
{
	const struct harvest_archive *archive = intake->archive;
	const uint8_t *digest = frame_get(frame, INTERDICT_DIGEST_SIZE);
	struct harvest_row row = {
		.size = frame_get_u64(frame),
		.path = frame_get_text(frame, HARVEST_PATH_MAX),
		.package = frame_get_text(frame, PACKAGE_FACT_SIZE),
		.version = frame_get_text(frame, PACKAGE_FACT_SIZE),
		.source = frame_get_text(frame, HARVEST_SOURCE_MAX),
	};

	if (frame_is_done(frame) && row.path && row.package && row.version && row.source &&
	    row.size > 0 && intake->rows++ < archive->harvest->options->limits.members) {
		memcpy(row.digest, digest, sizeof(row.digest));
		return harvest_add_row(archive->job, &row);
	}
	free(row.path);
	free(row.package);
	free(row.version);
	free(row.source);
	return -EPROTO;
}

static int take_progress(const struct harvest_intake *intake, struct frame *frame)
{
	uint64_t bytes = frame_get_u64(frame);

	if (!frame_is_done(frame) || bytes > UINT32_MAX)
		return -EPROTO;
	progress_add(intake->archive->harvest->progress, 0, bytes);
	return 0;
}

int harvest_take_frame(struct harvest_intake *intake, struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_ROW:
		return take_row(intake, frame);
	case FRAME_PROGRESS:
		return take_progress(intake, frame);
	case FRAME_JAR:
		intake->jar = true;
		return frame_is_done(frame) ? 0 : -EPROTO;
	}
	return -EPROTO;
}

static int take(void *cookie, struct frame *frame)
{
	return harvest_take_frame(cookie, frame);
}

int harvest_archive_apart(const struct harvest_archive *archive, bool *ret_jar)
{
	struct harvest_intake intake = { .archive = archive };
	struct apart apart = {
		.fd = archive->fd,
		.file = archive->job->path,
		.problems = harvest_problems(archive->job),
		.limits = limits,
		.stop = archive->harvest->options->stop,
		.before = archive_library_prepare_child,
		.parse = parse,
		.take = take,
		.cookie = &intake,
	};
	int r;

	if (!apart.problems)
		return -ENOMEM;
	if (!archive_library_load())
		return -ENOPKG;
	archive_library_prepare();
	r = apart_run(&apart);
	*ret_jar = intake.jar;
	return r == -EPROTO ? 0 : r;
}
