/* SPDX-License-Identifier: MPL-2.0 */
/* The handlers of the test interface. */
#include "tools/test/every_ops.h"
#include <ctype.h>
#include <string.h>

static struct every_server *seen(void *self, uint64_t badge, const void *p, size_t n)
{
	struct every_server *s = self;

	s->calls++;
	s->badge = badge;
	for (size_t i = 0; i < n; i++)
		s->sum += ((const unsigned char *)p)[i];
	return s;
}

static enum err every_on_nothing(void *self, uint64_t badge)
{
	return seen(self, badge, nullptr, 0)->result;
}

static enum err every_on_words(void *self, uint64_t badge, const struct every_words_args *a,
			       struct every_words_results *r)
{
	struct every_server *s = seen(self, badge, nullptr, 0);

	r->sum = (int64_t)(a->a8 + a->a16 + a->a32 + a->a64 + (uint64_t)(int64_t)a->s32 +
			   (uint64_t)a->s64);
	r->odd = r->sum & 1;
	return s->result;
}

static enum err every_on_packed(void *self, uint64_t badge, const struct every_packed_args *a,
				struct every_packed_results *r)
{
	*r = (struct every_packed_results){ a->x, a->y, a->z, a->k, a->p, a->q, a->s };
	return seen(self, badge, nullptr, 0)->result;
}

static enum err every_on_paged(void *self, uint64_t badge, const struct every_paged_args *a,
			       struct every_paged_results *r)
{
	*r =
		(struct every_paged_results){ a->b1, a->b2, a->b3,         a->b4,
					      a->b5, a->b6, (uint8_t)a->b7 };
	return seen(self, badge, a->name, a->name_len + 1)->result;
}

static enum err every_on_shout(void *self, uint64_t badge, const struct every_shout_args *a,
			       struct every_shout_results *r)
{
	struct every_server *s = seen(self, badge, a->text, strlen(a->text));

	for (uint32_t i = 0; i < a->text_len; i++)
		r->loud[i] = (char)toupper(a->text[i]);
	r->loud_len = a->text_len;
	memcpy(r->data, a->extra, a->extra_len);
	r->data_len = a->extra_len;
	r->count = a->text_len + a->extra_len;
	return s->result;
}

static enum err every_on_move(void *self, uint64_t badge, const struct every_move_args *a,
			      struct every_move_results *r)
{
	struct every_server *s = seen(self, badge, nullptr, 0);

	if (s->result != OK)
		return s->result;
	memcpy(s->taken, (fut_handle[]){ a->first, a->second, a->third }, sizeof s->taken);
	r->event = a->first;
	r->vmo = a->third;
	return OK;
}

static enum err every_on_lend(void *self, uint64_t badge, const struct every_lend_args *a,
			      struct every_lend_results *r)
{
	struct every_server *s = seen(self, badge, nullptr, 0);
	char copy[300];
	enum err e = lent_read(&a->from, 0, copy, a->from.size);

	if (e != OK)
		return e;
	seen(self, badge, copy, a->from.size);
	r->count = a->from.size < a->to.size ? a->from.size : a->to.size;
	e = lent_write(&a->to, 0, copy, r->count);
	return e != OK ? e : s->result;
}

static enum err every_on_later(void *self, uint64_t badge, const struct every_later_args *a,
			       struct every_later_results *r)
{
	struct every_server *s = seen(self, badge, nullptr, 0);
	enum err e;

	if (a->value == 0) {
		e = fut_reply_keep(&s->kept);
		return e != OK ? e : KEPT;
	}
	r->value2 = a->value;
	r->text_len = (uint32_t)a->value; /* more than there is room for: refused when sent */
	if (a->value <= 16)
		memset(r->text, 'x', a->value);
	return s->result;
}

const struct every_ops every_ops = {
	.nothing = every_on_nothing,
	.words = every_on_words,
	.packed = every_on_packed,
	.paged = every_on_paged,
	.shout = every_on_shout,
	.move = every_on_move,
	.lend = every_on_lend,
	.later = every_on_later,
	/* `ready` is missing: a server need not do everything. */
};
