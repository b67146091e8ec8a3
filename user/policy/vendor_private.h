/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between vendor.c and vendor_exempt.c: the state of one vendor_load().
 */
#ifndef INTERDICT_VENDOR_PRIVATE_H
#define INTERDICT_VENDOR_PRIVATE_H

#include "ini_file.h"
#include "vendor.h"

/* Keys of an [exempt ID] section. */
#define EXEMPTION_KEYS 7

struct loader {
	struct vendor *vendor;
	struct problems *problems;
	const struct ini_table *table;
	unsigned int exemption_seen[EXEMPTION_KEYS]; /* of the section being read: their lines */
	int32_t grace;				     /* days, or SCHEDULE_NONE */
	bool in_exemption;			     /* and it is one that is kept */
	bool out_of_memory;
};

/* Sets *@text to a copy of the value. */
void vendor_set_text(struct loader *loader, const struct ini_line *line, char **text);

/* Takes a line of the section [exempt @id]. */
void exemption_line(struct loader *loader, const struct ini_line *line, const char *id);

/* Checks the last of them, and all against each other. */
void exemptions_finish(struct loader *loader);

void exemption_release(struct exemption *exemption);

#endif
