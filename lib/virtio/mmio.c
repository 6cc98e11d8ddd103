/* SPDX-License-Identifier: MPL-2.0 */
/* Virtio devices whose registers lie in memory: section 4.2, and 4.2.4 for the legacy version. */
#include "lib/virtio/device.h"

enum reg : unsigned {
	MAGIC = 0x000,
	VERSION = 0x004,
	DEVICE_ID = 0x008,
	DEVICE_FEATURES = 0x010,
	DEVICE_FEATURES_SELECT = 0x014,
	DRIVER_FEATURES = 0x020,
	DRIVER_FEATURES_SELECT = 0x024,
	LEGACY_PAGE_SIZE = 0x028,
	QUEUE_SELECT = 0x030,
	QUEUE_SIZE_MAX = 0x034,
	QUEUE_SIZE = 0x038,
	LEGACY_QUEUE_ALIGN = 0x03c,
	LEGACY_QUEUE_PAGE = 0x040,
	QUEUE_READY = 0x044,
	QUEUE_NOTIFY = 0x050,
	INTERRUPT_STATUS = 0x060,
	INTERRUPT_ACKNOWLEDGE = 0x064,
	STATUS = 0x070,
	QUEUE_DESC = 0x080,
	QUEUE_DRIVER = 0x090,
	QUEUE_DEVICE = 0x0a0,
	GENERATION = 0x0fc,
	CONFIG = 0x100,
};
constexpr uint32_t MAGIC_VALUE = 0x74726976; /* "virt" */

static uint32_t get(const struct virtio *v, unsigned reg)
{
	return *(volatile uint32_t *)(v->regs + reg);
}

static void set(const struct virtio *v, unsigned reg, uint32_t value)
{
	*(volatile uint32_t *)(v->regs + reg) = value;
}

static void set64(const struct virtio *v, unsigned reg, uint64_t value)
{
	set(v, reg, (uint32_t)value);
	set(v, reg + 4, (uint32_t)(value >> 32));
}

static uint8_t mmio_status(struct virtio *v)
{
	return (uint8_t)get(v, STATUS);
}

static void mmio_set_status(struct virtio *v, uint8_t status)
{
	set(v, STATUS, status);
}

static uint64_t mmio_features(struct virtio *v)
{
	uint64_t features;

	set(v, DEVICE_FEATURES_SELECT, 1);
	features = (uint64_t)get(v, DEVICE_FEATURES) << 32;
	set(v, DEVICE_FEATURES_SELECT, 0);
	return features | get(v, DEVICE_FEATURES);
}

static void mmio_set_features(struct virtio *v, uint64_t features)
{
	set(v, DRIVER_FEATURES_SELECT, 1);
	set(v, DRIVER_FEATURES, (uint32_t)(features >> 32));
	set(v, DRIVER_FEATURES_SELECT, 0);
	set(v, DRIVER_FEATURES, (uint32_t)features);
	if (v->is_legacy)
		set(v, LEGACY_PAGE_SIZE, VIRTQ_ALIGN);
}

static unsigned mmio_queue_max(struct virtio *v, unsigned n)
{
	set(v, QUEUE_SELECT, n);
	return get(v, QUEUE_SIZE_MAX);
}

static enum err mmio_queue_set(struct virtio *v, unsigned n, const struct virtio_queue_place *p)
{
	set(v, QUEUE_SELECT, n);
	set(v, QUEUE_SIZE, p->size);
	if (v->is_legacy) {
		if (p->desc / VIRTQ_ALIGN > UINT32_MAX)
			return ERR_UNSUPPORTED; /* the register has 32 bits */
		set(v, LEGACY_QUEUE_ALIGN, VIRTQ_ALIGN);
		set(v, LEGACY_QUEUE_PAGE, (uint32_t)(p->desc / VIRTQ_ALIGN));
		return OK;
	}
	set64(v, QUEUE_DESC, p->desc);
	set64(v, QUEUE_DRIVER, p->avail);
	set64(v, QUEUE_DEVICE, p->used);
	set(v, QUEUE_READY, 1);
	return OK;
}

static void mmio_notify(struct virtio *v, unsigned n)
{
	set(v, QUEUE_NOTIFY, n);
}

static void mmio_acknowledge(struct virtio *v)
{
	set(v, INTERRUPT_ACKNOWLEDGE, get(v, INTERRUPT_STATUS));
}

static uint8_t mmio_generation(struct virtio *v)
{
	return v->is_legacy ? 0 : (uint8_t)get(v, GENERATION);
}

static uint8_t mmio_config(struct virtio *v, unsigned offset)
{
	return v->regs[CONFIG + offset];
}

static const struct virtio_transport mmio = {
	.status = mmio_status,
	.set_status = mmio_set_status,
	.features = mmio_features,
	.set_features = mmio_set_features,
	.queue_max = mmio_queue_max,
	.queue_set = mmio_queue_set,
	.notify = mmio_notify,
	.acknowledge = mmio_acknowledge,
	.generation = mmio_generation,
	.config = mmio_config,
};

enum err virtio_mmio_init(struct virtio *v, volatile uint8_t *regs)
{
	*v = (struct virtio){ .transport = &mmio, .regs = regs };
	uint32_t version = get(v, VERSION);

	if (get(v, MAGIC) != MAGIC_VALUE || version < 1 || version > 2 || get(v, DEVICE_ID) == 0)
		return ERR_UNSUPPORTED;
	v->is_legacy = version == 1;
	return OK;
}
