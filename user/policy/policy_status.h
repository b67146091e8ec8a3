/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `interdict status` says of vendors and their dates, as JSON. All text in it is
 * escaped (escape.h), so that it can be printed as it is.
 */
#ifndef INTERDICT_POLICY_STATUS_H
#define INTERDICT_POLICY_STATUS_H

#include <jansson.h>
#include <stdint.h>

#include "policy.h"

/*
 * An array of all vendors: id, name, phase, mode, entries, open; in grace days_left;
 * milestones that are still to come, the next one first; exemptions. The caller owns it;
 * NULL if out of memory.
 */
json_t *policy_status_vendors(const struct policy *policy, int32_t today);

/* Arrays of what calendar.h finds, likewise. */
json_t *policy_status_tomorrow(const struct policy *policy, int32_t today);
json_t *policy_status_warnings(const struct policy *policy, int32_t today);

#endif
