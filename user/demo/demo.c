/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A harmless program to be restricted: the shipped vendor `demo` lists it, so
 * that everybody can see an alert and `interdict selftest` has something to run.
 */
#include <stdio.h>

int main(void)
{
	puts("interdict-demo: this harmless program ran");
	return 0;
}
