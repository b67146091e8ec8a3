/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * [exempt ID]: who may run single files of a vendor all the same. Each exemption
 * names digests, an end, and who answers for it; there is none for a whole vendor.
 */
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "vendor_private.h"

#define ID_MAX	       42U /* with "exempt " before it, what the INI library takes for a section */
#define DIGESTS_MAX    1000U
#define EXEMPTIONS_MAX 1000U

struct exemption_key {
	struct ini_key name;
	void (*set)(struct loader *loader, const struct ini_line *line, struct exemption *exemption,
		    size_t offset);
	size_t offset;
	bool required;
};

static void set_text(struct loader *loader, const struct ini_line *line,
		     struct exemption *exemption, size_t offset)
{
	vendor_set_text(loader, line, (char **)((char *)exemption + offset));
}

static void add_digest(struct loader *loader, const struct ini_line *line,
		       struct exemption *exemption, size_t offset)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	void *digests;

	(void)offset;
	if (strlen(line->value) != DIGEST_HEX_SIZE - 1 ||
	    digest_from_hex(line->value, digest) < 0 || exemption->digest_count == DIGESTS_MAX) {
		problems_add_found(loader->problems, line->file, line->number, line->value,
				   strlen(line->value),
				   "sha256: expected 64 hexadecimal digits, at most %u times",
				   DIGESTS_MAX);
		return;
	}
	digests = reallocarray(exemption->digest, exemption->digest_count + 1, sizeof(digest));
	if (!digests) {
		loader->out_of_memory = true;
		return;
	}
	exemption->digest = digests;
	memcpy(exemption->digest[exemption->digest_count++], digest, sizeof(digest));
}

/* A number: names are looked up where nobody knows which directory answers. */
static void set_uid(struct loader *loader, const struct ini_line *line,
		    struct exemption *exemption, size_t offset)
{
	uint64_t uid;

	(void)offset;
	if (parse_u64(line->value, EXEMPTION_ANY_UID - 1, &uid) < 0) {
		problems_add_found(loader->problems, line->file, line->number, line->value,
				   strlen(line->value), "uid: expected the number of a user");
		return;
	}
	exemption->uid = (uint32_t)uid;
}

static void set_until(struct loader *loader, const struct ini_line *line,
		      struct exemption *exemption, size_t offset)
{
	(void)offset;
	if (schedule_parse_date(line->value, &exemption->until) < 0)
		problems_add_found(loader->problems, line->file, line->number, line->value,
				   strlen(line->value),
				   "until: expected a date of the calendar as YYYY-MM-DD");
}

#define MEMBER(name) offsetof(struct exemption, name)

static const struct exemption_key keys[EXEMPTION_KEYS] = {
	{ { "exempt", "sha256", true }, add_digest, 0, true },
	{ { "exempt", "uid", false }, set_uid, 0, false },
	{ { "exempt", "host", false }, set_text, MEMBER(host), false },
	{ { "exempt", "until", false }, set_until, 0, true },
	{ { "exempt", "approver", false }, set_text, MEMBER(approver), true },
	{ { "exempt", "reason", false }, set_text, MEMBER(reason), true },
	{ { "exempt", "ticket", false }, set_text, MEMBER(ticket), true },
};

/* What the section that ends here lacks. */
static void finish_section(struct loader *loader)
{
	struct vendor *vendor = loader->vendor;
	const struct exemption *exemption;

	if (!loader->in_exemption)
		return;
	loader->in_exemption = false;
	exemption = &vendor->exemptions[vendor->exemption_count - 1];
	for (size_t i = 0; i < EXEMPTION_KEYS; i++)
		if (keys[i].required && !loader->exemption_seen[i])
			problems_add(loader->problems, PROBLEM_ERROR, vendor->file, exemption->line,
				     "exempt %s: expected %s = ... in it", exemption->id,
				     keys[i].name.key);
}

/* False if the id was reported. */
static bool check_id(struct loader *loader, const struct ini_line *line, const char *id)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789._-";
	const struct vendor *vendor = loader->vendor;
	size_t size = strlen(id);

	if (size == 0 || size > ID_MAX || strspn(id, characters) != size) {
		problems_add_found(loader->problems, line->file, line->number, id, size,
				   "expected [exempt ID], the id of at most %u letters, digits "
				   "and . _ -",
				   ID_MAX);
		return false;
	}
	for (size_t i = 0; i < vendor->exemption_count; i++) {
		if (!streq(vendor->exemptions[i].id, id))
			continue;
		problems_add(loader->problems, PROBLEM_ERROR, line->file, line->number,
			     "exempt %s is given twice: expected one, first given in line %u", id,
			     vendor->exemptions[i].line);
		return false;
	}
	return true;
}

static void begin_section(struct loader *loader, const struct ini_line *line, const char *id)
{
	struct vendor *vendor = loader->vendor;
	struct exemption *exemptions;
	char *copy;

	finish_section(loader);
	if (!check_id(loader, line, id))
		return;
	if (vendor->exemption_count == EXEMPTIONS_MAX) {
		problems_add(loader->problems, PROBLEM_ERROR, line->file, line->number,
			     "expected at most %u exemptions in a vendor file", EXEMPTIONS_MAX);
		return;
	}
	exemptions = reallocarray(vendor->exemptions, vendor->exemption_count + 1,
				  sizeof(*exemptions));
	if (exemptions)
		vendor->exemptions = exemptions;
	copy = strdup(id);
	if (!exemptions || !copy) {
		free(copy);
		loader->out_of_memory = true;
		return;
	}
	exemptions[vendor->exemption_count++] = (struct exemption){
		.id = copy,
		.line = line->number,
		.uid = EXEMPTION_ANY_UID,
		.until = SCHEDULE_NONE,
	};
	memset(loader->exemption_seen, 0, sizeof(loader->exemption_seen));
	loader->in_exemption = true;
}

void exemption_line(struct loader *loader, const struct ini_line *line, const char *id)
{
	const struct ini_table table = { keys, EXEMPTION_KEYS, sizeof(keys[0]),
					 loader->exemption_seen };
	struct ini_line plain = *line;
	const struct exemption_key *key;

	if (!line->key) {
		begin_section(loader, line, id);
		return;
	}
	if (!loader->in_exemption)
		return;
	plain.section = "exempt";
	key = ini_lookup(&table, &plain, loader->problems);
	if (key)
		key->set(loader, &plain,
			 &loader->vendor->exemptions[loader->vendor->exemption_count - 1],
			 key->offset);
}

void exemptions_finish(struct loader *loader)
{
	finish_section(loader);
}

void exemption_release(struct exemption *exemption)
{
	free(exemption->id);
	free(exemption->digest);
	free(exemption->host);
	free(exemption->approver);
	free(exemption->reason);
	free(exemption->ticket);
}
