/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy's own digest: everything that decides, in an order that does not depend
 * on how the files are written or divided.
 */
#include <endian.h>
#include <openssl/evp.h>
#include <string.h>

#include "policy_internal.h"

/* Counts up when the bytes below change their meaning. */
#define DIGEST_TAG "interdict policy 3"

#define ENTRY_BYTES (INTERDICT_DIGEST_SIZE + 8 + 2)
#define BATCH	    512U /* entries that are hashed at once */

static void put_number(uint8_t *bytes, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
}

static bool hash_vendor(EVP_MD_CTX *hash, const struct vendor *vendor)
{
	uint8_t bytes[14];

	put_number(bytes, (uint32_t)vendor->schedule.announced, 4);
	put_number(bytes + 4, (uint32_t)vendor->schedule.prohibited, 4);
	put_number(bytes + 8, (uint32_t)vendor->schedule.retired, 4);
	bytes[12] = vendor->open_deny;
	bytes[13] = vendor->audit_only;
	return EVP_DigestUpdate(hash, vendor->id, strlen(vendor->id) + 1) &&
	       EVP_DigestUpdate(hash, bytes, sizeof(bytes));
}

static bool hash_exempt(EVP_MD_CTX *hash, const struct exempt_digest *exempt)
{
	const struct exemption *exemption = exempt->exemption;
	const char *host = exemption->host ? exemption->host : "";
	uint8_t bytes[INTERDICT_DIGEST_SIZE + 10];

	memcpy(bytes, exempt->digest, INTERDICT_DIGEST_SIZE);
	put_number(bytes + INTERDICT_DIGEST_SIZE, exempt->vendor, 2);
	put_number(bytes + INTERDICT_DIGEST_SIZE + 2, exemption->uid, 4);
	put_number(bytes + INTERDICT_DIGEST_SIZE + 6, (uint32_t)exemption->until, 4);
	return EVP_DigestUpdate(hash, bytes, sizeof(bytes)) &&
	       EVP_DigestUpdate(hash, host, strlen(host) + 1);
}

/* How many there are goes first, so that nothing of one kind reads as the other. */
static bool hash_exempts(EVP_MD_CTX *hash, const struct policy *policy)
{
	uint8_t bytes[8];
	bool good;

	put_number(bytes, policy->exempt_count, sizeof(bytes));
	good = EVP_DigestUpdate(hash, bytes, sizeof(bytes));
	for (size_t i = 0; good && i < policy->exempt_count; i++)
		good = hash_exempt(hash, &policy->exempts[i]);
	return good;
}

static void put_entry(const struct entry *entry, uint8_t bytes[ENTRY_BYTES])
{
	uint64_t size = htole64(entry->size);
	uint16_t vendor = htole16(entry->vendor);

	memcpy(bytes, entry->digest, INTERDICT_DIGEST_SIZE);
	memcpy(bytes + INTERDICT_DIGEST_SIZE, &size, sizeof(size));
	memcpy(bytes + INTERDICT_DIGEST_SIZE + sizeof(size), &vendor, sizeof(vendor));
}

static bool hash_entries(EVP_MD_CTX *hash, const struct policy *policy)
{
	uint8_t bytes[BATCH * ENTRY_BYTES];
	bool good = EVP_DigestInit_ex(hash, EVP_sha256(), NULL);

	for (size_t i = 0; good && i < policy->entry_count;) {
		size_t count = 0;

		for (; count < BATCH && i < policy->entry_count; count++, i++)
			put_entry(&policy->entries[i], bytes + count * ENTRY_BYTES);
		good = EVP_DigestUpdate(hash, bytes, count * ENTRY_BYTES);
	}
	return good;
}

static bool hash_policy(EVP_MD_CTX *hash, struct policy *policy)
{
	bool good = EVP_DigestInit_ex(hash, EVP_sha256(), NULL) &&
		    EVP_DigestUpdate(hash, DIGEST_TAG, sizeof(DIGEST_TAG));

	for (size_t i = 0; good && i < policy->vendor_count; i++)
		good = hash_vendor(hash, policy->vendors[i].vendor);
	good = good && hash_exempts(hash, policy);
	good = good && EVP_DigestUpdate(hash, policy->entries_digest,
					sizeof(policy->entries_digest));
	return good && EVP_DigestFinal_ex(hash, policy->digest, NULL);
}

bool policy_compute_entries_digest(struct policy *policy)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool good = hash && hash_entries(hash, policy) &&
		    EVP_DigestFinal_ex(hash, policy->entries_digest, NULL);

	EVP_MD_CTX_free(hash);
	return good;
}

bool policy_compute_digest(struct policy *policy)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool good = hash && hash_policy(hash, policy);

	EVP_MD_CTX_free(hash);
	return good;
}
