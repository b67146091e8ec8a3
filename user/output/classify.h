/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four categorization fields of the Elastic Common Schema for our records.
 * Only values that ECS 8.11 allows, and for a type only those that it expects in
 * one of the record's categories. What was denied or allowed is said by the type;
 * the outcome says whether the monitor did what it decided.
 */
#ifndef INTERDICT_CLASSIFY_H
#define INTERDICT_CLASSIFY_H

#include <stddef.h>

#include "events.h"

/* Room that the lists of categories and types need. */
#define ECS_LIST_MAX 2

const char *alert_ecs_kind(const struct alert *alert);
size_t alert_ecs_category(const struct alert *alert, const char *ret_names[ECS_LIST_MAX]);
size_t alert_ecs_type(const struct alert *alert, const char *ret_names[ECS_LIST_MAX]);
const char *alert_ecs_outcome(const struct alert *alert);

const char *health_ecs_kind(const struct health *health);
size_t health_ecs_category(const struct health *health, const char *ret_names[ECS_LIST_MAX]);
size_t health_ecs_type(const struct health *health, const char *ret_names[ECS_LIST_MAX]);
const char *health_ecs_outcome(const struct health *health); /* NULL: has none */

#endif
