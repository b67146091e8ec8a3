/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Name and version of a package, out of its own metadata. All of it is hostile: what
 * is no plausible name is none, and reading never goes beyond the bytes given.
 */
#ifndef INTERDICT_PACKAGE_FACTS_H
#define INTERDICT_PACKAGE_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#define PACKAGE_FACT_SIZE 256U

struct package_facts {
	char name[PACKAGE_FACT_SIZE];	 /* empty: not known */
	char version[PACKAGE_FACT_SIZE]; /* with epoch and release, as the package manager has it */
};

/* Each returns false, with @ret_facts untouched, if there is no name in it. */

/* The beginning of an .rpm; its headers may reach beyond @size. */
bool package_facts_rpm(const void *head, size_t size, struct package_facts *ret_facts);

/* "/x/NAME-VERSION-RELEASE.ARCH.rpm" */
bool package_facts_rpm_name(const char *path, struct package_facts *ret_facts);

/* The file `control` of a .deb. */
bool package_facts_control(const void *text, size_t size, struct package_facts *ret_facts);

/* The file .PKGINFO of an Alpine or Arch package. */
bool package_facts_pkginfo(const void *text, size_t size, struct package_facts *ret_facts);

#endif
