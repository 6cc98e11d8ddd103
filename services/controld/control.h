/* SPDX-License-Identifier: MPL-2.0 */
/*
 * controld: what a person who runs the system may see and do, as files (protocol/file.fipc), for
 * the worlds whose posixd may see the name "control". docs/control.md lists the files.
 */
#pragma once
#include "lib/files/files.h"
#include "lib/files/text.h"

/* What stands in one file. An outcome is 0 or above, or a negative errno of Linux. */
struct control_entry {
	const char *name;
	uint32_t mode; /* type and permissions; root owns everything */
	/* The text, made when the file is read from its start. `name` is a service's, in caps/. */
	int (*fill)(struct text *t, const char *name);
	/* In place of `fill`, for bytes that change under the reader. */
	int64_t (*read)(uint64_t offset, const struct lent *to, size_t n);
	int (*write)(char *text); /* a line, without its newline */
};

/* tree.c */
struct files_node *tree_root(void);
void tree_init(void);

/* services.c */
int services_fill(struct text *t, const char *name);
int services_write(char *text);
/* The next running service after the index `*at`, which begins with 0; false: there is none. */
bool service_next(uint32_t *at, char name[static 32]);
/* A handle to its task; -ENOENT. */
int service_task(const char *name, fut_handle *task);

/* devices.c */
int devices_fill(struct text *t, const char *name);
int devices_write(char *text);

/* look.c */
int log_fill(struct text *t, const char *name);
int tasks_fill(struct text *t, const char *name);
int caps_fill(struct text *t, const char *name);

/* trace.c */
int64_t trace_read(uint64_t offset, const struct lent *to, size_t n);
int trace_write(char *text);
