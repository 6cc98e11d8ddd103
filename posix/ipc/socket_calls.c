/* SPDX-License-Identifier: MPL-2.0 */
/* Sending and receiving messages, with descriptors and credentials; options. */
#include <linux/capability.h>
#include <linux/time_types.h>
#include <string.h>
#include <sys/socket.h>
#include "abi/user.h"
#include "posix/core/call.h"
#include "posix/core/guest.h"
#include "posix/core/memory.h"
#include "posix/core/process.h"
#include "posix/ipc/box.h"
#include "posix/ipc/socket.h"

constexpr unsigned RANGES_MOST = 1024; /* IOV_MAX */
constexpr uint64_t TRANSFER_MOST = 0x7ffff000;
constexpr size_t CONTROL_MOST = 8192; /* bytes of control messages that are looked at */
constexpr uint32_t SEND_FLAGS =
	MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR | MSG_MORE | MSG_CONFIRM | MSG_DONTROUTE;
constexpr uint32_t BUFFER_SIZE = 212992; /* SO_SNDBUF as Linux's wmem_default has it */

/* struct msghdr as the kernel has it. */
struct guest_message {
	uint64_t name;
	uint32_t name_len, pad;
	uint64_t ranges, nranges;
	uint64_t control, control_len;
	uint32_t flags, pad2;
};

struct guest_many {
	struct guest_message message;
	uint32_t len, pad;
};

/* A message in work; too large for a stack, and no larger than what it asks for. */
struct job {
	struct guest_message m;
	struct message_extra x;
	struct message_data data;
	size_t control_used;
	char *control;         /* room for as much as there is, at most CONTROL_MOST */
	struct iovec ranges[]; /* m.nranges, and then `control` */
};

static size_t control_room(const struct guest_message *m)
{
	return m->control_len < CONTROL_MOST ? m->control_len : CONTROL_MOST;
}

static int64_t ranges_read(struct job *w)
{
	if (guest_get(w->ranges, w->m.ranges, w->m.nranges * sizeof(struct iovec)) != 0)
		return -EFAULT;
	w->data = (struct message_data){ .ranges = w->ranges, .n = (unsigned)w->m.nranges };
	for (unsigned i = 0; i < w->data.n; i++) {
		if (!guest_ok((uint64_t)w->ranges[i].iov_base, w->ranges[i].iov_len))
			return -EFAULT;
		if (w->ranges[i].iov_len > TRANSFER_MOST - w->data.size)
			w->ranges[i].iov_len = TRANSFER_MOST - w->data.size;
		w->data.size += w->ranges[i].iov_len;
	}
	return 0;
}

static int64_t job_new(const struct guest_message *m, struct job **job)
{
	if (m->nranges > RANGES_MOST)
		return -EMSGSIZE;
	struct job *w = heap_new(sizeof(*w) + m->nranges * sizeof(struct iovec) + control_room(m));
	if (w == nullptr)
		return -ENOMEM;
	w->m = *m;
	w->control = (char *)(w->ranges + m->nranges);
	*job = w;
	return ranges_read(w);
}

/* --- Control messages --- */

static int64_t rights_read(struct job *w, const int *fds, size_t n)
{
	if (n + w->x.nrights > SOCKET_RIGHTS)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int64_t error = rights_stash(fds[i], &w->x.tokens[w->x.nrights]);
		if (error != 0)
			return error;
		w->x.nrights++;
	}
	return 0;
}

static int64_t credentials_read(struct job *w, const struct ucred *c)
{
	bool pid = c->pid == (pid_t)process.pid || process_can(CAP_SYS_ADMIN),
	     uid = c->uid == process.uid || c->uid == process.euid || c->uid == process.suid ||
		   process_can(CAP_SETUID),
	     gid = c->gid == process.gid || c->gid == process.egid || c->gid == process.sgid ||
		   process_can(CAP_SETGID);

	if (!pid || !uid || !gid)
		return -EPERM;
	w->x.pid = (uint32_t)c->pid;
	w->x.uid = c->uid;
	w->x.gid = c->gid;
	return 0;
}

static int64_t control_read_one(struct job *w, const struct cmsghdr *c, const void *data,
				size_t size)
{
	if (c->cmsg_level != SOL_SOCKET)
		return 0; /* other protocols' */
	if (c->cmsg_type == SCM_RIGHTS)
		return rights_read(w, data, size / sizeof(int));
	if (c->cmsg_type == SCM_CREDENTIALS && size == sizeof(struct ucred))
		return credentials_read(w, data);
	return -EINVAL;
}

static int64_t control_read(struct job *w)
{
	constexpr size_t HEAD = sizeof(uint64_t) + 2 * sizeof(int);

	if (w->m.control_len > CONTROL_MOST)
		return -ENOBUFS;
	if (guest_get(w->control, w->m.control, w->m.control_len) != 0)
		return -EFAULT;
	for (size_t at = 0; at + HEAD <= w->m.control_len;) {
		uint64_t len;
		struct cmsghdr c;
		memcpy(&len, w->control + at, sizeof(len));
		memcpy(&c, w->control + at, HEAD < sizeof(c) ? HEAD : sizeof(c));
		if (len < HEAD || len > w->m.control_len - at)
			return -EINVAL;
		int64_t error = control_read_one(w, &c, w->control + at + HEAD, len - HEAD);
		if (error != 0)
			return error;
		at += (len + 7) & ~7ull;
	}
	return 0;
}

/* Append one; false if there is no room for all of it. */
static bool control_add(struct job *w, int type, const void *data, size_t size)
{
	constexpr size_t HEAD = sizeof(uint64_t) + 2 * sizeof(int);
	uint64_t len = HEAD + size;
	int words[2] = { SOL_SOCKET, type };
	size_t room = control_room(&w->m);

	if (w->control_used + len > room)
		return false;
	char *at = w->control + w->control_used;
	memset(at, 0,
	       ((len + 7) & ~7ull) < room - w->control_used ? (len + 7) & ~7ull
							    : room - w->control_used);
	memcpy(at, &len, sizeof(len));
	memcpy(at + sizeof(len), words, sizeof(words));
	memcpy(at + HEAD, data, size);
	w->control_used += ((len + 7) & ~7ull) < room - w->control_used ? (len + 7) & ~7ull : len;
	return true;
}

/* As many of the descriptors as there is room for; the others are dropped. */
static bool rights_give(struct job *w, bool close_on_exec)
{
	constexpr size_t HEAD = sizeof(uint64_t) + 2 * sizeof(int);
	uint64_t left = w->m.control_len > w->control_used ? w->m.control_len - w->control_used : 0;
	uint64_t most = left > HEAD ? (left - HEAD) / sizeof(int) : 0;
	int fds[SOCKET_RIGHTS];
	uint32_t n = 0, i = 0;

	for (; i < w->x.nrights && n < most; i++) {
		int64_t fd = rights_fetch(w->x.tokens[i], close_on_exec);
		if (fd < 0)
			break;
		fds[n++] = (int)fd;
	}
	rights_drop(w->x.tokens + i, w->x.nrights - i);
	return (n == 0 || control_add(w, SCM_RIGHTS, fds, n * sizeof(int))) && n == w->x.nrights;
}

/* --- Sending --- */

/* With an address or without. */
static int64_t send_to(struct description *d, uint64_t name, uint32_t name_len,
		       struct message_data *data, const struct message_extra *x, uint32_t flags)
{
	if (name != 0 && name_len != 0 && socket_of(d)->type == SOCK_DGRAM)
		return box_send(d, name, name_len, data, x, flags);
	return socket_send(d, data, x, flags);
}

static int64_t send_message(struct description *d, struct job *w, uint32_t flags)
{
	const struct socket *s = socket_of(d);
	int64_t result = 0;

	if ((flags & MSG_OOB) != 0)
		return -EOPNOTSUPP;
	if ((flags & ~SEND_FLAGS) != 0)
		return -EINVAL;
	if (w->m.name_len != 0 && s->type == SOCK_STREAM)
		return s->state == SOCKET_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	message_extra_init(&w->x, s);
	if (w->m.control_len > 0)
		result = control_read(w);
	if (result == 0)
		result = send_to(d, w->m.name, w->m.name_len, &w->data, &w->x, flags);
	if (result < 0)
		rights_drop(w->x.tokens, w->x.nrights);
	return result;
}

static int64_t send_at(int fd, uint64_t message, uint32_t flags)
{
	int64_t error;
	struct description *d = socket_get(fd, &error);
	struct guest_message m;
	struct job *w = nullptr;

	if (error == 0)
		error = guest_get(&m, message, sizeof(m));
	if (error == 0)
		error = job_new(&m, &w);
	if (error == 0)
		error = send_message(d, w, flags);
	heap_free(w);
	description_drop(d);
	return error;
}

CALL3(sendmsg, int, fd, uint64_t, message, uint32_t, flags)
{
	return send_at(fd, message, flags);
}

/* Without control messages: nothing large is needed. */
CALL6(sendto, int, fd, uint64_t, from, uint64_t, size, uint32_t, flags, uint64_t, name, uint32_t,
      name_len)
{
	struct iovec range = { (void *)from, size < TRANSFER_MOST ? size : TRANSFER_MOST };
	struct message_data data = { &range, 1, range.iov_len };
	struct message_extra x;
	int64_t error;
	struct description *d = socket_get(fd, &error);

	if (error == 0 && !guest_ok(from, range.iov_len))
		error = -EFAULT;
	else if (error == 0 && (flags & ~SEND_FLAGS) != 0)
		error = (flags & MSG_OOB) != 0 ? -EOPNOTSUPP : -EINVAL;
	else if (error == 0 && name != 0 && name_len != 0 && socket_of(d)->type == SOCK_STREAM)
		error = socket_of(d)->state == SOCKET_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	if (error == 0) {
		message_extra_init(&x, socket_of(d));
		error = send_to(d, name, name_len, &data, &x, flags);
	}
	description_drop(d);
	return error;
}

CALL4(sendmmsg, int, fd, uint64_t, many, uint32_t, n, uint32_t, flags)
{
	uint32_t done = 0;

	for (; done < n && done < RANGES_MOST; done++) {
		uint64_t at = many + done * sizeof(struct guest_many);
		int64_t sent = send_at(fd, at, flags);
		uint32_t len = (uint32_t)sent;
		if (sent >= 0 &&
		    guest_put(at + offsetof(struct guest_many, len), &len, sizeof(len)) != 0)
			sent = -EFAULT;
		if (sent < 0)
			return done > 0 ? (int64_t)done : sent;
	}
	return done;
}

/* --- Receiving --- */

static int64_t name_give(struct job *w)
{
	uint32_t room = w->m.name_len, len = w->x.from_len;

	if (w->m.name == 0)
		return 0;
	w->m.name_len = len;
	return guest_put(w->m.name, w->x.from, len < room ? len : room);
}

static int64_t extras_give(struct description *d, struct job *w, uint64_t n, uint32_t flags)
{
	struct ucred c = { (pid_t)w->x.pid, w->x.uid, w->x.gid };
	uint32_t told = 0;

	if (socket_of(d)->passes_credentials && !control_add(w, SCM_CREDENTIALS, &c, sizeof(c)))
		told |= MSG_CTRUNC;
	if (w->x.nrights > 0 && !rights_give(w, (flags & MSG_CMSG_CLOEXEC) != 0))
		told |= MSG_CTRUNC;
	if (w->x.whole > n)
		told |= MSG_TRUNC;
	if (socket_of(d)->type == SOCK_SEQPACKET && w->x.whole != 0)
		told |= MSG_EOR;
	if (w->control_used > 0 && guest_put(w->m.control, w->control, w->control_used) != 0)
		return -EFAULT;
	w->m.control_len = w->control_used;
	w->m.flags = told;
	return name_give(w);
}

static int64_t receive_at(int fd, uint64_t message, uint32_t flags)
{
	int64_t error;
	struct description *d = socket_get(fd, &error);
	struct guest_message m;
	struct job *w = nullptr;
	int64_t n = error;

	if (n == 0)
		n = guest_get(&m, message, sizeof(m));
	if (n == 0)
		n = job_new(&m, &w);
	if (n == 0 && (flags & MSG_OOB) != 0)
		n = socket_of(d)->type == SOCK_STREAM ? -EINVAL : -EOPNOTSUPP;
	if (n == 0)
		n = socket_receive(d, &w->data, &w->x, flags);
	if (n >= 0 && w != nullptr && (error = extras_give(d, w, (uint64_t)n, flags)) == 0)
		error = guest_put(message, &w->m, sizeof(w->m));
	if (n >= 0 && w != nullptr && error == 0 && (flags & MSG_TRUNC) != 0 &&
	    w->x.whole > (uint64_t)n)
		n = (int64_t)w->x.whole;
	heap_free(w);
	description_drop(d);
	return error < 0 ? error : n;
}

CALL3(recvmsg, int, fd, uint64_t, message, uint32_t, flags)
{
	return receive_at(fd, message, flags);
}

CALL6(recvfrom, int, fd, uint64_t, to, uint64_t, size, uint32_t, flags, uint64_t, name, uint64_t,
      name_len)
{
	struct iovec range = { (void *)to, size < TRANSFER_MOST ? size : TRANSFER_MOST };
	struct message_data data = { &range, 1, range.iov_len };
	struct message_extra x;
	uint32_t room = 0;
	int64_t error;
	struct description *d = socket_get(fd, &error);

	x.nrights = x.from_len = 0;
	x.whole = 0;
	if (error == 0 && !guest_ok(to, range.iov_len))
		error = -EFAULT;
	else if (error == 0 && (flags & MSG_OOB) != 0)
		error = socket_of(d)->type == SOCK_STREAM ? -EINVAL : -EOPNOTSUPP;
	else if (error == 0 && name != 0 && guest_get(&room, name_len, sizeof(room)) != 0)
		error = -EFAULT;
	if (error == 0)
		error = socket_receive(d, &data, &x, flags);
	if (error >= 0)
		rights_drop(x.tokens, x.nrights); /* there is nowhere to put them */
	if (error >= 0 && name != 0 &&
	    (guest_put(name, x.from, x.from_len < room ? x.from_len : room) != 0 ||
	     guest_put(name_len, &x.from_len, sizeof(x.from_len)) != 0))
		error = -EFAULT;
	if (error >= 0 && (flags & MSG_TRUNC) != 0 && x.whole > (uint64_t)error)
		error = (int64_t)x.whole;
	description_drop(d);
	return error;
}

CALL5(recvmmsg, int, fd, uint64_t, many, uint32_t, n, uint32_t, flags, uint64_t, timeout)
{
	uint32_t done = 0;

	(void)timeout; /* as on Linux it is only looked at between messages; none is waited for
			  after the first */
	for (; done < n && done < RANGES_MOST; done++) {
		uint64_t at = many + done * sizeof(struct guest_many);
		int64_t got = receive_at(
			fd, at,
			flags | (done > 0 && (flags & MSG_WAITFORONE) != 0 ? MSG_DONTWAIT : 0));
		uint32_t len = (uint32_t)got;
		if (got >= 0 &&
		    guest_put(at + offsetof(struct guest_many, len), &len, sizeof(len)) != 0)
			got = -EFAULT;
		if (got < 0)
			return done > 0 ? (int64_t)done : got;
	}
	return done;
}

/* --- Shutdown and options --- */

CALL2(shutdown, int, fd, uint32_t, how)
{
	int64_t error;
	struct description *d = socket_get(fd, &error);

	if (error == 0 && how > SHUT_RDWR)
		error = -EINVAL;
	else if (error == 0 && box_is_used(d))
		box_shutdown(d, how != SHUT_WR, how != SHUT_RD);
	else if (error == 0 && socket_of(d)->state != SOCKET_CONNECTED)
		error = -ENOTCONN;
	else if (error == 0)
		socket_end(d, how != SHUT_WR, how != SHUT_RD);
	description_drop(d);
	return error;
}

static int64_t peer_credentials(const struct socket *s, struct ucred *c)
{
	*c = (struct ucred){ 0, UINT32_MAX, UINT32_MAX };
	if (s->state == SOCKET_CONNECTED) {
		const struct socket_side *peer = &s->shared->side[!s->side];
		*c = (struct ucred){ (pid_t)peer->pid, peer->uid, peer->gid };
	}
	return 0;
}

static void timeout_of(uint64_t ns, int64_t to[2])
{
	to[0] = (int64_t)(ns / 1'000'000'000);
	to[1] = (int64_t)(ns % 1'000'000'000 / 1000);
}

/* The value and its size; 0: no such option. */
static size_t option_get(const struct socket *s, int option, void *value)
{
	int *n = value;

	switch (option) {
	case SO_TYPE:
		return *n = (int)s->type, sizeof(int);
	case SO_DOMAIN:
		return *n = AF_UNIX, sizeof(int);
	case SO_PROTOCOL:
	case SO_ERROR:
	case SO_REUSEADDR:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
		return *n = 0, sizeof(int);
	case SO_SNDBUF:
	case SO_RCVBUF:
		return *n = (int)BUFFER_SIZE, sizeof(int);
	case SO_ACCEPTCONN:
		return *n = s->state == SOCKET_LISTENING, sizeof(int);
	case SO_PASSCRED:
		return *n = s->passes_credentials, sizeof(int);
	case SO_RCVTIMEO:
		return timeout_of(s->receive_limit, value), 2 * sizeof(int64_t);
	case SO_SNDTIMEO:
		return timeout_of(s->send_limit, value), 2 * sizeof(int64_t);
	case SO_PEERCRED:
		return peer_credentials(s, value), sizeof(struct ucred);
	default:
		return 0;
	}
}

CALL5(getsockopt, int, fd, int, level, int, option, uint64_t, to, uint64_t, to_len)
{
	alignas(8) char value[16];
	uint32_t room;
	int64_t error;
	struct description *d = socket_get(fd, &error);
	size_t n = error == 0 && level == SOL_SOCKET ? option_get(socket_of(d), option, value) : 0;

	if (error == 0 && n == 0)
		error = level == SOL_SOCKET ? -ENOPROTOOPT : -EOPNOTSUPP;
	if (error == 0)
		error = guest_get(&room, to_len, sizeof(room));
	if (error == 0 && (int32_t)room < 0)
		error = -EINVAL;
	if (error == 0) {
		if (room > n)
			room = (uint32_t)n;
		error = guest_put(to, value, room) != 0 ? -EFAULT
							: guest_put(to_len, &room, sizeof(room));
	}
	description_drop(d);
	return error;
}

static int64_t limit_set(uint64_t from, uint32_t len, uint64_t *limit)
{
	int64_t t[2];

	if (len < sizeof(t))
		return -EINVAL;
	if (guest_get(t, from, sizeof(t)) != 0)
		return -EFAULT;
	if (t[1] < 0 || t[1] >= 1'000'000)
		return -EDOM;
	*limit = t[0] < 0 ? 1 : (uint64_t)t[0] * 1'000'000'000 + (uint64_t)t[1] * 1000;
	return 0;
}

static int64_t option_set(struct socket *s, int option, uint64_t from, uint32_t len)
{
	int value;

	if (option == SO_RCVTIMEO)
		return limit_set(from, len, &s->receive_limit);
	if (option == SO_SNDTIMEO)
		return limit_set(from, len, &s->send_limit);
	if (len < sizeof(value))
		return -EINVAL;
	if (guest_get(&value, from, sizeof(value)) != 0)
		return -EFAULT;
	switch (option) {
	case SO_PASSCRED:
		s->passes_credentials = value != 0;
		return 0;
	case SO_SNDBUF: /* hints: the rings have one size */
	case SO_RCVBUF:
	case SO_REUSEADDR: /* without meaning for AF_UNIX */
	case SO_REUSEPORT:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
	case SO_LINGER:
	case SO_DONTROUTE:
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

CALL5(setsockopt, int, fd, int, level, int, option, uint64_t, from, uint32_t, len)
{
	int64_t error;
	struct description *d = socket_get(fd, &error);

	if (error == 0)
		error = level == SOL_SOCKET ? option_set(socket_of(d), option, from, len)
					    : -EOPNOTSUPP;
	description_drop(d);
	return error;
}
