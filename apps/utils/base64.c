/* SPDX-License-Identifier: MPL-2.0 */
/* base64 and base32: bytes as letters (RFC 4648). */
#include <stdint.h>
#include <string.h>
#include "apps/applet/applet.h"
#include "apps/applet/err.h"
#include "apps/applet/in.h"
#include "apps/applet/num.h"
#include "apps/applet/opt.h"
#include "apps/applet/out.h"

static const struct opt base_opts[] = {
	{ 'd', "decode", nullptr, "decode" },
	{ 'i', "ignore-garbage", nullptr, "when decoding, skip what is no letter of the alphabet" },
	{ 'w', "wrap", "COLS", "break lines after COLS letters (76); 0: not at all" },
	{},
};

struct base {
	const char *letters;
	unsigned bits;       /* a letter */
	size_t bytes, chars; /* of a group */
	uint64_t wrap, column;
	bool garbage;
};

static void letter_put(struct base *b, char c)
{
	if (b->wrap != 0 && b->column == b->wrap) {
		put_char('\n');
		b->column = 0;
	}
	put_char(c);
	b->column++;
}

static void group_encode(struct base *b, const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	size_t used = (n * 8 + b->bits - 1) / b->bits;

	for (size_t i = 0; i < b->bytes; i++)
		v = v << 8 | (i < n ? p[i] : 0);
	for (size_t i = 0; i < b->chars; i++) {
		uint64_t digit = v >> ((b->chars - 1 - i) * b->bits) & ((1u << b->bits) - 1);
		letter_put(b, i < used ? b->letters[digit] : '=');
	}
}

static void encode(struct base *b, struct in *in)
{
	bool more = true;

	while (more) {
		more = in_fill(in);
		size_t n = in->end - in->start;
		while (n >= b->bytes || (!more && n != 0)) {
			size_t part = n < b->bytes ? n : b->bytes;
			group_encode(b, (const uint8_t *)in->buf + in->start, part);
			in->start += part;
			n -= part;
		}
	}
	if (b->wrap != 0 && b->column != 0)
		put_char('\n');
}

/* What is whole of a group that was cut off is still given. */
static void rest_put(const struct base *b, uint64_t v, size_t chars, size_t pads)
{
	v <<= (b->chars - chars) * b->bits;
	for (size_t i = 0; i < (chars - pads) * b->bits / 8; i++)
		put_char((int)(v >> ((b->bytes - 1 - i) * 8) & 0xff));
}

static bool decode(struct base *b, struct in *in)
{
	uint64_t v = 0;
	size_t chars = 0, pads = 0;

	while (in_fill(in)) {
		for (; in->start < in->end; in->start++) {
			char c = in->buf[in->start];
			const char *at = c != '\0' ? strchr(b->letters, c) : nullptr;
			if (c == '\n')
				continue;
			if (at == nullptr && c != '=') {
				if (b->garbage)
					continue;
				rest_put(b, v, chars, pads);
				return false;
			}
			if (c == '=' ? chars < 2 : pads != 0)
				return false;
			v = v << b->bits | (c == '=' ? 0 : (uint64_t)(at - b->letters));
			pads += c == '=';
			if (++chars < b->chars)
				continue;
			size_t n = ((b->chars - pads) * b->bits) / 8;
			for (size_t i = 0; i < n; i++)
				put_char((int)(v >> ((b->bytes - 1 - i) * 8) & 0xff));
			v = chars = pads = 0;
		}
	}
	rest_put(b, v, chars, pads);
	return chars == 0;
}

static int base_run(int argc, char **argv, struct base b)
{
	bool decoding = false;
	struct opt_state s;
	struct in in;
	int o;

	b.wrap = 76;
	opt_init(&s, argc, argv);
	while ((o = opt_next(&s)) != 0) {
		decoding |= o == 'd';
		b.garbage |= o == 'i';
		if (o == 'w')
			b.wrap = num_get(s.arg, 0, UINT64_MAX, "wrap size");
	}
	if (argc - s.index > 1)
		opt_extra_operand(argv[s.index + 1]);
	if (!in_open(&in, s.index < argc ? argv[s.index] : "-"))
		return 1;
	if (!decoding) {
		encode(&b, &in);
	} else if (!decode(&b, &in)) {
		err_warn("invalid input");
		return 1;
	}
	in_close(&in);
	return in.failed;
}

static int base64_main(int argc, char **argv)
{
	return base_run(
		argc, argv,
		(struct base){ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
			       6, 3, 4, 0, 0, false });
}

static int base32_main(int argc, char **argv)
{
	return base_run(argc, argv,
			(struct base){ "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 5, 8, 0, 0, false });
}

APPLET(base64, .usage = "[OPTION]... [FILE]", .summary = "Encode FILE as letters, or decode it.",
       .opts = base_opts);
APPLET(base32, .usage = "[OPTION]... [FILE]", .summary = "Encode FILE as letters, or decode it.",
       .opts = base_opts);
