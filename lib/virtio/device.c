/* SPDX-License-Identifier: MPL-2.0 */
/* What every virtio device goes through, whatever it is attached by: section 3.1. */
#include "lib/virtio/device.h"

/* A reset is done when the status reads 0. There is no bound in the specification; this one lets an
 * emulator finish what is under way. */
constexpr unsigned RESET_TRIES = 10'000'000;

static enum err reset(struct virtio *v)
{
	v->transport->set_status(v, 0);
	for (unsigned i = 0; i < RESET_TRIES; i++)
		if (v->transport->status(v) == 0)
			return OK;
	return ERR_IO;
}

enum err virtio_begin(struct virtio *v, uint64_t wanted, uint64_t *features)
{
	uint8_t status = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER;
	enum err e = reset(v);

	if (e != OK)
		return e;
	v->transport->set_status(v, VIRTIO_ACKNOWLEDGE);
	v->transport->set_status(v, status);
	if (!v->is_legacy)
		wanted |= VIRTIO_F_VERSION_1;
	/* It is offered where addresses go through an IOMMU; ours are what the iospace says. */
	wanted |= VIRTIO_F_ACCESS_PLATFORM;
	*features = v->transport->features(v) & wanted;
	if (!v->is_legacy && (*features & VIRTIO_F_VERSION_1) == 0)
		return ERR_UNSUPPORTED;
	v->transport->set_features(v, *features);
	if (v->is_legacy)
		return OK;
	status |= VIRTIO_FEATURES_OK;
	v->transport->set_status(v, status);
	return (v->transport->status(v) & VIRTIO_FEATURES_OK) != 0 ? OK : ERR_UNSUPPORTED;
}

void virtio_start(struct virtio *v)
{
	v->transport->set_status(v, (uint8_t)(v->transport->status(v) | VIRTIO_DRIVER_OK));
}

void virtio_fail(struct virtio *v)
{
	v->transport->set_status(v, (uint8_t)(v->transport->status(v) | VIRTIO_FAILED));
}

void virtio_config(struct virtio *v, unsigned offset, void *to, size_t size)
{
	uint8_t before, *at = to;

	/* A device that changes it for ever gets what the last try read. */
	for (unsigned tries = 0; tries < 100; tries++) {
		before = v->transport->generation(v);
		for (size_t i = 0; i < size; i++)
			at[i] = v->transport->config(v, offset + (unsigned)i);
		if (v->transport->generation(v) == before)
			return;
	}
}

void virtio_notify(struct virtio *v, unsigned n, const struct virtq *q)
{
	if (virtq_wants_notice(q))
		v->transport->notify(v, n);
}
