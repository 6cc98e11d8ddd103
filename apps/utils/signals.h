/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Names and numbers of signals. */

/* "TERM", "SIGTERM", "15"; 0 is allowed; -1 if there is no such signal. */
int signame_find(const char *name);
/* Without SIG; a number in static memory if it has no name. */
const char *signame_of(int number);
