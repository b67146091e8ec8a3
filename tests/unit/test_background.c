/* SPDX-License-Identifier: BSD-2-Clause */
/* Jobs run one after the other, come back to their owner, and none is lost at the end. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <time.h>

#include "background.h"

static atomic_int running, ran;
static atomic_bool hold;
static atomic_int done_with, done_without; /* a context */

static void run(void *data)
{
	(void)data;
	assert_int_equal(atomic_fetch_add(&running, 1), 0);
	while (atomic_load(&hold))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	atomic_fetch_add(&ran, 1);
	atomic_fetch_sub(&running, 1);
}

static void done(void *data, void *context)
{
	free(data);
	if (context)
		done_with++;
	else
		done_without++;
}

static int submit(struct background *background)
{
	struct background_job job = { .run = run, .done = done, .data = malloc(1) };
	int r = background_submit(background, &job);

	if (r < 0)
		free(job.data);
	return r;
}

static struct background *begin(void)
{
	static int context;
	struct background *background = NULL;

	atomic_store(&ran, 0);
	done_with = done_without = 0;
	assert_int_equal(background_new(&context, &background), 0);
	return background;
}

static void test_jobs(void **state)
{
	struct background *background = begin();
	struct pollfd ready = { .fd = background_fd(background), .events = POLLIN };

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(submit(background), 0);
	while (done_with < 10) {
		assert_int_equal(poll(&ready, 1, 5000), 1);
		background_dispatch(background);
	}
	assert_int_equal(atomic_load(&ran), 10);
	background_dispatch(background);
	assert_int_equal(poll(&ready, 1, 0), 0);
	background_free(background);
	assert_int_equal(done_without, 0);
}

static void test_full(void **state)
{
	struct background *background = begin();
	unsigned int taken = 0;

	(void)state;
	atomic_store(&hold, true);
	assert_int_equal(submit(background), 0);
	while (atomic_load(&running) == 0)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	for (taken = 1; submit(background) == 0;)
		taken++;
	assert_int_equal(taken, BACKGROUND_QUEUE_MAX + 1);
	assert_int_equal(submit(background), -ENOBUFS);
	background_free(background); /* does not wait for the one that runs */
	atomic_store(&hold, false);
	for (int i = 0; i < 5000 && done_without < (int)taken; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	assert_true(done_without >= (int)taken);
	background_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jobs),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("background", tests, NULL, NULL);
}
