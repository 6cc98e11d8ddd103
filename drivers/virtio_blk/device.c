/* SPDX-License-Identifier: MPL-2.0 */
/* Setting up the device, and its interrupts. */
#include <string.h>
#include "drivers/virtio_blk/state.h"
#include "lib/futura/clock.h"
#include "lib/futura/device.h"
#include "lib/futura/error.h"
#include "lib/futura/program.h"

constexpr uint64_t WANTED = BLK_F_SIZE_MAX | BLK_F_SEG_MAX | BLK_F_RO | BLK_F_BLK_SIZE |
			    BLK_F_FLUSH | BLK_F_TOPOLOGY | BLK_F_MQ | BLK_F_DISCARD |
			    BLK_F_WRITE_ZEROES | VIRTIO_F_INDIRECT;
constexpr uint64_t ID_PATIENCE = 5 * SECOND;

[[noreturn]] static void fail(struct driver *d, const char *what, enum err e)
{
	virtio_fail(&d->virtio);
	panic("%s: %s", what, error_name(e));
}

static void reap(struct driver *d, struct blk_queue *q)
{
	struct blk_ended ended;
	enum err e;

	while ((e = blk_take(q, &ended)) == OK)
		session_done(ended.owner, &ended);
	/* Our end is the clients' error, and our successor resets the device. */
	if (e != ERR_WOULD_BLOCK)
		fail(d, "the device breaks the rules", e);
}

static void interrupt(void *self, uint64_t)
{
	struct driver *d = self;

	/* Acknowledge first: what ends while we look must raise it again. */
	if (!d->virtio.has_messages)
		d->virtio.transport->acknowledge(&d->virtio);
	for (unsigned i = 0; i < d->nqueues; i++) {
		uint64_t signals;
		if (d->irqs[i] && fut_wait(d->irqs[i], SIGNAL_READY, 0, 0, &signals) == OK)
			(void)fut_irq_ack(d->irqs[i]); /* ours, with the right */
	}
	for (unsigned i = 0; i < d->nqueues; i++)
		reap(d, &d->queues[i]);
	sessions_pump(d);
}

/* With messages one for each queue, else one line for all. */
static void irqs_take(struct driver *d)
{
	char name[] = "irq0";

	for (unsigned i = 0; i < QUEUES; i++) {
		name[3] = (char)('0' + i);
		d->irqs[i] = cap_get(name);
		if (d->irqs[i] && fut_irq_ack(d->irqs[i]) != OK)
			panic("cannot use `%s`", name);
	}
	if (d->irqs[0] == 0)
		panic("the device has no interrupt");
}

static void irqs_watch(struct driver *d)
{
	for (unsigned i = 0; i < d->nqueues && d->irqs[i]; i++)
		if (loop_watch(&d->loop, &d->irq_watches[i], d->irqs[i], SIGNAL_READY, interrupt,
			       d) != OK)
			panic("cannot watch its interrupts");
}

static unsigned queue_count(const struct driver *d)
{
	unsigned n = d->limits.nqueues < QUEUES ? d->limits.nqueues : QUEUES, nirqs = 0;

	while (nirqs < QUEUES && d->irqs[nirqs])
		nirqs++;
	if (n > clock_cpus())
		n = clock_cpus();
	return d->virtio.has_messages && n > nirqs ? nirqs : n;
}

/* The largest power of two that both sides can do; 0 if there is no such queue. */
static unsigned queue_size(struct driver *d, unsigned n)
{
	unsigned max = d->virtio.transport->queue_max(&d->virtio, n), size = VIRTQ_SIZE_MAX;

	while (size > max)
		size /= 2;
	return size;
}

static void queue_init(struct driver *d, unsigned n, bool is_indirect)
{
	struct virtio_queue_place p = { .size = queue_size(d, n), .vector = n };
	uint64_t shared_address;

	if (p.size < 4)
		fail(d, "a queue is missing", ERR_IO);
	void *ring = device_memory(d->iospace, virtq_bytes(p.size), &p.desc);
	struct blk_shared *shared =
		device_memory(d->iospace, BLK_SLOTS * sizeof(struct blk_shared), &shared_address);
	p.avail = p.desc + virtq_avail_offset(p.size);
	p.used = p.desc + virtq_used_offset(p.size);
	unsigned nsegments =
		blk_queue_init(&d->queues[n], ring, p.size, shared, shared_address, is_indirect);
	blk_limits_narrow(&d->limits, nsegments);
	enum err e = d->virtio.transport->queue_set(&d->virtio, n, &p);
	if (e != OK)
		fail(d, "cannot set up a queue", e);
}

/* Ask for the serial number, and so see that the device and its interrupt work. */
static void serial_find(struct driver *d)
{
	uint64_t address, signals, deadline = clock_after(ID_PATIENCE);
	char *text = device_memory(d->iospace, 4096, &address);
	struct blk_ended ended;
	struct blk_job job = { .op = BLK_OP_ID,
			       .nsegments = 1,
			       .segment = { { address, BLK_ID_SIZE } } };

	blk_put(&d->queues[0], &job);
	virtio_notify(&d->virtio, 0, &d->queues[0].virtq);
	enum err e;
	while ((e = blk_take(&d->queues[0], &ended)) == ERR_WOULD_BLOCK) {
		e = fut_wait(d->irqs[0], SIGNAL_READY, 0, deadline, &signals);
		if (e != OK)
			fail(d, "the device does not answer", e);
		if (!d->virtio.has_messages)
			d->virtio.transport->acknowledge(&d->virtio);
		(void)fut_irq_ack(d->irqs[0]); /* ours, with the right */
	}
	if (e != OK)
		fail(d, "the device breaks the rules", e);
	d->queues[0].must_notify = false;
	if (ended.error == OK)
		memcpy(d->serial, text, BLK_ID_SIZE); /* a zero byte follows */
}

void device_init(struct driver *d)
{
	struct blk_config config = {};
	uint64_t features = 0;

	d->iospace = cap_need("dma");
	virtio_open(&d->virtio);
	irqs_take(d);
	enum err e = virtio_begin(&d->virtio, WANTED, &features);
	if (e == OK) {
		virtio_config(&d->virtio, 0, &config, BLK_CONFIG_SIZE);
		e = blk_limits_find(&config, features, &d->limits);
	}
	if (e != OK)
		fail(d, "the device cannot be used", e);
	d->nqueues = queue_count(d);
	for (unsigned i = 0; i < d->nqueues; i++)
		queue_init(d, i, features & VIRTIO_F_INDIRECT);
	virtio_start(&d->virtio);
	serial_find(d);
	irqs_watch(d);
}
