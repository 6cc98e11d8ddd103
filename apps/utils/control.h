/* SPDX-License-Identifier: MPL-2.0 */
#pragma once
/* The files in which Futura shows and runs its own services: docs/control.md. */
#include <stddef.h>

#define CONTROL_FOLDER "/run/futura/"

/* A file there, whole; ends the applet if it cannot be read, and where there is no Futura. */
char *control_read(const char *name, size_t *len);
/* Writes a line to one; false, with errno, if what it asks for was refused. */
bool control_write(const char *name, const char *line);
/* Takes the next line of a text off its start, ended by a NUL; nullptr at the end. */
char *control_line(char **text);
