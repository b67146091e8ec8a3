/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether something is named by a vendor's [identity]: globs over package names,
 * paths, systemd units and kernel modules. What is so named is that vendor's
 * software whatever its digest; pure functions, which look at nothing but their
 * arguments.
 */
#ifndef INTERDICT_IDENTITY_H
#define INTERDICT_IDENTITY_H

#include <stdbool.h>

#include "vendor.h"

/* @package without its architecture ("kesl", not "kesl:amd64"). */
bool identity_names_package(const struct identity *identity, const char *package);

/* @path: absolute, as the kernel resolves it. */
bool identity_names_path(const struct identity *identity, const char *path);

/* @unit: with or without ".service"; an instance "a@b.service" is also named by "a@". */
bool identity_names_unit(const struct identity *identity, const char *unit);

/* @module: the name of the module, or the name of its file ("kl-mod.ko.xz"). */
bool identity_names_module(const struct identity *identity, const char *module);

#endif
