/* SPDX-License-Identifier: BSD-2-Clause */
#include "owners.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cleanup.h"
#include "package_db.h"
#include "util.h"

#define PRIME ((1ULL << 61) - 1)

struct __attribute__((packed, aligned(4))) owned {
	uint64_t path; /* hash */
	uint32_t package;
};

struct package {
	char *name;
	char *version;
};

struct owners {
	struct owned *owned; /* sorted */
	size_t count, capacity;
	struct package *packages;
	size_t package_count;
	uint64_t secret; /* 1 ... PRIME - 1 */
};

/*
 * The bytes as the coefficients of a polynomial, at a secret point of a prime field:
 * two given paths have one hash with a chance of their length in 2^61, whoever
 * chose them.
 */
static uint64_t hash_bytes(uint64_t secret, uint64_t hash, const char *text)
{
	for (; *text; text++) {
		unsigned __int128 product = (unsigned __int128)hash * secret;

		hash = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61) +
		       (unsigned char)*text + 1;
		if (hash >= PRIME)
			hash -= PRIME;
	}
	return hash;
}

/* One name for /bin/x and /usr/bin/x, of which dpkg may know the other one. */
static uint64_t hash_path(const struct owners *owners, const char *path)
{
	static const char *const merged[] = { "/bin/", "/sbin/", "/lib" };
	uint64_t hash = 1;

	for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
		if (strncmp(path, merged[i], strlen(merged[i])) == 0)
			hash = hash_bytes(owners->secret, hash, "/usr");
	return hash_bytes(owners->secret, hash, path);
}

/* The packages come one after the other: each is remembered once. */
static int add_package(struct owners *owners, const struct installed_package *package)
{
	struct package *packages, *last;

	last = owners->package_count ? &owners->packages[owners->package_count - 1] : NULL;
	if (last && streq(last->name, package->name) && streq(last->version, package->version))
		return 0;
	packages = reallocarray(owners->packages, owners->package_count + 1, sizeof(*packages));
	if (!packages)
		return -ENOMEM;
	owners->packages = packages;
	last = &packages[owners->package_count];
	last->name = strdup(package->name);
	last->version = strdup(package->version ? package->version : "");
	if (!last->name || !last->version) {
		free(last->name);
		free(last->version);
		return -ENOMEM;
	}
	owners->package_count++;
	return 0;
}

static int add_path(void *cookie, const struct installed_package *package, const char *path)
{
	struct owners *owners = cookie;
	int r = add_package(owners, package);

	if (r < 0)
		return r;
	if (owners->count == owners->capacity) {
		size_t capacity = owners->capacity ? owners->capacity + owners->capacity / 2 : 4096;
		struct owned *owned = reallocarray(owners->owned, capacity, sizeof(*owned));

		if (!owned)
			return -ENOMEM;
		owners->owned = owned;
		owners->capacity = capacity;
	}
	owners->owned[owners->count++] = (struct owned){
		.path = hash_path(owners, path),
		.package = (uint32_t)(owners->package_count - 1),
	};
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct owned *a = left, *b = right;

	if (a->path != b->path)
		return a->path < b->path ? -1 : 1;
	return (a->package > b->package) - (a->package < b->package);
}

static void finish(struct owners *owners)
{
	struct owned *shrunk;

	if (owners->count == 0)
		return;
	qsort(owners->owned, owners->count, sizeof(*owners->owned), compare);
	shrunk = reallocarray(owners->owned, owners->count, sizeof(*shrunk));
	if (shrunk)
		owners->owned = shrunk;
}

static void owners_freep(struct owners **owners)
{
	owners_free(*owners);
}

static void problems_freep(struct problems **problems)
{
	problems_free(*problems);
}

int owners_read(const char *dpkg, struct owners **ret_owners)
{
	_cleanup_(owners_freep) struct owners *owners = calloc(1, sizeof(*owners));
	_cleanup_(problems_freep) struct problems *problems = problems_new();
	const struct package_db_options options = { .dpkg = dpkg };
	int r;

	if (!owners || !problems)
		return -ENOMEM;
	if (getrandom(&owners->secret, sizeof(owners->secret), 0) != sizeof(owners->secret))
		return -EIO;
	owners->secret = 1 + owners->secret % (PRIME - 1);
	r = package_db_files(&options, NULL, problems, add_path, owners);
	if (r < 0)
		return r;
	finish(owners);
	*ret_owners = TAKE_PTR(owners);
	return 0;
}

/* The first one with this hash, or where it would stand. */
static size_t lower_bound(const struct owners *owners, uint64_t path)
{
	size_t low = 0, high = owners->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (owners->owned[middle].path < path)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool owners_find(const struct owners *owners, const char *path, size_t nth, struct owner *ret_owner)
{
	const struct package *package;
	uint64_t hash;
	size_t i;

	if (!owners)
		return false;
	hash = hash_path(owners, path);
	i = lower_bound(owners, hash) + nth;
	if (i >= owners->count || owners->owned[i].path != hash)
		return false;
	package = &owners->packages[owners->owned[i].package];
	*ret_owner = (struct owner){ package->name, package->version };
	return true;
}

size_t owners_count(const struct owners *owners)
{
	return owners ? owners->count : 0;
}

void owners_free(struct owners *owners)
{
	if (!owners)
		return;
	for (size_t i = 0; i < owners->package_count; i++) {
		free(owners->packages[i].name);
		free(owners->packages[i].version);
	}
	free(owners->packages);
	free(owners->owned);
	free(owners);
}
