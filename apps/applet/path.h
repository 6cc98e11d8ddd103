/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* Path names, modes, users and copies, as several file utilities need them. */
#include <sys/stat.h>
#include <sys/types.h>

/* The part after the last slash, trailing slashes dropped; "/" for the root. New memory. */
char *path_base(const char *path);
/* The part before it; "." when there is none. New memory. */
char *path_dir(const char *path);
bool path_is_dir(const char *path); /* follows links */
/* Is it "." or "..", perhaps at the end of a longer path? */
bool path_is_dot(const char *path);

/* A mode such as "u+rwX,go-w" or "644", to be applied to the modes of files. */
struct mode_change;
/* nullptr when it is wrong. `umask` restricts clauses that name no user class. */
struct mode_change *mode_parse(const char *text, mode_t umask);
mode_t mode_apply(const struct mode_change *m, mode_t old, bool is_dir);
/* "-rwxr-xr-x" and a NUL. */
void mode_string(mode_t mode, char text[static 11]);

/* Names of users and groups, remembered; numbers where there is no name. */
const char *user_name(uid_t id);
const char *group_name(gid_t id);
bool user_find(const char *name, uid_t *id);
bool group_find(const char *name, gid_t *id);

/* Asks on standard error and reads a line; true for one that starts with y or Y. */
[[gnu::format(printf, 1, 2)]] bool ask(const char *format, ...);
