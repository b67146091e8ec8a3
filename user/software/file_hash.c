/* SPDX-License-Identifier: BSD-2-Clause */
#include "file_hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "page_cache.h"
#include "util.h"

/* Bytes a read: large enough that the system call does not show beside SHA-NI. */
#define READ_SIZE (128U << 10)

static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;

/* An explicit fetch, because each implicit one searches the providers again. */
static void sha256_fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* A context of each thread's own, used again: to make one takes as long as to hash 10 KB. */
static pthread_key_t context_key;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;
static bool has_context_key;

static void free_context(void *context)
{
	EVP_MD_CTX_free(context);
}

static void context_key_make(void)
{
	has_context_key = pthread_key_create(&context_key, free_context) == 0;
}

/* Begins a digest with it. It stays the thread's. */
static int begin_own(EVP_MD_CTX **ret_context)
{
	EVP_MD_CTX *context;

	pthread_once(&sha256_once, sha256_fetch);
	pthread_once(&context_once, context_key_make);
	if (!has_context_key)
		return -ENOMEM;
	context = pthread_getspecific(context_key);
	if (!context) {
		context = EVP_MD_CTX_new();
		if (!context || pthread_setspecific(context_key, context) != 0) {
			EVP_MD_CTX_free(context);
			return -ENOMEM;
		}
	}
	if (!sha256 || !EVP_DigestInit_ex2(context, sha256, NULL))
		return -ENOSYS;
	*ret_context = context;
	return 0;
}

static void cleanup_digest_context(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_state(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       same_time(&a->st_ctim, &b->st_ctim) && same_time(&a->st_mtim, &b->st_mtim);
}

static int check_limits(const struct file_hash_limits *limits)
{
	if (limits->stop && atomic_load_explicit(limits->stop, memory_order_relaxed))
		return -ECANCELED;
	if (limits->deadline && clock_boottime() >= limits->deadline)
		return -ETIMEDOUT;
	return 0;
}

/* Feeds all of @fd to @context. *@ret_total: bytes read, at most one buffer above @size. */
static int hash_contents(int fd, uint64_t size, const struct file_hash_limits *limits,
			 EVP_MD_CTX *context, uint64_t *ret_total)
{
	size_t room = size < READ_SIZE ? (size_t)size + 1 : READ_SIZE;
	_cleanup_free_ unsigned char *buffer = malloc(room);
	_cleanup_(page_cache_release) struct page_cache cache = { 0 };
	uint64_t total = 0;
	int r;

	if (!buffer)
		return -ENOMEM;
	if (limits->leave_cache)
		page_cache_look(fd, size, &cache);
	while (total <= size) {
		ssize_t n;

		r = check_limits(limits);
		if (r < 0)
			return r;
		n = pread(fd, buffer, room, (off_t)total);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		if (!EVP_DigestUpdate(context, buffer, (size_t)n))
			return -ENOSYS;
		page_cache_restore(&cache, fd, total, (uint64_t)n);
		total += (uint64_t)n;
		if (limits->read)
			atomic_fetch_add_explicit(limits->read, (uint64_t)n, memory_order_relaxed);
		/* Less than there was room for, and as much as was said: that was the end. */
		if (total == size && (size_t)n < room)
			break;
	}
	*ret_total = total;
	return 0;
}

int file_hash_begin(EVP_MD_CTX **ret_context)
{
	_cleanup_(cleanup_digest_context) EVP_MD_CTX *context = NULL;

	pthread_once(&sha256_once, sha256_fetch);
	context = EVP_MD_CTX_new();
	if (!context)
		return -ENOMEM;
	if (!sha256 || !EVP_DigestInit_ex2(context, sha256, NULL))
		return -ENOSYS;
	*ret_context = TAKE_PTR(context);
	return 0;
}

int file_hash_finish(EVP_MD_CTX *context, uint8_t ret_digest[INTERDICT_DIGEST_SIZE])
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (!EVP_DigestFinal_ex(context, digest, NULL))
		return -ENOSYS;
	memcpy(ret_digest, digest, INTERDICT_DIGEST_SIZE);
	return 0;
}

int file_hash_limited(int fd, const struct file_hash_limits *limits,
		      uint8_t ret_digest[INTERDICT_DIGEST_SIZE], struct stat *ret_stat)
{
	static const struct file_hash_limits unlimited;
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	EVP_MD_CTX *context;
	struct stat before, after;
	uint64_t total = 0;
	int r;

	if (!limits)
		limits = &unlimited;
	if (fstat(fd, &before) < 0)
		return -errno;
	if (!S_ISREG(before.st_mode))
		return -EINVAL;
	if (limits->size_max && (uint64_t)before.st_size > limits->size_max)
		return -EFBIG;

	r = begin_own(&context);
	if (r < 0)
		return r;
	r = hash_contents(fd, (uint64_t)before.st_size, limits, context, &total);
	if (r < 0)
		return r;
	r = file_hash_finish(context, digest);
	if (r < 0)
		return r;

	if (fstat(fd, &after) < 0)
		return -errno;
	if (!same_state(&before, &after))
		return -EAGAIN;
	if (total != (uint64_t)before.st_size)
		return -EOPNOTSUPP;
	memcpy(ret_digest, digest, INTERDICT_DIGEST_SIZE);
	if (ret_stat)
		*ret_stat = before;
	return 0;
}

int file_hash(int fd, uint8_t ret_digest[INTERDICT_DIGEST_SIZE], uint64_t *ret_size)
{
	struct stat stat;
	int r = file_hash_limited(fd, NULL, ret_digest, &stat);

	if (r == 0 && ret_size)
		*ret_size = (uint64_t)stat.st_size;
	return r;
}
