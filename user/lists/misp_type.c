/* SPDX-License-Identifier: BSD-2-Clause */
#include "misp_type.h"

#include "list_format.h"
#include "util.h"

#define NAMED "filename|"

/* Each is there as `filename|TYPE` too. */
static const struct {
	const char *type;
	enum list_weak weak;
} types[] = {
	{ "sha256", LIST_WEAK_COUNT }, { "md5", LIST_MD5 },	       { "sha1", LIST_SHA1 },
	{ "sha224", LIST_OTHER },      { "sha384", LIST_OTHER },       { "sha512", LIST_OTHER },
	{ "sha512/224", LIST_OTHER },  { "sha512/256", LIST_OTHER },   { "sha3-224", LIST_OTHER },
	{ "sha3-256", LIST_OTHER },    { "sha3-384", LIST_OTHER },     { "sha3-512", LIST_OTHER },
	{ "ssdeep", LIST_OTHER },      { "imphash", LIST_OTHER },      { "impfuzzy", LIST_OTHER },
	{ "pehash", LIST_OTHER },      { "authentihash", LIST_OTHER }, { "vhash", LIST_OTHER },
	{ "tlsh", LIST_OTHER },	       { "cdhash", LIST_OTHER },       { "telfhash", LIST_OTHER },
};

bool misp_type_digest(struct slice type, struct misp_digest *ret_digest)
{
	struct misp_digest digest = { .named = slice_begins(type, NAMED) };

	if (slice_is(type, "malware-sample")) {
		*ret_digest = (struct misp_digest){ LIST_MD5, true };
		return true;
	}
	if (digest.named)
		type = (struct slice){ type.bytes + sizeof(NAMED) - 1,
				       type.size - (sizeof(NAMED) - 1) };
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!slice_is(type, types[i].type))
			continue;
		digest.weak = types[i].weak;
		*ret_digest = digest;
		return true;
	}
	return false;
}
