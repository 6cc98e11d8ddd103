/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/states.h"
#include "abi/user.h"
#include "lib/futura/lock.h"
#include "posix/core/call.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/files/path.h"
#include "protocol/file.h"

constexpr unsigned TABLES = 64;
constexpr uint64_t TABLE_SIZE = FILE_SLOTS_PER_TABLE * sizeof(struct file_state);

struct line {
	uint32_t refs;
	uint64_t id;       /* of the first table, as the kernel numbers objects; 0: not mapped */
	struct line *next; /* of those with an id */
	const volatile uint64_t *changes; /* nullptr: not asked for yet, or not counted */
	uint32_t nasked;
	struct file_state *tables[TABLES];
};

static struct line *known; /* under process.locks.states */

struct line *line_new(void)
{
	struct line *line = heap_new(sizeof(*line));

	if (line != nullptr)
		line->refs = 1;
	return line;
}

uint64_t line_id(const struct line *line)
{
	return line != nullptr ? line->id : 0;
}

struct line *line_find(uint64_t id)
{
	struct line *line;

	if (id == 0)
		return nullptr;
	mutex_lock(&process.locks.states);
	for (line = known; line != nullptr && line->id != id;)
		line = line->next;
	line = line_hold(line);
	mutex_unlock(&process.locks.states);
	return line;
}

/* The last reference goes under the lock that lines are found under. */
static bool line_is_unused(struct line *line)
{
	struct line **at = &known;
	uint32_t refs = __atomic_load_n(&line->refs, __ATOMIC_RELAXED);
	bool unused;

	while (refs > 1)
		if (__atomic_compare_exchange_n(&line->refs, &refs, refs - 1, true,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return false;

	mutex_lock(&process.locks.states);
	unused = __atomic_sub_fetch(&line->refs, 1, __ATOMIC_ACQ_REL) == 0;
	if (unused && line->id != 0) {
		while (*at != line)
			at = &(*at)->next;
		*at = line->next;
	}
	mutex_unlock(&process.locks.states);
	return unused;
}

struct line *line_hold(struct line *line)
{
	if (line != nullptr)
		__atomic_add_fetch(&line->refs, 1, __ATOMIC_RELAXED);
	return line;
}

void line_drop(struct line *line)
{
	if (line == nullptr || !line_is_unused(line))
		return;
	if (line->changes != nullptr)
		window_unmap((void *)(uintptr_t)line->changes, PAGE);
	for (unsigned i = 0; i < TABLES; i++)
		if (line->tables[i] != nullptr)
			window_unmap(line->tables[i], TABLE_SIZE);
	heap_free(line);
}

static const volatile uint64_t *changes_map(fut_handle session)
{
	struct remote r = { .session = session };
	fut_handle page;
	int32_t outcome;
	void *at;

	if (file_changes(&r, &page, &outcome) != OK || outcome != 0)
		return nullptr;
	enum err e = window_map(page, 0, PAGE, MAP_READ | INHERIT_SHARE, &at);
	(void)fut_handle_close(page); /* the mapping keeps it */
	return e == OK ? at : nullptr;
}

/* Few questions are not worth a mapping, which each fork copies. */
const volatile uint64_t *line_changes(struct line *line, fut_handle session)
{
	constexpr uint32_t MANY = 4;

	if (line == nullptr || line->changes != nullptr || line->nasked > MANY)
		return line != nullptr ? line->changes : nullptr;
	mutex_lock(&process.locks.states);
	if (line->changes == nullptr && line->nasked <= MANY && line->nasked++ == MANY)
		line->changes = changes_map(session);
	mutex_unlock(&process.locks.states);
	return line->changes;
}

static void line_identify(struct line *line, fut_handle table)
{
	uint32_t type, rights;

	if (fut_handle_info(table, &type, &rights, &line->id) != OK)
		return;
	line->next = known;
	known = line;
}

static int64_t table_map(struct line *line, fut_handle session, unsigned table)
{
	struct remote r = { .session = session };
	fut_handle vmo;
	int32_t outcome;
	void *at;
	enum err e = file_states(&r, table, &vmo, &outcome);

	if (e != OK || outcome < 0)
		return e != OK ? file_error(e) : outcome;
	e = window_map(vmo, 0, TABLE_SIZE, MAP_READ | MAP_WRITE | INHERIT_SHARE, &at);
	if (e == OK && table == 0)
		line_identify(line, vmo);
	(void)fut_handle_close(vmo); /* the mapping keeps it */
	if (e != OK)
		return call_error(e);
	line->tables[table] = at;
	return 0;
}

int64_t states_map(struct description *d)
{
	unsigned table = d->slot / FILE_SLOTS_PER_TABLE;
	int64_t error = 0;

	if (table >= TABLES)
		return -EMFILE;
	if (d->line == nullptr) {
		d->line = line_new();
		if (d->line == nullptr)
			return -ENOMEM;
	}
	mutex_lock(&process.locks.states);
	if (d->line->tables[table] == nullptr)
		error = table_map(d->line, d->a, table);
	mutex_unlock(&process.locks.states);
	if (error == 0)
		d->state = &d->line->tables[table][d->slot % FILE_SLOTS_PER_TABLE];
	return error;
}
