/* SPDX-License-Identifier: MPL-2.0 */
#include "posix/files/async.h"
#include <asm/ioctls.h>
#include <asm/sockios.h>
#include <linux/fcntl.h>
#include <linux/resource.h>
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/process.h"
#include "posix/process/ids.h"
#include "protocol/posix.h"

/* An owner in file_state: its number, and above it F_OWNER_TID, _PID or _PGRP, counted from 1. */
static uint64_t owner_of(uint32_t type, uint32_t number)
{
	return number != 0 ? (uint64_t)(type + 1) << 32 | number : 0;
}

static uint32_t number_of(uint64_t owner)
{
	return (uint32_t)owner;
}

static uint32_t type_of(uint64_t owner)
{
	return owner != 0 ? (uint32_t)(owner >> 32) - 1 : F_OWNER_PID;
}

static int64_t owner_set(struct description *d, uint32_t type, int32_t number)
{
	if (number < 0)
		return -EINVAL;
	int64_t error = number == 0 ? 0
				    : id_exists(type == F_OWNER_PGRP ? PRIO_PGRP : PRIO_PROCESS,
						(uint32_t)number);
	if (error != 0)
		return error;
	atomic_store(&d->state->owner, owner_of(type, (uint32_t)number));
	return 0;
}

/* Of F_SETOWN and F_GETOWN: groups are below 0. */
static int64_t owner_set_signed(struct description *d, int32_t number)
{
	if (number == INT32_MIN)
		return -EINVAL;
	return number < 0 ? owner_set(d, F_OWNER_PGRP, -number) : owner_set(d, F_OWNER_PID, number);
}

static int32_t owner_signed(const struct description *d)
{
	uint64_t owner = atomic_load(&d->state->owner);
	int32_t number = (int32_t)number_of(owner);

	return type_of(owner) == F_OWNER_PGRP ? -number : number;
}

static int64_t owner_set_from(struct description *d, uint64_t from)
{
	struct f_owner_ex o;

	if (guest_get(&o, from, sizeof(o)) != 0)
		return -EFAULT;
	if (o.type != F_OWNER_TID && o.type != F_OWNER_PID && o.type != F_OWNER_PGRP)
		return -EINVAL;
	return owner_set(d, (uint32_t)o.type, o.pid);
}

static int64_t owner_put(const struct description *d, uint64_t to)
{
	uint64_t owner = atomic_load(&d->state->owner);
	struct f_owner_ex o = { .type = (int)type_of(owner), .pid = (int)number_of(owner) };

	return guest_put(to, &o, sizeof(o));
}

int64_t async_control(struct description *d, uint32_t command, uint64_t argument)
{
	switch (command) {
	case F_SETOWN:
		return owner_set_signed(d, (int32_t)argument);
	case F_GETOWN:
		return owner_signed(d);
	case F_SETOWN_EX:
		return owner_set_from(d, argument);
	case F_GETOWN_EX:
		return owner_put(d, argument);
	case F_SETSIG:
		if (argument > SIGNALS)
			return -EINVAL;
		atomic_store(&d->state->io_signal, (uint32_t)argument);
		return 0;
	case F_GETSIG:
		return atomic_load(&d->state->io_signal);
	default:
		return -ENOSYS;
	}
}

int64_t async_ioctl(struct description *d, uint32_t command, uint64_t argument)
{
	int32_t value = 0;

	if ((command == FIOASYNC || command == FIOSETOWN || command == SIOCSPGRP) &&
	    guest_get(&value, argument, sizeof(value)) != 0)
		return -EFAULT;
	switch (command) {
	case FIOASYNC:
		if (value != 0)
			atomic_fetch_or(&d->state->status, STATUS_ASYNC);
		else
			atomic_fetch_and(&d->state->status, ~(uint32_t)STATUS_ASYNC);
		return 0;
	case FIOSETOWN:
	case SIOCSPGRP:
		return owner_set_signed(d, value);
	case FIOGETOWN:
	case SIOCGPGRP:
		value = owner_signed(d);
		return guest_put(argument, &value, sizeof(value));
	default:
		return -ENOTTY;
	}
}

/* As posix_kill takes it, by the rights of who made the change. */
void async_send(const struct file_state *s)
{
	uint64_t owner = atomic_load(&s->owner);
	uint32_t type = type_of(owner), signal = atomic_load(&s->io_signal);
	int32_t number = (int32_t)number_of(owner), outcome;

	if (number <= 0 || signal > SIGNALS)
		return;
	(void)posix_kill(&process.posix, 0, type == F_OWNER_PGRP ? -number : number,
			 signal != 0 ? signal : SIGIO, SI_SIGIO,
			 type == F_OWNER_TID ? (uint32_t)number : 0, 0,
			 &outcome); /* the owner may be gone, or not ours to signal */
}
