/* SPDX-License-Identifier: BSD-2-Clause */
#include "account.h"

static int64_t output_difference(const struct account *account, const struct output_alerts *alerts)
{
	return (int64_t)(account->reported - account->collapsed - alerts->written -
			 alerts->repeated - alerts->lost - alerts->waiting);
}

static int64_t magnitude(int64_t number)
{
	return number < 0 ? -number : number;
}

/* Differences of several places never make up for one another. */
int64_t account_difference(const struct account *account, uint64_t overdue)
{
	uint64_t gone = account->lost_alerts + account->lost_telemetry + account->undecodable +
			account->dismissed + account->waiting + account->reported;
	int64_t difference = magnitude((int64_t)(account->sent + account->found - gone));

	difference += (int64_t)overdue;
	if (account->has_events)
		difference += magnitude(output_difference(account, &account->events));
	if (account->has_syslog)
		difference += magnitude(output_difference(account, &account->syslog));
	return difference;
}
