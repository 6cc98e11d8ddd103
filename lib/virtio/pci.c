/* SPDX-License-Identifier: MPL-2.0 */
/* Virtio devices on PCI: section 4.1. Only the modern interface, which transitional ones have too.
 */
#include "lib/virtio/device.h"

/* Capabilities of the configuration space; PCI 3.0, 6.7, and virtio 4.1.4. */
constexpr unsigned CONFIG_STATUS = 0x06, CONFIG_CAPABILITIES = 0x34;
constexpr uint8_t STATUS_CAPABILITIES = 0x10;
constexpr uint8_t CAPABILITY_VENDOR = 0x09, CAPABILITY_MSIX = 0x11;
constexpr uint8_t MSIX_ENABLE = 0x80; /* bit 15 of message control */
enum structure : uint8_t { COMMON = 1, NOTIFY = 2, ISR = 3, DEVICE = 4 };

/* The common structure, 4.1.4.3. */
enum reg : unsigned {
	DEVICE_FEATURES_SELECT = 0,
	DEVICE_FEATURES = 4,
	DRIVER_FEATURES_SELECT = 8,
	DRIVER_FEATURES = 12,
	CONFIG_VECTOR = 16,
	STATUS = 20,
	GENERATION = 21,
	QUEUE_SELECT = 22,
	QUEUE_SIZE = 24,
	QUEUE_VECTOR = 26,
	QUEUE_ENABLE = 28,
	QUEUE_NOTIFY_OFFSET = 30,
	QUEUE_DESC = 32,
	QUEUE_DRIVER = 40,
	QUEUE_DEVICE = 48,
	COMMON_SIZE = 56,
};
constexpr uint16_t NO_VECTOR = 0xffff;

static uint16_t get16(const struct virtio *v, unsigned reg)
{
	return *(volatile uint16_t *)(v->common + reg);
}

static void set16(const struct virtio *v, unsigned reg, uint16_t value)
{
	*(volatile uint16_t *)(v->common + reg) = value;
}

static void set32(const struct virtio *v, unsigned reg, uint32_t value)
{
	*(volatile uint32_t *)(v->common + reg) = value;
}

static void set64(const struct virtio *v, unsigned reg, uint64_t value)
{
	set32(v, reg, (uint32_t)value);
	set32(v, reg + 4, (uint32_t)(value >> 32));
}

static uint8_t pci_status(struct virtio *v)
{
	return v->common[STATUS];
}

static void pci_set_status(struct virtio *v, uint8_t status)
{
	v->common[STATUS] = status;
}

static uint64_t pci_features(struct virtio *v)
{
	uint64_t features = 0;

	for (uint32_t half = 0; half < 2; half++) {
		set32(v, DEVICE_FEATURES_SELECT, half);
		features |= (uint64_t)*(volatile uint32_t *)(v->common + DEVICE_FEATURES)
			    << 32 * half;
	}
	return features;
}

static void pci_set_features(struct virtio *v, uint64_t features)
{
	for (uint32_t half = 0; half < 2; half++) {
		set32(v, DRIVER_FEATURES_SELECT, half);
		set32(v, DRIVER_FEATURES, (uint32_t)(features >> 32 * half));
	}
	set16(v, CONFIG_VECTOR, NO_VECTOR);
}

static unsigned pci_queue_max(struct virtio *v, unsigned n)
{
	set16(v, QUEUE_SELECT, (uint16_t)n);
	return get16(v, QUEUE_SIZE);
}

static enum err pci_queue_set(struct virtio *v, unsigned n, const struct virtio_queue_place *p)
{
	set16(v, QUEUE_SELECT, (uint16_t)n);
	uint64_t offset = (uint64_t)get16(v, QUEUE_NOTIFY_OFFSET) * v->notice_step;

	if (n >= VIRTIO_QUEUES || offset % 2 != 0 || v->notices_size < 2 ||
	    offset > v->notices_size - 2)
		return ERR_IO;
	v->notice[n] = (volatile uint16_t *)(v->notices + offset);
	set16(v, QUEUE_SIZE, (uint16_t)p->size);
	set64(v, QUEUE_DESC, p->desc);
	set64(v, QUEUE_DRIVER, p->avail);
	set64(v, QUEUE_DEVICE, p->used);
	set16(v, QUEUE_VECTOR, v->has_messages ? (uint16_t)p->vector : NO_VECTOR);
	if (v->has_messages && get16(v, QUEUE_VECTOR) != p->vector)
		return ERR_IO; /* it has no room for the vector */
	set16(v, QUEUE_ENABLE, 1);
	return OK;
}

static void pci_notify(struct virtio *v, unsigned n)
{
	*v->notice[n] = (uint16_t)n;
}

static void pci_acknowledge(struct virtio *v)
{
	(void)*v->isr; /* reading clears it */
}

static uint8_t pci_generation(struct virtio *v)
{
	return v->common[GENERATION];
}

static uint8_t pci_config(struct virtio *v, unsigned offset)
{
	return offset < v->device_size ? v->device[offset] : 0;
}

static const struct virtio_transport pci = {
	.status = pci_status,
	.set_status = pci_set_status,
	.features = pci_features,
	.set_features = pci_set_features,
	.queue_max = pci_queue_max,
	.queue_set = pci_queue_set,
	.notify = pci_notify,
	.acknowledge = pci_acknowledge,
	.generation = pci_generation,
	.config = pci_config,
};

static uint32_t load32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* One vendor capability, of which `room` bytes are there: where one of the structures lies. The
 * first of a kind counts. */
static enum err structure_add(struct virtio *v, const uint8_t *cap, unsigned room,
			      const struct virtio_bar bar[6])
{
	uint8_t type = cap[3], index = cap[4];

	if (type < COMMON || type > DEVICE)
		return OK; /* another kind: not ours to judge */
	if (room < (type == NOTIFY ? 20 : 16))
		return ERR_BAD_ARGUMENT;
	uint32_t offset = load32(cap + 8), size = load32(cap + 12);
	if (index > 5 || bar[index].at == nullptr || offset % 4 != 0 || offset > bar[index].size ||
	    size > bar[index].size - offset)
		return ERR_BAD_ARGUMENT;
	volatile uint8_t *at = bar[index].at + offset;
	if (type == COMMON && v->common == nullptr && size >= COMMON_SIZE)
		v->common = at;
	if (type == ISR && v->isr == nullptr && size >= 1)
		v->isr = at;
	if (type == DEVICE && v->device == nullptr) {
		v->device = at;
		v->device_size = size;
	}
	if (type == NOTIFY && v->notices == nullptr) {
		v->notices = at;
		v->notices_size = size;
		v->notice_step = load32(cap + 16);
	}
	return OK;
}

enum err virtio_pci_init(struct virtio *v, const uint8_t config[256],
			 const struct virtio_bar bar[6])
{
	enum err e = OK;
	unsigned at = config[CONFIG_CAPABILITIES] & 0xfc;

	*v = (struct virtio){ .transport = &pci };
	if ((config[CONFIG_STATUS] & STATUS_CAPABILITIES) == 0)
		return ERR_UNSUPPORTED;
	/* The list could be a circle: there is room for 48 at most. */
	for (unsigned n = 0; n < 48 && at >= 0x40 && e == OK; n++, at = config[at + 1] & 0xfc) {
		if (config[at] == CAPABILITY_VENDOR && at + 5 <= 256)
			e = structure_add(v, config + at, 256 - at, bar);
		if (config[at] == CAPABILITY_MSIX)
			v->has_messages = (config[at + 3] & MSIX_ENABLE) != 0;
	}
	if (e == OK && (v->common == nullptr || v->notices == nullptr || v->isr == nullptr ||
			v->device == nullptr))
		e = ERR_UNSUPPORTED;
	return e;
}
