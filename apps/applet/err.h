/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Messages on standard error, led by the applet's name; each makes the final status a failure. */

/* The status of fatal errors: applet_run() sets 1; grep, sort, diff and others set 2 first. */
extern int err_status;

/* How many messages were printed since the applet began: "return err_count != 0". */
extern unsigned err_count;

/* "name: message", and with the text of errno: "name: message: No such file or directory". */
[[gnu::format(printf, 1, 2)]] void err_warn(const char *format, ...);
[[gnu::format(printf, 1, 2)]] void err_warn_errno(const char *format, ...);

/* The same, and the applet ends with `err_status`. */
[[noreturn, gnu::format(printf, 1, 2)]] void err_fatal(const char *format, ...);
[[noreturn, gnu::format(printf, 1, 2)]] void err_fatal_errno(const char *format, ...);
