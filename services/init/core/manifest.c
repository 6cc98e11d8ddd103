/* SPDX-License-Identifier: MPL-2.0 */
/* One line is one statement: a keyword and its words. `service` opens a block, the others fill it.
 */
#include "services/init/core/manifest.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "lib/futura/number.h"

constexpr uint64_t DEFAULT_QUOTA = 4 << 20;
constexpr uint32_t DEFAULT_PRIORITY = 16;
constexpr uint32_t PRIORITY_MAX = 63;
constexpr uint64_t DEFAULT_FIRST_DELAY = 100'000'000;
constexpr uint64_t DEFAULT_MOST_DELAY = 10'000'000'000;
constexpr unsigned LINE_WORDS = 1 + SERVICE_WORDS;

struct parser {
	struct manifest *m;
	struct manifest_error *error;
	unsigned line;
	struct manifest_service *s; /* the open block; nullptr before the first */
	unsigned n;                 /* words after the keyword */
	const char **words;
};

struct source_kind {
	const char *name;
	uint32_t rights; /* given where the manifest names none */
};

static const struct source_kind kinds[SOURCES] = {
	[SOURCE_PHYSICAL] = { "physical", RIGHT_READ | RIGHT_MANAGE },
	[SOURCE_IRQ] = { "irq", RIGHT_READ | RIGHT_MANAGE },
	[SOURCE_IOPORT] = { "ioport", RIGHT_READ | RIGHT_MANAGE },
	[SOURCE_MSI] = { "msi", RIGHT_READ | RIGHT_MANAGE },
	[SOURCE_IOSPACE] = { "iospace", RIGHT_READ | RIGHT_MANAGE },
	[SOURCE_LOG] = { "log", RIGHT_WRITE },
	[SOURCE_POWER] = { "power", RIGHT_MANAGE },
	[SOURCE_SYSTEM] = { "system", RIGHT_READ },
	[SOURCE_BUNDLE] = { "bundle", RIGHT_READ | RIGHT_MAP },
	[SOURCE_DTB] = { "dtb", RIGHT_READ | RIGHT_MAP },
	[SOURCE_QUOTA] = { "quota", RIGHT_READ | RIGHT_WRITE },
	[SOURCE_TASK] = { "task", RIGHT_READ | RIGHT_WRITE },
	[SOURCE_INIT] = { "init", RIGHT_SEND },
	[SOURCE_STARTER] = { "starter", RIGHT_SEND },
};

static const struct {
	const char *name;
	uint32_t right;
} rights[] = {
	{ "read", RIGHT_READ },           { "write", RIGHT_WRITE },
	{ "execute", RIGHT_EXECUTE },     { "map", RIGHT_MAP },
	{ "send", RIGHT_SEND },           { "receive", RIGHT_RECEIVE },
	{ "wait", RIGHT_WAIT },           { "signal", RIGHT_SIGNAL },
	{ "duplicate", RIGHT_DUPLICATE }, { "transfer", RIGHT_TRANSFER },
	{ "inherit", RIGHT_INHERIT },     { "manage", RIGHT_MANAGE },
};

const char *source_name(enum source source)
{
	return kinds[source].name;
}

[[gnu::format(printf, 2, 3)]] static enum err fail(struct parser *p, const char *format, ...)
{
	va_list arguments;

	p->error->line = p->line;
	va_start(arguments, format);
	vsnprintf(p->error->text, sizeof(p->error->text), format, arguments);
	va_end(arguments);
	return ERR_BAD_ARGUMENT;
}

const struct manifest_service *manifest_find(const struct manifest *m, const char *name)
{
	for (unsigned i = 0; i < m->nservices; i++)
		if (strcmp(m->services[i].name, name) == 0)
			return &m->services[i];
	return nullptr;
}

static enum err open_service(struct parser *p)
{
	if (p->n != 1)
		return fail(p, "expected `service NAME`");
	if (strlen(p->words[0]) > SERVICE_NAME || p->words[0][0] == '\0')
		return fail(p, "a service's name has 1 to %zu characters", SERVICE_NAME);
	if (p->m->nservices == MANIFEST_SERVICES)
		return fail(p, "more than %u services", MANIFEST_SERVICES);
	p->s = &p->m->services[p->m->nservices++];
	*p->s = (struct manifest_service){
		.name = p->words[0],
		.line = p->line,
		.quota = DEFAULT_QUOTA,
		.priority = DEFAULT_PRIORITY,
		.restart = RESTART_FAILURE,
		.first_delay = DEFAULT_FIRST_DELAY,
		.most_delay = DEFAULT_MOST_DELAY,
	};
	return OK;
}

static enum err one_word(struct parser *p, const char *what, const char **to)
{
	if (p->n != 1)
		return fail(p, "expected `%s WORD`", what);
	if (*to)
		return fail(p, "`%s` is given twice", what);
	*to = p->words[0];
	return OK;
}

static enum err program(struct parser *p)
{
	return one_word(p, "program", &p->s->program);
}

static enum err only(struct parser *p)
{
	return one_word(p, "only", &p->s->only);
}

static enum err append(struct parser *p, struct words *to)
{
	if (p->n > SERVICE_WORDS - to->n)
		return fail(p, "more than %u words of this kind", SERVICE_WORDS);
	for (unsigned i = 0; i < p->n; i++)
		to->word[to->n++] = p->words[i];
	return OK;
}

static enum err arguments(struct parser *p)
{
	return append(p, &p->s->arguments);
}

static enum err environment(struct parser *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->words[i][0] == '=' || p->words[i][0] == '\0')
			return fail(p, "`%s` is neither NAME=VALUE nor NAME", p->words[i]);
	return append(p, &p->s->environment);
}

static enum err names(struct parser *p, struct words *to)
{
	for (unsigned i = 0; i < p->n; i++)
		if (strlen(p->words[i]) > SERVICE_NAME || p->words[i][0] == '\0')
			return fail(p, "a service's name has 1 to %zu characters", SERVICE_NAME);
	return append(p, to);
}

static enum err provide(struct parser *p)
{
	return names(p, &p->s->provide);
}

static enum err see(struct parser *p)
{
	return names(p, &p->s->see);
}

static enum err need(struct parser *p)
{
	return names(p, &p->s->need);
}

static bool is_share(const char *word)
{
	size_t len = strlen(word);

	return len > 0 && word[len - 1] == '%';
}

/* N% */
static enum err share(struct parser *p, const char *word, uint32_t *share)
{
	size_t len = strlen(word) - 1;
	char digits[4] = {};
	uint64_t n = 0;

	for (size_t i = 0; i < len && len < sizeof(digits); i++)
		digits[i] = word[i];
	if (number_parse(digits, &n) != OK || n == 0 || n > 95)
		return fail(p, "expected `quota N%%` from 1 to 95 per cent");
	*share = (uint32_t)n;
	return OK;
}

static enum err quota_bytes(struct parser *p, const char *word, uint64_t *bytes)
{
	return bytes_parse(word, bytes) == OK && *bytes != 0
		       ? OK
		       : fail(p, "expected `quota BYTES`, such as 4M");
}

/* `to` BYTES or N% at the end. */
static enum err quota_most(struct parser *p)
{
	const char *word = p->words[p->n - 1];
	enum err e = is_share(word) ? share(p, word, &p->s->most_share)
				    : quota_bytes(p, word, &p->s->most);

	p->n -= 2;
	return e;
}

/* BYTES, N%, or the lesser of both; what it may borrow behind that. */
static enum err quota(struct parser *p)
{
	enum err e = OK;

	p->s->quota = 0;
	if (p->n > 2 && strcmp(p->words[p->n - 2], "to") == 0)
		e = quota_most(p);
	bool shares = p->n > 0 && is_share(p->words[p->n - 1]);
	unsigned nbytes = p->n - shares;

	if (e == OK && (nbytes > 1 || p->n == 0))
		e = fail(p, "expected `quota BYTES`, such as 4M");
	if (e == OK && nbytes == 1)
		e = quota_bytes(p, p->words[0], &p->s->quota);
	return e == OK && shares ? share(p, p->words[p->n - 1], &p->s->share) : e;
}

static enum err priority(struct parser *p)
{
	uint64_t n;

	if (p->n != 1 || number_parse(p->words[0], &n) != OK || n > PRIORITY_MAX)
		return fail(p, "expected `priority N` from 0 to %u", PRIORITY_MAX);
	p->s->priority = (uint32_t)n;
	return OK;
}

static enum err budget(struct parser *p)
{
	if (p->n != 2 || duration_parse(p->words[0], &p->s->allowance) != OK ||
	    duration_parse(p->words[1], &p->s->period) != OK || p->s->allowance == 0 ||
	    p->s->allowance > p->s->period)
		return fail(p, "expected `budget ALLOWANCE PERIOD`, such as 2ms 10ms");
	return OK;
}

static enum err restart(struct parser *p)
{
	static const char *const policies[] = { "never", "failure", "always" };

	for (unsigned i = 0; i < 3; i++) {
		if (p->n < 1 || p->n > 3 || strcmp(p->words[0], policies[i]) != 0)
			continue;
		p->s->restart = (enum restart)i;
		if ((p->n > 1 && duration_parse(p->words[1], &p->s->first_delay) != OK) ||
		    (p->n > 2 && duration_parse(p->words[2], &p->s->most_delay) != OK))
			break;
		if (p->s->most_delay < p->s->first_delay)
			p->s->most_delay = p->s->first_delay;
		return OK;
	}
	return fail(p, "expected `restart never|failure|always [FIRST [MOST]]`, such as failure "
		       "100ms 10s");
}

static enum err start(struct parser *p)
{
	if (p->n != 1 || (strcmp(p->words[0], "boot") != 0 && strcmp(p->words[0], "demand") != 0))
		return fail(p, "expected `start boot|demand`");
	p->s->is_on_demand = strcmp(p->words[0], "demand") == 0;
	return OK;
}

static uint32_t right_find(const char *name)
{
	for (unsigned i = 0; i < sizeof(rights) / sizeof(*rights); i++)
		if (strcmp(rights[i].name, name) == 0)
			return rights[i].right;
	return 0;
}

/* FIRST COUNT, or `all`; `taken` is how many words that were. */
static enum err give_range(struct parser *p, struct give *g, unsigned *taken)
{
	uint64_t end;

	*taken = 1;
	if (p->n > 2 && strcmp(p->words[2], "all") == 0)
		return OK;
	*taken = 2;
	if (p->n < 4 || number_parse(p->words[2], &g->base) != OK ||
	    bytes_parse(p->words[3], &g->size) != OK || g->size == 0 ||
	    __builtin_add_overflow(g->base, g->size, &end))
		return fail(p, "expected `give %s %s FIRST COUNT`", g->name,
			    source_name(g->source));
	return OK;
}

static enum err give_rights(struct parser *p, struct give *g, unsigned first)
{
	g->rights = first < p->n ? 0 : kinds[g->source].rights;
	for (unsigned i = first; i < p->n; i++) {
		uint32_t right = right_find(p->words[i]);
		if (right == 0)
			return fail(p, "`%s` is no right", p->words[i]);
		g->rights |= right;
	}
	return OK;
}

/* give NAME SOURCE [FIRST COUNT | all] [RIGHT...] */
static enum err give(struct parser *p)
{
	struct manifest_service *s = p->s;
	struct give g = {};
	enum err e;

	if (p->n < 2)
		return fail(p, "expected `give NAME SOURCE`");
	g.name = p->words[0];
	if (strlen(g.name) > GIVE_NAME || g.name[0] == '\0')
		return fail(p, "a capability's name has 1 to %zu characters", GIVE_NAME);
	for (unsigned i = 0; i < s->ngives; i++)
		if (strcmp(s->gives[i].name, g.name) == 0)
			return fail(p, "`%s` is given twice", g.name);
	while (g.source < SOURCES && strcmp(source_name(g.source), p->words[1]) != 0)
		g.source = (enum source)(g.source + 1);
	if (g.source == SOURCES)
		return fail(p, "there is no source `%s`", p->words[1]);
	if (s->ngives == SERVICE_GIVES)
		return fail(p, "more than %u capabilities", SERVICE_GIVES);
	unsigned range = 0;
	if (g.source < SOURCE_RANGES && (e = give_range(p, &g, &range)) != OK)
		return e;
	if ((e = give_rights(p, &g, 2 + range)) != OK)
		return e;
	s->gives[s->ngives++] = g;
	return OK;
}

static const struct statement {
	const char *keyword;
	enum err (*read)(struct parser *p);
} statements[] = {
	{ "program", program },
	{ "arguments", arguments },
	{ "environment", environment },
	{ "provide", provide },
	{ "see", see },
	{ "need", need },
	{ "quota", quota },
	{ "priority", priority },
	{ "budget", budget },
	{ "restart", restart },
	{ "start", start },
	{ "only", only },
	{ "give", give },
};

/* The words behind the keyword are in the parser. */
static enum err statement_read(struct parser *p, const char *keyword)
{
	if (strcmp(keyword, "service") == 0)
		return open_service(p);
	for (unsigned i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		if (strcmp(statements[i].keyword, keyword) != 0)
			continue;
		if (p->s == nullptr)
			return fail(p, "`%s` stands before the first `service`", keyword);
		return statements[i].read(p);
	}
	return fail(p, "there is no statement `%s`", keyword);
}

static enum err line_parse(struct parser *p, char *line)
{
	const char *words[LINE_WORDS];
	unsigned n;
	enum err e = words_split(line, words, LINE_WORDS, &n);

	if (e != OK)
		return fail(p, e == ERR_TOO_BIG ? "more than %u words" : "a quote is not closed",
			    LINE_WORDS);
	if (n == 0)
		return OK;
	p->n = n - 1;
	p->words = words + 1;
	e = statement_read(p, words[0]);
	p->words = nullptr; /* they end here */
	return e;
}

/* Can both be there, on some architecture? */
static bool can_meet(const struct manifest_service *a, const struct manifest_service *b)
{
	return a->only == nullptr || b->only == nullptr || strcmp(a->only, b->only) == 0;
}

/* Another service that provides the name on the same architecture. */
static const struct manifest_service *provider(const struct manifest *m, const char *name,
					       const struct manifest_service *but)
{
	for (unsigned i = 0; i < m->nservices; i++) {
		const struct manifest_service *s = &m->services[i];
		if (s == but || (but && !can_meet(s, but)))
			continue;
		for (unsigned k = 0; k < s->provide.n; k++)
			if (strcmp(s->provide.word[k], name) == 0)
				return s;
	}
	return nullptr;
}

static enum err check_name(struct parser *p, const struct manifest_service *s)
{
	for (const struct manifest_service *o = p->m->services; o < s; o++)
		if (strcmp(o->name, s->name) == 0 && can_meet(o, s))
			return fail(p, "service `%s` stands on line %u already", s->name, o->line);
	return OK;
}

/* What only the whole shows: every service has a program, every name one provider. */
static enum err check(struct parser *p)
{
	for (unsigned i = 0; i < p->m->nservices; i++) {
		const struct manifest_service *s = &p->m->services[i];
		p->line = s->line;
		if (check_name(p, s) != OK)
			return ERR_BAD_ARGUMENT;
		if (s->program == nullptr)
			return fail(p, "service `%s` has no `program`", s->name);
		for (unsigned k = 0; k < s->provide.n; k++) {
			const struct manifest_service *other =
				provider(p->m, s->provide.word[k], s);
			if (other)
				return fail(p, "`%s` is provided by `%s` and by `%s`",
					    s->provide.word[k], s->name, other->name);
		}
		for (unsigned k = 0; k < s->need.n; k++)
			if (manifest_find(p->m, s->need.word[k]) == nullptr)
				return fail(p, "`%s` needs `%s`, which is no service", s->name,
					    s->need.word[k]);
		for (unsigned k = 0; k < s->see.n; k++)
			if (provider(p->m, s->see.word[k], nullptr) == nullptr)
				return fail(p, "`%s` sees `%s`, which nobody provides", s->name,
					    s->see.word[k]);
	}
	return OK;
}

enum err manifest_parse(char *text, struct manifest *m, struct manifest_error *error)
{
	struct parser p = { .m = m, .error = error };

	m->nservices = 0;
	*error = (struct manifest_error){};
	while (text) {
		char *line = text;
		text = strchr(text, '\n');
		if (text)
			*text++ = '\0';
		p.line++;
		enum err e = line_parse(&p, line);
		if (e != OK)
			return e;
	}
	return check(&p);
}
