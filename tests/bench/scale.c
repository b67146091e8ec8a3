/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the policy and the events scale, by the code that the daemon runs:
 *
 *	scale list FILE COUNT		writes a list of so many sized entries
 *	scale policy VENDORS [STATE]	loads, fills an image, looks digests up; STATE: as the
 *					monitor does, and leaves the cache there
 *	scale events VENDORS WHAT COUNT FILE
 *		decodes COUNT records as the kernel sends them, and of these
 *		discard		makes nothing, since they are not listed
 *		collapse	makes alerts of eight users and one file, which repeat
 *		write		makes alerts of so many files that none is a repeat, in ECS
 *
 * Prints "KEY VALUE" lines: times in seconds, megabytes of memory at most, and rates in a second
 * of one processor's time, which says the same on a machine that others work on too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "context.h"
#include "events.h"
#include "policy.h"
#include "policy_cache.h"
#include "report.h"
#include "schedule.h"
#include "util.h"

#define LOOKUPS	 2000000U
#define LOOKUP_SEED 0xD1B54A32D192ED03ULL
#define USERS	 8U
#define PATHS	 64U
#define PAYLOAD	 256U
#define NS_PER_S 1e9

static uint64_t random_state = 0x9E3779B97F4A7C15ULL;

/* xorshift64*: the same sequence in every run. */
static uint64_t random_u64(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545F4914F6CDD1DULL;
}

static void random_digest(uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	for (size_t i = 0; i < INTERDICT_DIGEST_SIZE; i += 8) {
		uint64_t word = random_u64();

		memcpy(digest + i, &word, sizeof(word));
	}
}

static void die(const char *what, int error)
{
	fprintf(stderr, "scale: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(2);
}

static double seconds_since(uint64_t begin)
{
	return (double)(clock_monotonic() - begin) / NS_PER_S;
}

/* Of this process, user and kernel. */
static double processor_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / NS_PER_S;
}

/* Of the children that parse. */
static double parser_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static uint32_t own_mounts(void)
{
	struct stat st;

	if (stat("/proc/self/ns/mnt", &st) < 0)
		die("/proc/self/ns/mnt", errno);
	return (uint32_t)st.st_ino;
}

static void print_peak(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("peak %.1f\n", (double)usage.ru_maxrss / 1024);
}

static int make_list(const char *path, unsigned long count)
{
	FILE *file = fopen(path, "w");

	if (!file)
		die(path, errno);
	fputs("sha256,size,product,version\n", file);
	for (unsigned long i = 0; i < count; i++) {
		uint8_t digest[INTERDICT_DIGEST_SIZE];
		char hex[DIGEST_HEX_SIZE];

		random_digest(digest);
		digest_to_hex(digest, hex);
		fprintf(file, "%s,%lu,Product %lu,%lu.0\n", hex, 1000000007UL + i * 37 % 800000000UL,
			i % 50, i % 9);
	}
	if (fclose(file))
		die(path, errno);
	return 0;
}

static struct policy *load(const char *vendors, const char *state)
{
	struct problems *problems = problems_new();
	struct policy *policy = NULL;
	int r = state ? policy_load_cached(vendors, state, problems, &policy) :
			policy_load(vendors, problems, &policy);

	if (r < 0) {
		problems_print(problems, 5);
		die(vendors, r);
	}
	problems_free(problems);
	return policy;
}

/* Digests that are listed, or are not, in an order that no cache foresees. */
static double time_lookups(const struct policy *policy, const void *image, bool listed)
{
	uint8_t (*digests)[INTERDICT_DIGEST_SIZE] = calloc(LOOKUPS, sizeof(*digests));
	size_t found = 0;
	double begin, took;

	if (!digests)
		die("lookups", ENOMEM);
	for (unsigned int i = 0; i < LOOKUPS; i++) {
		if (listed)
			memcpy(digests[i],
			       policy_entry(policy, (uint32_t)(random_u64() %
							       policy_entry_count(policy)) + 1)->digest,
			       sizeof(digests[i]));
		else
			random_digest(digests[i]);
	}
	begin = processor_seconds();
	for (unsigned int i = 0; i < LOOKUPS; i++) {
		uint8_t action;

		found += policy_image_find(image, digests[i], POLICY_EVERY_USER, &action) != 0;
	}
	took = processor_seconds() - begin;
	if (found != (listed ? LOOKUPS : 0))
		die("a lookup went wrong", EBADMSG);
	free(digests);
	return took / LOOKUPS * NS_PER_S;
}

static int measure_policy(const char *vendors, const char *state)
{
	uint64_t begin = clock_monotonic();
	double used = processor_seconds();
	struct policy *policy = load(vendors, state);
	struct policy_geometry geometry;
	double loaded = seconds_since(begin);
	void *image;
	int r;

	begin = clock_monotonic();
	r = policy_image_size(policy, &geometry);
	if (r < 0)
		die("image", r);
	image = calloc(1, geometry.size);
	if (!image)
		die("image", ENOMEM);
	r = policy_image_fill(policy, &geometry, schedule_today(time(NULL)), 1, image);
	if (r < 0)
		die("image", r);
	printf("load %.4f\nfill %.4f\n", loaded, seconds_since(begin));
	printf("busy %.4f\nparser %.4f\n", processor_seconds() - used, parser_seconds());
	print_peak();
	printf("entries %zu\nbytes %.2f\n", policy_entry_count(policy),
	       (double)geometry.size / (double)policy_entry_count(policy));
	printf("probes %u\n", ((struct policy_header *)image)->probe_max);
	random_state = LOOKUP_SEED; /* not what the list was made with */
	printf("hit %.1f\n", time_lookups(policy, image, true));
	printf("miss %.1f\n", time_lookups(policy, image, false));
	begin = clock_monotonic();
	policy_settle(policy);
	printf("settle %.4f\n", seconds_since(begin));
	printf("recalled %d\n", policy_is_recalled(policy));
	if (state && !policy_is_recalled(policy)) {
		r = policy_cache_save(policy, state);
		if (r < 0)
			die(state, r);
	}
	free(image);
	policy_free(policy);
	return 0;
}

/* A record as emit.bpf.h makes them: names innermost first, then arguments. */
static size_t make_record(const struct policy *policy, unsigned int number, const char *what,
			  uint8_t record[sizeof(struct event) + PAYLOAD])
{
	char payload[PAYLOAD];
	int path = snprintf(payload, sizeof(payload), "program-%u%cbin%cexample%copt%c", number % PATHS,
			    0, 0, 0, 0);
	int argv = snprintf(payload + path, sizeof(payload) - (size_t)path,
			    "/opt/example/bin/program-%u%c--option%cvalue %u%c", number % PATHS, 0, 0,
			    number % PATHS, 0);
	struct event event = {
		.size = (uint32_t)(sizeof(event) + (size_t)path + (size_t)argv),
		.kind = EVENT_EXEC,
		.time = clock_boottime(),
		.flags = EVENT_PATH_REVERSED,
		.pid = (uint32_t)getpid(),
		.tgid = (uint32_t)getpid(),
		.ppid = (uint32_t)getppid(),
		.loginuid = UINT32_MAX,
		.sessionid = UINT32_MAX,
		.mnt_ns = own_mounts(),
		.comm = "program",
		.file = { .inode = 1000 + number, .size = 4096, .dev = 8U << 20 | 1 },
		.generation = 1,
		.decision = streq(what, "discard") ? DECISION_PENDING : DECISION_AUDIT,
		.reason = streq(what, "discard") ? REASON_NONE : REASON_LISTED,
		.hash_source = HASH_SOURCE_USER,
		.backend = BACKEND_TRACEPOINT,
		.path_size = (uint16_t)path,
		.argv_size = (uint16_t)argv,
	};
	uint32_t entry = streq(what, "write") ? number % (uint32_t)policy_entry_count(policy) + 1 : 1;

	if (streq(what, "discard"))
		random_digest(event.digest);
	else
		memcpy(event.digest, policy_entry(policy, entry)->digest, sizeof(event.digest));
	event.uid = event.euid = streq(what, "collapse") ? number % USERS : 0;
	memcpy(record, &event, sizeof(event));
	memcpy(record + sizeof(event), payload, (size_t)path + (size_t)argv);
	return event.size;
}

/* What the monitor does with a record (on_record() of monitor.c), without a kernel. */
static void take(const struct policy *policy, struct report *report, const uint8_t *record,
		 size_t size, int32_t today)
{
	struct policy_ruling ruling;
	struct alert alert;
	uint32_t number;
	int r = alert_decode(record, size, &alert);

	if (r < 0)
		die("decode", r);
	number = policy_find(policy, alert.event.digest);
	if (number) {
		ruling = policy_rule(policy, number, alert.event.uid, today);
		alert.policy = policy;
		alert.entry = ruling.entry;
		alert.phase = PHASE_PROHIBITED;
		report_alert(report, &alert, clock_boottime());
	}
	alert_release(&alert);
}

static int measure_events(const char *vendors, const char *what, unsigned long count,
			  const char *file)
{
	struct policy *policy = load(vendors, NULL);
	const struct report_options options = { .events = file, .format = OUTPUT_ECS };
	int32_t today = schedule_today(time(NULL));
	struct report_status status;
	struct context context;
	struct report *report;
	double spent = 0;
	int r;

	random_state = LOOKUP_SEED; /* not what the list was made with */
	context_init(&context);
	context.policy_generation = 1;
	r = report_new(&options, &context, &report);
	if (r < 0)
		die(file, r);
	for (unsigned long done = 0; done < count;) {
		static uint8_t records[1024][sizeof(struct event) + PAYLOAD];
		static size_t sizes[1024];
		unsigned int batch = 0;
		double begin;

		for (; batch < 1024 && done < count; batch++, done++)
			sizes[batch] = make_record(policy, (unsigned int)done, what, records[batch]);
		begin = processor_seconds();
		for (unsigned int i = 0; i < batch; i++)
			take(policy, report, records[i], sizes[i], today);
		report_poll(report, clock_boottime());
		spent += processor_seconds() - begin;
	}
	report_flush(report, clock_boottime());
	report_get_status(report, &status);
	printf("rate %.0f\n", (double)count / spent);
	printf("alerts %llu\nwritten %llu\nlost %llu\n", (unsigned long long)status.alerts,
	       (unsigned long long)status.events.written, (unsigned long long)status.events.lost);
	report_free(report);
	policy_free(policy);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && streq(argv[1], "list"))
		return make_list(argv[2], strtoul(argv[3], NULL, 10));
	if ((argc == 3 || argc == 4) && streq(argv[1], "policy"))
		return measure_policy(argv[2], argc == 4 ? argv[3] : NULL);
	if (argc == 6 && streq(argv[1], "events"))
		return measure_events(argv[2], argv[3], strtoul(argv[4], NULL, 10), argv[5]);
	fputs("usage: scale list FILE COUNT | policy VENDORS [STATE] | "
	      "events VENDORS discard|collapse|write COUNT FILE\n",
	      stderr);
	return 2;
}
