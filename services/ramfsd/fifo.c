/* SPDX-License-Identifier: MPL-2.0 */
/* FIFOs: a pipe (posix/abi/pipe.h) while anybody has it open. What was in it goes with the last. */
#include <stdlib.h>
#include "posix/abi/pipe.h"
#include "services/ramfsd/ram.h"

struct ram_fifo {
	fut_handle memory;
	fut_handle read, write;     /* the two ends of the event pair */
	struct pipe_shared *shared; /* its header, mapped. Others may write it at any time */
	uint32_t readers, writers;
};

static struct ram_fifo *fifo_create(void)
{
	struct ram_fifo *f = calloc(1, sizeof(*f));
	uint64_t at;

	if (f == nullptr || fut_vmo_create(PIPE_HEADER + PIPE_SIZE, 0, &f->memory) != OK)
		goto free;
	if (fut_event_create_pair(&f->read, &f->write) != OK)
		goto close;
	if (fut_space_map(0, f->memory, 0, 0, PIPE_HEADER, MAP_READ | MAP_WRITE, &at) != OK)
		goto close_events;
	f->shared = (struct pipe_shared *)at;
	f->shared->size = PIPE_SIZE;
	f->shared->fifo = 1;
	return f;
close_events:
	(void)fut_handle_close(f->read); /* ours, as all here */
	(void)fut_handle_close(f->write);
close:
	(void)fut_handle_close(f->memory); /* ours */
free:
	free(f);
	return nullptr;
}

static void fifo_destroy(struct ram_fifo *f)
{
	/* If it stays mapped for lack of memory it is only unused. */
	(void)fut_space_unmap(0, (uint64_t)f->shared, PIPE_HEADER);
	(void)fut_handle_close(f->read); /* all three are ours */
	(void)fut_handle_close(f->write);
	(void)fut_handle_close(f->memory);
	free(f);
}

/* Tell both sides that somebody came or went. */
static void fifo_told(struct ram_fifo *f)
{
	atomic_store(&f->shared->read.opened, f->readers);
	atomic_store(&f->shared->write.opened, f->writers);
	(void)fut_event_signal(f->read, PIPE_NEWS, 0); /* ours, and open */
	(void)fut_event_signal(f->write, PIPE_NEWS, 0);
}

int fifo_open(struct files_session *s)
{
	struct ram_node *n = ram_of(s->node);

	if (!(s->flags & (FILE_OPEN_READ | FILE_OPEN_WRITE)))
		return 0;
	if (n->fifo == nullptr && (n->fifo = fifo_create()) == nullptr)
		return -ENOMEM;
	/* For `pipe`: who came to the other side and has gone. */
	struct pipe_side *other =
		s->flags & FILE_OPEN_READ ? &n->fifo->shared->write : &n->fifo->shared->read;
	s->own = (void *)(uintptr_t)(atomic_load(&other->ever) - atomic_load(&other->opened));
	if (s->flags & FILE_OPEN_READ) {
		n->fifo->readers++;
		atomic_fetch_add(&n->fifo->shared->read.ever, 1);
	}
	if (s->flags & FILE_OPEN_WRITE) {
		n->fifo->writers++;
		atomic_fetch_add(&n->fifo->shared->write.ever, 1);
	}
	fifo_told(n->fifo);
	return 0;
}

void fifo_close(struct files_session *s)
{
	struct ram_node *n = ram_of(s->node);
	struct ram_fifo *f = n->fifo;

	if (!(s->flags & (FILE_OPEN_READ | FILE_OPEN_WRITE)))
		return;
	f->readers -= s->flags & FILE_OPEN_READ ? 1 : 0;
	f->writers -= s->flags & FILE_OPEN_WRITE ? 1 : 0;
	fifo_told(f);
	if (f->readers + f->writers == 0) {
		fifo_destroy(f);
		n->fifo = nullptr;
	}
}

int ram_pipe(struct files_session *s, struct file_pipe_results *r)
{
	constexpr uint32_t travels = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INHERIT;
	const struct ram_fifo *f = ram_of(s->node)->fifo;
	fut_handle end = s->flags & FILE_OPEN_READ ? f->read : f->write;

	if (fut_handle_duplicate(f->memory, RIGHT_MAP | RIGHT_READ | RIGHT_WRITE | travels,
				 &r->memory) != OK)
		return -ENOMEM;
	if (fut_handle_duplicate(end, RIGHT_WAIT | RIGHT_SIGNAL | travels, &r->event) == OK) {
		r->seen = (uint32_t)(uintptr_t)s->own;
		return 0;
	}
	(void)fut_handle_close(r->memory); /* just made */
	r->memory = 0;
	return -ENOMEM;
}
