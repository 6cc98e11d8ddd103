/* SPDX-License-Identifier: MPL-2.0 */
/* The rules by which a process's capabilities change, as capabilities(7) has them. */
#include "services/posixd/core/capabilities.h"
#include <errno.h>
#include "protocol/posix.h"
#include "services/posixd/core/credentials.h"

#define BIT(capability) (1ull << (capability))

/* Those that matter to files: setfsuid takes and gives them. */
constexpr uint64_t OF_FILES = BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) |
			      BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) |
			      BIT(CAP_MKNOD) | BIT(CAP_MAC_OVERRIDE);

bool capable(const struct credentials *c, enum capability capability)
{
	return (c->may.effective & BIT(capability)) != 0;
}

bool capabilities_same(const struct capabilities *a, const struct capabilities *b)
{
	return a->effective == b->effective && a->permitted == b->permitted &&
	       a->inheritable == b->inheritable && a->bounding == b->bounding &&
	       a->ambient == b->ambient && a->securebits == b->securebits;
}

struct capabilities capabilities_of_user(uint32_t uid)
{
	uint64_t all = uid == 0 ? CAPABILITIES_ALL : 0;

	return (struct capabilities){ .effective = all,
				      .permitted = all,
				      .bounding = CAPABILITIES_ALL };
}

static bool is_root(const struct credentials *c)
{
	return c->uid == 0 || c->euid == 0 || c->suid == 0;
}

void capabilities_follow_ids(struct credentials *now, const struct credentials *old)
{
	struct capabilities *c = &now->may;

	if (c->securebits & SECUREBIT_NO_FIXUP)
		return;
	if (is_root(old) && !is_root(now)) {
		if (!(c->securebits & SECUREBIT_KEEP))
			c->permitted = c->effective = 0;
		c->ambient = 0;
	}
	if (old->euid == 0 && now->euid != 0)
		c->effective = 0;
	if (old->euid != 0 && now->euid == 0)
		c->effective = c->permitted;
}

void capabilities_follow_files(struct credentials *now, const struct credentials *old)
{
	struct capabilities *c = &now->may;

	if (c->securebits & SECUREBIT_NO_FIXUP)
		return;
	if (old->fsuid == 0 && now->fsuid != 0)
		c->effective &= ~OF_FILES;
	if (old->fsuid != 0 && now->fsuid == 0)
		c->effective |= c->permitted & OF_FILES;
}

struct capabilities capabilities_after_exec(const struct credentials *c)
{
	struct capabilities n = c->may;
	bool has_root = !(n.securebits & SECUREBIT_NO_ROOT);

	n.permitted = n.ambient;
	if (has_root && (c->uid == 0 || c->euid == 0))
		n.permitted |= n.bounding | n.inheritable;
	n.effective = has_root && c->euid == 0 ? n.permitted : n.ambient;
	n.securebits &= ~SECUREBIT_KEEP;
	return n;
}

static int sets_change(struct capabilities *c, bool may_add, const uint64_t v[3])
{
	uint64_t effective = v[0] & CAPABILITIES_ALL, permitted = v[1] & CAPABILITIES_ALL,
		 inheritable = v[2] & CAPABILITIES_ALL;

	if ((!may_add && (inheritable & ~(c->inheritable | c->permitted))) ||
	    (inheritable & ~(c->inheritable | c->bounding)) || (permitted & ~c->permitted) ||
	    (effective & ~permitted))
		return -EPERM;
	c->effective = effective;
	c->permitted = permitted;
	c->inheritable = inheritable;
	c->ambient &= permitted & inheritable;
	return 0;
}

/* Each bit has its lock above it. */
static int securebits_change(struct capabilities *c, uint64_t bits)
{
	uint32_t locked = (c->securebits & SECUREBITS_LOCKED) >> 1;

	if ((locked & (c->securebits ^ bits)) || (c->securebits & SECUREBITS_LOCKED & ~bits) ||
	    (bits & ~(uint64_t)(SECUREBITS_LOCKED | SECUREBITS)))
		return -EPERM;
	c->securebits = (uint32_t)bits;
	return 0;
}

static int keep_change(struct capabilities *c, bool keep)
{
	if (c->securebits & SECUREBIT_KEEP_LOCKED)
		return -EPERM;
	c->securebits = (c->securebits & ~SECUREBIT_KEEP) | (keep ? SECUREBIT_KEEP : 0);
	return 0;
}

static int ambient_raise(struct capabilities *c, unsigned capability)
{
	if (!(c->permitted & c->inheritable & BIT(capability)) ||
	    (c->securebits & SECUREBIT_NO_RAISE))
		return -EPERM;
	c->ambient |= BIT(capability);
	return 0;
}

static int change(const struct credentials *who, uint32_t which, const uint64_t v[3],
		  struct capabilities *c)
{
	bool may = capable(who, CAP_SETPCAP);
	unsigned capability = v[0] <= CAP_LAST ? (unsigned)v[0] : 0;

	switch (which) {
	case POSIX_CAPABILITIES_SETS:
		return sets_change(c, may, v);
	case POSIX_CAPABILITIES_BOUND:
		c->bounding &= ~BIT(capability);
		return !may ? -EPERM : v[0] > CAP_LAST ? -EINVAL : 0;
	case POSIX_CAPABILITIES_RAISE:
		return v[0] > CAP_LAST ? -EINVAL : ambient_raise(c, capability);
	case POSIX_CAPABILITIES_LOWER:
		c->ambient &= ~v[0];
		return 0;
	case POSIX_CAPABILITIES_SECUREBITS:
		return may ? securebits_change(c, v[0]) : -EPERM;
	case POSIX_CAPABILITIES_KEEP:
		return keep_change(c, v[0] != 0);
	case POSIX_CAPABILITIES_EXEC:
		*c = capabilities_after_exec(who);
		if (v[0] != 0) { /* no new privileges */
			c->permitted &= who->may.permitted;
			c->effective &= c->permitted;
		}
		return 0;
	default:
		return -EINVAL;
	}
}

int capabilities_set(struct process *p, uint32_t which, const uint64_t v[3],
		     struct credentials **made)
{
	struct capabilities now = p->who->may;
	int result = change(p->who, which, v, &now);

	*made = nullptr;
	if (result != 0 || capabilities_same(&now, &p->who->may))
		return result;
	*made = credentials_with(p->who, &now);
	if (*made == nullptr)
		return -ENOMEM;
	credentials_change(p, credentials_get(*made));
	return 0;
}
