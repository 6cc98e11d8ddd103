/* SPDX-License-Identifier: MPL-2.0 */
/* What a process may do beyond what its user ids allow: capabilities(7). */
#pragma once
#include <stdint.h>

struct credentials;
struct process;

/* Those that something here asks for, as linux/capability.h numbers them, and the last. */
enum capability : unsigned {
	CAP_CHOWN = 0,
	CAP_DAC_OVERRIDE = 1,
	CAP_DAC_READ_SEARCH = 2,
	CAP_FOWNER = 3,
	CAP_FSETID = 4,
	CAP_KILL = 5,
	CAP_SETGID = 6,
	CAP_SETUID = 7,
	CAP_SETPCAP = 8,
	CAP_LINUX_IMMUTABLE = 9,
	CAP_IPC_OWNER = 15,
	CAP_SYS_CHROOT = 18,
	CAP_SYS_PTRACE = 19,
	CAP_SYS_ADMIN = 21,
	CAP_SYS_BOOT = 22,
	CAP_SYS_NICE = 23,
	CAP_SYS_RESOURCE = 24,
	CAP_MKNOD = 27,
	CAP_MAC_OVERRIDE = 32,
	CAP_SYSLOG = 34,
	CAP_LAST = 40, /* CAP_CHECKPOINT_RESTORE */
};
constexpr uint64_t CAPABILITIES_ALL = (1ull << (CAP_LAST + 1)) - 1;

/* linux/securebits.h. Each of the first column has its lock one bit above. */
enum securebit : uint32_t {
	SECUREBIT_NO_ROOT = 1 << 0,  /* the user id 0 means nothing to exec */
	SECUREBIT_NO_FIXUP = 1 << 2, /* nor do changes of user ids to the sets */
	SECUREBIT_KEEP = 1 << 4,
	SECUREBIT_KEEP_LOCKED = 1 << 5,
	SECUREBIT_NO_RAISE = 1 << 6, /* the ambient set does not grow */
	SECUREBITS = 0x55,
	SECUREBITS_LOCKED = 0xaa,
};

/* Sets have bit N for the capability N. */
struct capabilities {
	uint64_t effective, permitted, inheritable, bounding, ambient;
	uint32_t securebits; /* enum securebit */
};

bool capable(const struct credentials *c, enum capability capability);

bool capabilities_same(const struct capabilities *a, const struct capabilities *b);

/* What a program begins with that no process started. */
struct capabilities capabilities_of_user(uint32_t uid);
/* The user ids, or the one for files alone, are no longer `old`'s: bring the sets in line. */
void capabilities_follow_ids(struct credentials *now, const struct credentials *old);
void capabilities_follow_files(struct credentials *now, const struct credentials *old);
/* What another program would begin with. No files have capabilities of their own. */
struct capabilities capabilities_after_exec(const struct credentials *c);

/* `which` as protocol/posix.fipc says of set_capabilities; on 0 the process has new credentials
 * in `*made`, with a reference for the caller, or nullptr if nothing is different. */
int capabilities_set(struct process *p, uint32_t which, const uint64_t v[3],
		     struct credentials **made);
