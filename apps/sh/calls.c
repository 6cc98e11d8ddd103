/* SPDX-License-Identifier: MPL-2.0 */
/* Who called whom, told from the frames of functions and the sources being read. */
#include "apps/sh/calls.h"
#include "apps/sh/input.h"
#include "apps/sh/sh.h"
#include "apps/sh/var.h"

static const struct source *next_file(const struct source *s)
{
	while (s != nullptr && !s->called)
		s = s->prev;
	return s;
}

bool call_at(size_t n, struct call *c)
{
	const struct source *s = next_file(source_top);
	const struct frame *f = frame_top;
	const char *script = sh.script;

	for (;;) {
		if (s != nullptr && s->frame == f) { /* the file was read inside that function */
			*c = (struct call){ "source", script, s->called_at };
			script = s->script;
			s = next_file(s->prev);
		} else if (f != nullptr) {
			*c = (struct call){ f->name, f->source, f->line };
			f = f->prev;
			if (c->name == nullptr)
				continue;
		} else {
			break;
		}
		if (n-- == 0)
			return true;
	}
	*c = (struct call){ "main", script, 0 };
	return n == 0 && script != nullptr;
}
