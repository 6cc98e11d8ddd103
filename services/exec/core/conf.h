/* SPDX-License-Identifier: MPL-2.0 */
/* exec.conf: the command to run. docs/exec.md has its form. Nothing in it is trusted. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct conf {
	/* As worlds_start takes it: counts of arguments and variables, then the strings. */
	char *strings;
	size_t size;
	char cwd[1000];
};

/* False with a message in `error` if something is wrong. `conf->strings` is to be freed. */
bool conf_parse(const char *text, size_t size, struct conf *conf, const char **error);
