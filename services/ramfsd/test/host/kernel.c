/* SPDX-License-Identifier: MPL-2.0 */
/* The kernel for tests. A memory object is a memfd, so that it is shared, sparse, and cut as ours
 * are. */
#include "services/ramfsd/test/host/kernel.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

constexpr unsigned OBJECTS = 1 << 16; /* at a time: numbers go on */
constexpr unsigned MAPPINGS = 4096;
constexpr size_t PAGE = 4096;

struct object {
	int fd;         /* of a memory object; 0: none */
	uint64_t badge; /* of a session */
	uint64_t signals;
	uint32_t peer;
};

static struct object objects[OBJECTS]; /* by number, modulo */
static uint32_t first_id, last_id;     /* made since the last reset */
static struct {
	char *at;
	size_t size;
	int fd;
	uint64_t offset;
} mappings[MAPPINGS];
unsigned kernel_fail;

/* --- Handles --- */

static const struct fake_handle *handle_of(const struct fake_task *t, fut_handle handle)
{
	const struct fake_handle *h = &t->handles[handle % FAKE_HANDLES];

	return handle != 0 && h->type != 0 && h->age == handle / FAKE_HANDLES ? h : nullptr;
}

static struct object *object_of(uint32_t id)
{
	return &objects[id % OBJECTS];
}

static unsigned char used[OBJECTS]; /* by a handle */

static void used_find(void)
{
	for (uint32_t id = first_id; id <= last_id; id++)
		used[id % OBJECTS] = 0;
	for (unsigned i = 0; i < FAKE_HANDLES; i++) {
		if (fake_client.handles[i].type != 0)
			used[fake_client.handles[i].id % OBJECTS] = 1;
		if (fake_server.handles[i].type != 0)
			used[fake_server.handles[i].id % OBJECTS] = 1;
	}
}

uint64_t kernel_orphan(void)
{
	used_find();
	for (uint32_t id = first_id; id <= last_id; id++) {
		struct object *o = object_of(id);
		uint64_t badge = o->badge;
		if (used[id % OBJECTS] || badge == 0)
			continue;
		o->badge = 0;
		return badge;
	}
	return 0;
}

uint64_t kernel_badge(const struct fake_task *t, fut_handle session)
{
	return object_of(fake_object(t, session))->badge;
}

static void object_end(struct object *o)
{
	if (o->fd != 0)
		close(o->fd);
	*o = (struct object){};
}

void kernel_reset(void)
{
	struct rlimit limit;

	for (uint32_t id = first_id; id <= last_id; id++)
		object_end(object_of(id));
	first_id = last_id + 1;
	for (unsigned i = 0; i < MAPPINGS; i++)
		if (mappings[i].at != nullptr) {
			munmap(mappings[i].at, mappings[i].size);
			close(mappings[i].fd);
		}
	memset(mappings, 0, sizeof(mappings));
	kernel_fail = 0;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Memory that no handle leads to is gone. fake.c does not say when, so all is looked at now and
 * then. */
static void objects_collect(void)
{
	static unsigned turn;

	if (++turn % 256 != 0)
		return;
	used_find();
	for (uint32_t id = first_id; id <= last_id; id++)
		if (!used[id % OBJECTS] && object_of(id)->fd != 0)
			object_end(object_of(id));
}

static bool must_fail(void)
{
	return kernel_fail > 0 && --kernel_fail == 0;
}

/* A handle to a new object, which `*o` then is. */
static fut_handle object_make(enum object_type type, uint32_t rights, struct object **o)
{
	fut_handle h = fake_open(fake_current, type, rights);
	uint32_t id = fake_object(fake_current, h);

	if (h == 0 || id - first_id >= OBJECTS)
		abort(); /* the test is larger than the kernel */
	last_id = id;
	*o = object_of(id);
	return h;
}

static enum err duplicate(const uint64_t *a, struct native_words *r)
{
	const struct fake_handle *h = handle_of(fake_current, (fut_handle)a[0]);

	if (h == nullptr)
		return ERR_BAD_HANDLE;
	if (!(h->rights & RIGHT_DUPLICATE))
		return ERR_NO_RIGHT;
	if (must_fail())
		return ERR_NO_MEMORY;
	fut_handle copy = fake_open(fake_current, h->type, h->rights & (uint32_t)a[1]);
	fake_current->handles[copy % FAKE_HANDLES].id = h->id;
	r->word[0] = copy;
	return copy != 0 ? OK : ERR_FULL;
}

/* --- Memory objects --- */

static enum err vmo_create(uint64_t size, struct native_words *r)
{
	struct object *o;

	objects_collect();
	if (must_fail())
		return ERR_NO_MEMORY;
	if (size == 0 || size > 1ull << 47)
		return ERR_BAD_ARGUMENT;
	r->word[0] = object_make(OBJECT_VMO, RIGHTS_VMO, &o);
	o->fd = memfd_create("vmo", 0);
	if (o->fd <= 0 || ftruncate(o->fd, (off_t)((size + PAGE - 1) & ~(PAGE - 1))) != 0)
		abort();
	return OK;
}

static uint64_t vmo_size(const struct object *o)
{
	struct stat st;

	return fstat(o->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static bool is_inside(const struct object *o, uint64_t offset, uint64_t size)
{
	uint64_t end;

	return !__builtin_add_overflow(offset, size, &end) && end <= vmo_size(o);
}

static enum err vmo_copy(const struct object *o, const uint64_t *a, bool write)
{
	if (!is_inside(o, a[1], a[3]))
		return ERR_BAD_ARGUMENT;
	if (write && must_fail())
		return ERR_NO_MEMORY;
	ssize_t n = write ? pwrite(o->fd, (const void *)a[2], a[3], (off_t)a[1])
			  : pread(o->fd, (void *)a[2], a[3], (off_t)a[1]);
	if (n != (ssize_t)a[3])
		abort();
	return OK;
}

static enum err vmo_fallocate(const struct object *o, const uint64_t *a, int mode)
{
	if ((a[1] | a[2]) % PAGE != 0 || !is_inside(o, a[1], a[2]))
		return ERR_BAD_ARGUMENT;
	if (fallocate(o->fd, mode, (off_t)a[1], (off_t)a[2]) != 0 && a[2] != 0)
		abort();
	return OK;
}

static enum err vmo_info(const struct object *o, struct native_words *r)
{
	struct stat st;

	if (fstat(o->fd, &st) != 0)
		abort();
	*r = (struct native_words){ { (uint64_t)st.st_size, (uint64_t)st.st_blocks / 8, 0 } };
	return OK;
}

/* A copy of the pages that are there. */
static enum err vmo_clone(const struct object *o, const uint64_t *a, struct native_words *r)
{
	int from = o->fd;
	char page[PAGE];
	enum err e;

	if ((a[1] | a[2]) % PAGE != 0 || !is_inside(o, a[1], a[2]))
		return ERR_BAD_ARGUMENT;
	e = vmo_create(a[2], r);
	if (e != OK)
		return e;
	int to = object_of(fake_object(fake_current, (fut_handle)r->word[0]))->fd;
	off_t end = (off_t)(a[1] + a[2]), at = (off_t)a[1];
	while ((at = lseek(from, at, SEEK_DATA)) >= 0 && at < end) {
		if (pread(from, page, PAGE, at) != PAGE ||
		    pwrite(to, page, PAGE, at - (off_t)a[1]) != PAGE)
			abort();
		at += PAGE;
	}
	return OK;
}

static enum err space_map(const uint64_t *a, struct native_words *r)
{
	const struct fake_handle *h = handle_of(fake_current, (fut_handle)a[1]);

	if (h == nullptr)
		return ERR_BAD_HANDLE;
	for (unsigned i = 0; i < MAPPINGS; i++) {
		if (mappings[i].at != nullptr)
			continue;
		int prot = (a[5] & MAP_READ ? PROT_READ : 0) | (a[5] & MAP_WRITE ? PROT_WRITE : 0);
		mappings[i].fd = dup(object_of(h->id)->fd);
		mappings[i].at = mmap(nullptr, a[4], prot, MAP_SHARED, mappings[i].fd, (off_t)a[3]);
		mappings[i].size = a[4];
		mappings[i].offset = a[3];
		if (mappings[i].at == MAP_FAILED)
			abort();
		r->word[0] = (uint64_t)mappings[i].at;
		return OK;
	}
	return ERR_NO_MEMORY;
}

static enum err space_unmap(const uint64_t *a)
{
	for (unsigned i = 0; i < MAPPINGS; i++)
		if ((uint64_t)mappings[i].at == a[1]) {
			munmap(mappings[i].at, mappings[i].size);
			close(mappings[i].fd);
			mappings[i].at = nullptr;
		}
	return OK;
}

static enum err space_present(const uint64_t *a)
{
	for (unsigned i = 0; i < MAPPINGS; i++) {
		if ((uint64_t)mappings[i].at != a[0])
			continue;
		for (uint64_t at = 0; at < a[1]; at += PAGE) {
			off_t offset = (off_t)(mappings[i].offset + at);
			((char *)a[2])[at / PAGE] =
				lseek(mappings[i].fd, offset, SEEK_DATA) == offset;
		}
		return OK;
	}
	return ERR_NOT_FOUND;
}

static enum err vmo_call(enum call number, const uint64_t *a, struct native_words *r)
{
	const struct fake_handle *h = handle_of(fake_current, (fut_handle)a[0]);
	const struct object *o = h != nullptr ? object_of(h->id) : nullptr;

	if (o == nullptr || h->type != OBJECT_VMO)
		return ERR_BAD_HANDLE;
	switch (number) {
	case CALL_VMO_READ:
		return vmo_copy(o, a, false);
	case CALL_VMO_WRITE:
		return vmo_copy(o, a, true);
	case CALL_VMO_RESIZE:
		if (ftruncate(o->fd, (off_t)((a[1] + PAGE - 1) & ~(PAGE - 1))) != 0)
			abort();
		return OK;
	case CALL_VMO_ZERO:
		return vmo_fallocate(o, a, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
	case CALL_VMO_COMMIT:
		r->word[0] = a[2];
		return must_fail() ? ERR_NO_MEMORY : vmo_fallocate(o, a, 0);
	case CALL_VMO_INFO:
		return vmo_info(o, r);
	case CALL_VMO_CLONE:
		return vmo_clone(o, a, r);
	default:
		return ERR_UNSUPPORTED;
	}
}

/* --- Events --- */

static enum err event_pair(struct native_words *r)
{
	struct object *left, *right;

	if (must_fail())
		return ERR_NO_MEMORY;
	r->word[0] = object_make(OBJECT_EVENT, RIGHTS_EVENT, &left);
	r->word[1] = object_make(OBJECT_EVENT, RIGHTS_EVENT, &right);
	left->peer = (uint32_t)(right - objects);
	right->peer = (uint32_t)(left - objects);
	return OK;
}

static enum err event_signal(const uint64_t *a)
{
	const struct fake_handle *h = handle_of(fake_current, (fut_handle)a[0]);

	if (h == nullptr)
		return ERR_BAD_HANDLE;
	object_of(h->id)->signals = (object_of(h->id)->signals & ~a[2]) | a[1];
	return OK;
}

static enum err wait(const uint64_t *a, struct native_words *r)
{
	const struct fake_handle *h = handle_of(fake_current, (fut_handle)a[0]);

	if (h == nullptr)
		return ERR_BAD_HANDLE;
	r->word[0] = object_of(h->id)->signals & a[1];
	object_of(h->id)->signals &= ~a[2];
	return r->word[0] != 0 ? OK : ERR_WOULD_BLOCK;
}

static enum err object_create(enum object_type type, uint32_t rights, uint64_t badge,
			      struct native_words *r)
{
	struct object *o;

	if (must_fail())
		return ERR_NO_MEMORY;
	r->word[0] = object_make(type, rights, &o);
	*o = (struct object){ .badge = badge };
	return OK;
}

enum err kernel_call(enum call number, const uint64_t *a, struct native_words *r)
{
	switch (number) {
	case CALL_HANDLE_DUPLICATE:
		return duplicate(a, r);
	case CALL_SESSION_CREATE:
		return object_create(OBJECT_SESSION, RIGHTS_SESSION, a[1], r);
	case CALL_EVENT_CREATE:
		return object_create(OBJECT_EVENT, RIGHTS_EVENT, 0, r);
	case CALL_EVENT_CREATE_PAIR:
		return event_pair(r);
	case CALL_EVENT_SIGNAL:
		return event_signal(a);
	case CALL_WAIT:
		return wait(a, r);
	case CALL_VMO_CREATE:
		return vmo_create(a[0], r);
	case CALL_SPACE_MAP:
		return space_map(a, r);
	case CALL_SPACE_UNMAP:
		return space_unmap(a);
	case CALL_SPACE_PRESENT:
		return space_present(a);
	default:
		return a != nullptr ? vmo_call(number, a, r) : ERR_UNSUPPORTED;
	}
}
