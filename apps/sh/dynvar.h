/* SPDX-License-Identifier: MPL-2.0 */
/* Variables that act: those computed when read, and those whose change means something. */
#pragma once

struct sym;

void dynvar_refresh(struct sym *s);
void dynvar_changed(struct sym *s);
/* Pipeline statuses for PIPESTATUS. */
void dynvar_pipestatus(const int *statuses, int n);
/* One more, of the command that ran in the shell itself. */
void dynvar_pipestatus_add(int status);
