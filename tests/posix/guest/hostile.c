/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Clients that mean harm: processes that speak with posixd, the file servers and ttyd by native
 * calls of their own, send them nonsense, end in the midst of conversations, and take all they can
 * get. Only they may suffer: afterwards each service has the handles and the memory that it had.
 * For Futura alone. HOSTILE_PLACE is a folder on a volume: then they work with files there, and
 * fsd's handles and memory are looked at.
 */
#include "abi/user.h"
#include "lib/futura/message.h"
#include "protocol/door.h"
#include "protocol/file.h"
#include "protocol/posix.h"
#include "protocol/tty.h"
#include "protocol/worlds.h"
#include "tests/posix/check.h"
#include <sys/mman.h>
#include <time.h>

constexpr unsigned USER = 1000;
constexpr unsigned SESSIONS = 64;
constexpr uint64_t PATIENCE_NS = 50'000'000; /* of a message that is not answered */

static const char *const services[] = { "posixd", "ramfsd", "ttyd", "controld", "registryd" };
constexpr unsigned NSERVICES = sizeof(services) / sizeof(*services);

static const char *service(unsigned i)
{
	return getenv("HOSTILE_PLACE") == nullptr ? services[i] : "fsd";
}

/* --- Books --- */

struct books {
	long handles[NSERVICES], kib[NSERVICES];
	long tasks; /* processes of ours */
};

static struct books books_read(void)
{
	struct books b = {};
	FILE *f = fopen("/run/futura/tasks", "r");
	char line[256], name[64];
	long handles, kib;

	CHECK(f != nullptr);
	while (fgets(line, sizeof(line), f) != nullptr) {
		if (sscanf(line, "%*s alive %*s %ld %ld %*s %*s %*s %63s", &handles, &kib, name) !=
		    3)
			continue;
		b.tasks += strcmp(name, "posix") == 0;
		for (unsigned i = 0; i < NSERVICES; i++)
			if (strcmp(name, service(i)) == 0) {
				b.handles[i] += handles;
				b.kib[i] += kib;
			}
	}
	fclose(f);
	return b;
}

/* Tasks end a moment after who waited for them was told. */
static bool books_agree(const struct books *before, long slack)
{
	struct books now = books_read();

	for (unsigned i = 0; i < NSERVICES; i++)
		if (now.handles[i] > before->handles[i] || now.kib[i] > before->kib[i] + slack)
			return false;
	return now.tasks <= before->tasks;
}

static void books_balance(const struct books *before, long slack)
{
	for (unsigned tries = 0; tries < 2000 && !books_agree(before, slack); tries++)
		usleep(5'000);
	struct books now = books_read();
	for (unsigned i = 0; i < NSERVICES; i++)
		if (now.handles[i] > before->handles[i] || now.kib[i] > before->kib[i] + slack)
			check_fail(__FILE__, __LINE__, "%s: %ld handles, %ld KiB; before %ld, %ld",
				   service(i), now.handles[i], now.kib[i], before->handles[i],
				   before->kib[i]);
	CHECK_EQ(now.tasks, before->tasks);
}

/* --- What a process has --- */

static struct {
	fut_handle session[SESSIONS];
	uint64_t badge[SESSIONS];
	unsigned n;
} own;

static void sessions_list(void)
{
	FILE *f = fopen("/proc/self/handles", "r");
	char line[256];
	unsigned handle;

	CHECK(f != nullptr);
	own.n = 0;
	while (own.n < SESSIONS && fgets(line, sizeof(line), f) != nullptr)
		if (strstr(line, "session") != nullptr && strstr(line, "send") != nullptr &&
		    sscanf(line, "%x", &handle) == 1)
			own.session[own.n++] = handle;
	fclose(f);
}

/* posixd may not have been told yet that a new child runs. */
static void sessions_find(void)
{
	CHECK_SOON((sessions_list(), own.n > 0));
}

/* The session that knows our pid. */
static struct remote posixd_find(void)
{
	for (unsigned i = 0; i < own.n; i++) {
		struct remote r = { .session = own.session[i] };
		uint32_t group, session;
		int32_t outcome;
		if (posix_group(&r, 0, &outcome, &group, &session) == OK &&
		    session == (uint32_t)getsid(0))
			return r;
	}
	check_fail(__FILE__, __LINE__, "no session with posixd");
}

static const char *place(void)
{
	const char *at = getenv("HOSTILE_PLACE");

	return at != nullptr ? at : "/tmp";
}

/* A session of a directory in which a file can be made, to speak file.fipc with. */
static struct remote directory_find(void)
{
	for (unsigned i = 0; i < own.n; i++) {
		struct remote r = { .session = own.session[i] };
		char path[4096];
		int32_t outcome;
		size_t n;
		if (file_place(&r, &outcome, path, sizeof(path), &n) == OK && outcome >= 0 &&
		    n >= 8 && memcmp(path + n - 8, "/hostile", 8) == 0)
			return r;
	}
	check_fail(__FILE__, __LINE__, "no session with a directory");
}

/* --- Nonsense --- */

static uint64_t state;

static uint64_t draw(uint64_t below)
{
	state ^= state << 13; /* xorshift64 */
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static uint64_t draw_word(unsigned nbytes)
{
	static const uint64_t edges[] = { 0,     1,          2,          4095,       4096,
					  65536, 1ull << 31, 1ull << 32, 1ull << 63, ~0ull };

	switch (draw(6)) {
	case 0:
		return edges[draw(sizeof(edges) / sizeof(*edges))];
	case 1:
		return nbytes;
	case 2:
		return draw(1ull << 62);
	case 3:
		return own.session[draw(own.n)];
	default:
		return draw(64);
	}
}

static fut_handle draw_handle(void)
{
	static fut_handle kinds[6];
	fut_handle other, copy = 0;

	if (kinds[0] == 0) {
		(void)fut_event_create(&kinds[0]);
		(void)fut_vmo_create(4096 * (1 + draw(80)), 0, &kinds[1]);
		(void)fut_event_create_pair(&kinds[2], &other);
		(void)fut_waitset_create(&kinds[3]);
		(void)fut_port_create(&kinds[4]);
		(void)fut_session_create(kinds[4], draw(1ull << 60), &kinds[5]);
	}
	fut_handle h = draw(3) == 0 ? own.session[draw(own.n)] : kinds[draw(6)];
	(void)fut_handle_duplicate(h, draw(3) == 0 ? (uint32_t)draw(RIGHTS_ALL) : RIGHTS_ALL,
				   &copy);
	return copy; /* 0 if that was not allowed */
}

static void draw_bytes(char *page, unsigned n)
{
	static const char *const names[] = { "a", "..", "/", "a/b", "/tmp/x", "", ".", "self" };

	for (unsigned i = 0; i < n; i += 8) {
		uint64_t word = draw(2) ? draw(256) : draw(~0ull);
		memcpy(page + i, &word, 8);
	}
	if (draw(2) == 0 && n >= 16)
		strcpy(page + (draw(3) == 0 ? 8 : 0), names[draw(8)]);
}

static void draw_grants(unsigned n)
{
	static char room[1 << 16];
	struct control *c = native_control();

	for (unsigned i = 0; i < n; i++)
		c->grants[i] = (struct grant){
			draw(3) ? (uint64_t)room + draw(4096) : draw(1ull << 48),
			draw(70'000) | draw(4) << 62,
		};
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1'000'000'000 + (uint64_t)t.tv_nsec;
}

static void send_nonsense(void)
{
	static const uint16_t protocols[] = { POSIX_PROTOCOL,
					      FILE_PROTOCOL,
					      DOOR_PROTOCOL,
					      TTY_PROTOCOL,
					      20,
					      21,
					      WORLDS_PROTOCOL,
					      2,
					      25,
					      1,
					      4,
					      0xfff0 };
	static const unsigned sizes[] = { 0, 8, 16, 40, 48, 56, 64, 112, 256, 1024, 4000, 4096 };
	unsigned nbytes = draw(8) ? sizes[draw(12)] : (unsigned)draw(4097), nhandles = 0;
	unsigned ngrants = (unsigned)draw(4) == 0 ? (unsigned)draw(3) : 0;
	struct control *c = native_control();

	for (unsigned wanted = (unsigned)draw(4); nhandles < wanted; nhandles++)
		if ((c->handles[nhandles] = draw_handle()) == 0)
			break;
	draw_bytes((char *)message_page(), nbytes & ~7u);
	draw_grants(ngrants);
	uint16_t protocol = draw(16) ? protocols[draw(12)] : (uint16_t)draw(65536);
	uint16_t method = draw(8) ? (uint16_t)draw(52) : (uint16_t)draw(65536);
	struct message m = { .tag = tag_make(protocol, method, nbytes, nhandles, ngrants) };
	if (draw(64) == 0)
		m.tag ^= 1ull << draw(64);
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		m.word[i] = draw_word(nbytes);
	fut_handle to = own.session[draw(own.n)];
	(void)ipc_call(to, &m, now_ns() + PATIENCE_NS);
}

/* Open one of each kind that has a server, so that there are sessions. */
static void open_all(void)
{
	struct stat st;
	int p[2];

	(void)!mkfifo("fifo", 0666);
	(void)!open("fifo", O_RDWR);
	(void)!open("file", O_RDWR | O_CREAT, 0666);
	(void)!open("/proc/self/status", O_RDONLY);
	(void)!open("/proc", O_RDONLY);
	(void)!open("/run/futura", O_RDONLY);
	(void)!open("/run/futura/services", O_RDONLY);
	(void)!open("/dev/null", O_RDWR);
	(void)!open("/dev", O_RDONLY);
	(void)!pipe(p);
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
		(void)!open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK_EQ(stat("file", &st), 0);
}

static void be_hostile(uint64_t seed, unsigned messages)
{
	state = seed * 0x9e3779b97f4a7c15 + 1;
	for (unsigned i = 0; i < 8; i++)
		(void)draw(2);
	open_all();
	CHECK_EQ(setgid(USER), 0);
	CHECK_EQ(setuid(USER), 0);
	sessions_find();
	for (unsigned i = 0; i < messages; i++)
		send_nonsense();
	(void)fut_task_exit(0);
}

/* It may have ended us, waited for itself, or asked to be stopped. */
static void end_of(pid_t pid)
{
	for (unsigned i = 0; i < 1500; i++) {
		if (waitpid(pid, nullptr, WNOHANG) == pid)
			return;
		usleep(2'000);
	}
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, nullptr, 0), pid);
}

/* The services do their work for others. */
static void all_is_well(void)
{
	char *argv[] = { "sh", "-c", "echo x >../well && cat ../well && rm ../well", nullptr };
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	CHECK(master >= 0);
	CHECK_EQ(unlockpt(master), 0);
	int end = open(ptsname(master), O_RDWR | O_NOCTTY);
	char c;
	CHECK_EQ(write(end, "t", 1), 1);
	CHECK_EQ(read(master, &c, 1), 1);
	close(end);
	close(master);
	pid_t pid = fork();
	if (pid == 0) {
		execv("/bin/sh", argv);
		_exit(127);
	}
	CHECK_EQ(check_wait(pid), 0);
}

static void hostile_folder(void)
{
	CHECK_EQ(chdir(place()), 0);
	CHECK(mkdir("hostile", 0777) == 0 || errno == EEXIST);
	CHECK_EQ(chmod("hostile", 0777), 0);
	CHECK_EQ(chdir("hostile"), 0);
}

TEST(nonsense_harms_nobody)
{
	constexpr unsigned ROUNDS = 6, WARM = 3, MESSAGES = 2'000;
	struct books before = {};

	hostile_folder();
	for (unsigned i = 0; i < WARM + ROUNDS; i++) {
		if (i == WARM) {
			all_is_well();
			usleep(100'000);
			before = books_read();
		}
		pid_t pid = fork();
		if (pid == 0)
			be_hostile(i + 1, MESSAGES);
		end_of(pid);
		(void)unlink("fifo");
		(void)unlink("file");
	}
	all_is_well();
	books_balance(&before, 256);
}

/* --- All they can get --- */

static enum err take_one(unsigned kind, struct remote *p, struct remote *d, unsigned i)
{
	fut_handle h, h2;
	uint64_t token, node, size;
	uint32_t a, b;
	int32_t outcome = 0;
	char rest[4096], name[16];
	size_t n;
	enum err e;

	switch (kind) {
	case 0:
		(void)fut_event_create_pair(&h, &h2);
		e = posix_stash(p, "x", 1, h, h2, &outcome, &token);
		break;
	case 1:
		e = posix_listen(p, 1, 1, &h, &h2);
		break;
	case 2:
		e = posix_fork(p, 0, SIGCHLD, &h, &outcome, &a);
		break;
	case 3:
		e = file_open(d, FILE_OPEN_READ | FILE_OPEN_WRITE | FILE_CREATE, 0666, "f", 1, &h,
			      &outcome, &a, &node, &size, &b, rest, sizeof(rest), &n);
		break;
	case 4:
		e = file_owner(d, &h, &token, &outcome);
		break;
	case 5:
		n = (size_t)sprintf(name, "n%u", i);
		e = file_make(d, S_IFREG | 0666, 0, 0, name, n, nullptr, 0, &node, &outcome, rest,
			      sizeof(rest), &n);
		break;
	case 6:
		e = posix_timer(p, i, SIGALRM, 0, now_ns() + 1'000'000'000'000, 0, 0, &token, &node,
				&outcome);
		break;
	case 7:
		e = posix_tids(p, 8, &outcome, &a);
		break;
	default:
		e = open("/dev/ptmx", O_RDWR | O_NOCTTY) >= 0 ? OK : ERR_FULL;
	}
	return e != OK ? e : outcome < 0 ? ERR_FULL : OK;
}
constexpr unsigned KINDS = 9, MOST = 6'000;

/* The last thing it does is to ask whether others are still served. */
static void take_all(unsigned kind)
{
	sessions_find();
	struct remote p = posixd_find(), d = directory_find();
	unsigned i = 0;

	while (i < MOST && take_one(kind, &p, &d, i) == OK)
		i++;
	uint32_t group, session;
	int32_t outcome;
	char path[4096];
	size_t n;
	bool served = posix_group(&p, 0, &outcome, &group, &session) == OK &&
		      file_place(&d, &outcome, path, sizeof(path), &n) == OK;
	_exit(served ? 0 : 1);
}

/* --- Ends in the midst of a conversation --- */

static int left; /* messages until the end; -1: none */

/* After each message. */
static void step(void)
{
	if (left >= 0 && left-- == 0)
		(void)fut_task_exit(0);
}

static void speak_of_children(struct remote *p)
{
	fut_handle session, task;
	int32_t outcome;
	uint32_t pid, copy, first, serial;

	(void)posix_fork(p, 0, SIGCHLD, &session, &outcome, &pid);
	step();
	if (fut_task_clone(0, &task, &copy) == OK && copy != 0) {
		(void)fut_thread_sleep(now_ns() + 5'000'000);
		(void)fut_task_exit(0);
	}
	step();
	(void)posix_forked(p, pid, task, &outcome);
	step();
	(void)posix_pidfd(p, pid, &task, &outcome, &serial);
	step();
	(void)posix_fork(p, 0, SIGCHLD, &session, &outcome, &pid);
	step();
	(void)posix_tids(p, 8, &outcome, &first);
	step();
	(void)posix_new_session(p, &outcome);
	step();
	(void)posix_ticket(p, 0x8800, &session, &outcome);
	step();
}

static void speak_of_descriptors(struct remote *p)
{
	fut_handle a, b;
	uint64_t token, second;
	int32_t outcome;
	char kind[256];
	size_t n;

	(void)fut_event_create_pair(&a, &b);
	(void)posix_stash(p, "kind", 4, a, b, &outcome, &token);
	step();
	(void)fut_event_create(&a);
	(void)posix_stash(p, "second", 6, a, 0, &outcome, &second);
	step();
	(void)posix_fetch(p, token ^ 1, &a, &b, kind, sizeof(kind), &n);
	step();
	(void)posix_fetch(p, token, &a, &b, kind, sizeof(kind), &n);
	step();
	(void)posix_drop(p, second);
	step();
}

static void speak_of_sockets(struct remote *p)
{
	struct remote door = {}, listener = {};
	fut_handle memory, event, other;
	uint32_t type = 1;
	uint64_t box;
	int32_t outcome;
	char kind[256], name[] = "\0hostile";
	size_t n;

	(void)posix_listen(p, 3, type, &door.session, &listener.session);
	step();
	(void)door_name(&listener, name, sizeof(name), &outcome);
	step();
	(void)door_listening(&listener, &event, &outcome);
	step();
	for (unsigned i = 0; i < 2; i++) {
		(void)fut_vmo_create(4096, 0, &memory);
		(void)fut_event_create_pair(&event, &other);
		uint32_t pid, uid, gid;
		(void)door_connect(&door, &type, sizeof(type), memory, event, &outcome, &pid, &uid,
				   &gid);
		step();
	}
	(void)door_accept(&listener, &memory, &event, kind, sizeof(kind), &n);
	step();
	(void)posix_listen(p, 3, 2, &door.session, &listener.session);
	step();
	(void)fut_vmo_create(4096, 0, &memory);
	(void)fut_event_create_pair(&event, &other);
	(void)door_receive(&listener, memory, event, &box, &outcome);
	step();
	(void)door_sender(&door, &memory, &event);
	step();
}

static void speak_of_files(struct remote *d)
{
	struct remote f = {};
	uint64_t node, size, owner, start, length;
	uint32_t slot, mode, lent, pid, type;
	int32_t outcome;
	fut_handle h;
	char rest[4096];
	size_t n;

	(void)file_open(d, FILE_OPEN_READ | FILE_OPEN_WRITE | FILE_CREATE, 0666, "f", 1, &f.session,
			&outcome, &slot, &node, &size, &mode, rest, sizeof(rest), &n);
	step();
	(void)file_states(d, slot / FILE_SLOTS_PER_TABLE, &h, &outcome);
	step();
	(void)file_owner(d, &h, &owner, &outcome);
	step();
	(void)file_lock(&f, owner, 0, 10, FILE_LOCK_EXCLUSIVE, FILE_LOCK_RECORD, 1, &start, &length,
			&pid, &type, &outcome);
	step();
	(void)file_lock(&f, 0, 0, 0, FILE_LOCK_SHARED, FILE_LOCK_WHOLE, 1, &start, &length, &pid,
			&type, &outcome);
	step();
	(void)file_ready(&f, &h, &outcome);
	step();
	(void)file_contents(&f, 1, &h, &outcome, &lent);
	step();
	(void)file_size_page(&f, &h, &outcome);
	step();
	(void)file_use(&f, &h, &outcome);
	step();
	(void)file_open(d, FILE_OPEN_READ | FILE_OPEN_WRITE | FILE_TEMPORARY | FILE_SEALABLE, 0600,
			".", 1, &f.session, &outcome, &slot, &node, &size, &mode, rest,
			sizeof(rest), &n);
	step();
	(void)file_open(d, FILE_PATH, 0, "f", 1, &f.session, &outcome, &slot, &node, &size, &mode,
			rest, sizeof(rest), &n);
	step();
}

static void speak_of_fifos(struct remote *d)
{
	struct remote f = {};
	uint64_t node, size;
	uint32_t slot, mode, seen;
	int32_t outcome;
	fut_handle memory, event, door, port;
	char rest[4096];
	size_t n;

	(void)file_make(d, S_IFIFO | 0666, 0, 0, "p", 1, nullptr, 0, &node, &outcome, rest,
			sizeof(rest), &n);
	step();
	(void)file_open(d, FILE_OPEN_READ, 0, "p", 1, &f.session, &outcome, &slot, &node, &size,
			&mode, rest, sizeof(rest), &n);
	step();
	(void)file_pipe(&f, &memory, &event, &seen);
	step();
	(void)file_open(d, FILE_OPEN_WRITE, 0, "p", 1, &f.session, &outcome, &slot, &node, &size,
			&mode, rest, sizeof(rest), &n);
	step();
	(void)file_remove(d, 0, "p", 1, &node, &outcome, rest, sizeof(rest), &n);
	step();
	(void)fut_port_create(&port);
	(void)fut_session_create(port, 1, &door);
	(void)file_bind(d, S_IFSOCK | 0666, "s", 1, door, &node, &outcome, rest, sizeof(rest), &n);
	step();
	(void)file_door(d, "s", 1, &door, &outcome, &node, rest, sizeof(rest), &n);
	step();
	(void)file_remove(d, 0, "s", 1, &node, &outcome, rest, sizeof(rest), &n);
	step();
}

static void speak_of_terminals(struct remote *p)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct remote t = {};
	fut_handle ticket, place;
	uint32_t slot;
	int32_t outcome;

	sessions_find();
	t.session = own.session[own.n - 1];
	step();
	(void)tty_peer(&t, 2, &place, &outcome, &slot);
	step();
	(void)posix_new_session(p, &outcome);
	step();
	(void)posix_ticket(p, 0x8800, &ticket, &outcome);
	step();
	(void)tty_acquire(&t, 0, (uint32_t)getpid(), (uint32_t)getpid(), ticket, &place, &outcome);
	step();
	(void)tty_reopen(&t, 2, &place, &outcome, &slot);
	step();
	close(master);
}

static void speak_of_worlds(struct remote *p, const struct remote *d)
{
	static const char strings[] = "\1\0\0\0\0\0\0\0/bin/sh"; /* one argument */
	struct remote w = {};
	fut_handle copy, h;
	int32_t outcome;
	uint32_t pid;

	(void)fut_handle_duplicate(d->session, RIGHTS_ALL, &copy);
	(void)posix_world(p, 0, 0, copy, &w.session, &outcome);
	step();
	(void)fut_event_create(&h);
	(void)worlds_descriptor(&w, 0, "x", 1, h, 0, &outcome);
	step();
	(void)worlds_start(&w, 0, 0, 1, "/", 1, strings, sizeof(strings), &h, &outcome, &pid);
	step();
}

static void converse(unsigned which)
{
	sessions_find();
	struct remote p = posixd_find(), d = directory_find();

	switch (which) {
	case 0:
		return speak_of_children(&p);
	case 1:
		return speak_of_descriptors(&p);
	case 2:
		return speak_of_sockets(&p);
	case 3:
		return speak_of_files(&d);
	case 4:
		return speak_of_fifos(&d);
	case 5:
		return speak_of_terminals(&p);
	default:
		return speak_of_worlds(&p, &d);
	}
}
constexpr unsigned CONVERSATIONS = 7, STEPS = 13;

/* After each of its messages once, and after all. */
static void all_ends(void)
{
	for (unsigned which = 0; which < CONVERSATIONS; which++)
		for (int n = -1; n < (int)STEPS; n++) {
			pid_t pid = fork();
			if (pid == 0) {
				left = n;
				converse(which);
				(void)fut_task_exit(0);
			}
			end_of(pid);
		}
	(void)unlink("f");
	(void)unlink("p");
	(void)unlink("s");
}

/*
 * Descriptors that were sent wait at posixd for who receives them, though their sender has ended:
 * the oldest such go when there are too many. So be it from the start, and let each be of those
 * that take most handles, or one that takes fewer might make room for one that takes more.
 */
static void fill_stash(void)
{
	pid_t pid = fork();

	if (pid == 0)
		take_all(0);
	CHECK_EQ(check_wait(pid), 0);
}

TEST(an_end_after_any_message_leaves_nothing)
{
	hostile_folder();
	all_ends();
	all_is_well();
	fill_stash();
	usleep(200'000);
	struct books before = books_read();
	for (unsigned i = 0; i < 2; i++)
		all_ends();
	all_is_well();
	books_balance(&before, 128);
}

/* At any moment, too: in the midst of a message. */
static void all_kills(unsigned each)
{
	for (unsigned i = 0; i < CONVERSATIONS * each; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			left = -1;
			for (;;)
				converse(i % CONVERSATIONS);
		}
		usleep((unsigned)draw(12'000));
		CHECK_EQ(kill(pid, SIGKILL), 0);
		CHECK_EQ(waitpid(pid, nullptr, 0), pid);
	}
	(void)unlink("f");
	(void)unlink("p");
	(void)unlink("s");
}

TEST(a_kill_at_any_moment_leaves_nothing)
{
	state = 20260101;
	hostile_folder();
	all_kills(2);
	all_is_well();
	fill_stash();
	usleep(200'000);
	struct books before = books_read();
	all_kills(6);
	all_is_well();
	books_balance(&before, 128);
}

static void all_takes(void)
{
	char name[16];

	for (unsigned kind = 0; kind < KINDS; kind++) {
		pid_t pid = fork();
		if (pid == 0)
			take_all(kind);
		CHECK_EQ(check_wait(pid), 0);
		for (unsigned i = 0; kind == 5 && i < MOST; i++) {
			sprintf(name, "n%u", i);
			if (unlink(name) != 0)
				break;
		}
	}
	(void)unlink("f");
}

TEST(limits_hold_and_all_comes_back)
{
	hostile_folder();
	all_takes();
	all_is_well();
	usleep(200'000);
	struct books before = books_read();
	all_takes();
	all_is_well();
	books_balance(&before, 512);
}

/* One that reads into its memory until there is no more is told so, however it reads. */
TEST(a_call_that_finds_no_memory_says_so)
{
	constexpr size_t ALL = 1ull << 33, PIECE = 1 << 20;

	check_folder();
	check_write("file", "");
	CHECK_EQ(truncate("file", PIECE), 0);
	const char *const sources[] = { "/dev/zero", "file", "/dev/urandom" };
	for (unsigned i = 0; i < 3; i++) {
		int fd = open(sources[i], O_RDONLY);
		char *all = mmap(nullptr, ALL, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		size_t n = 0;
		ssize_t part;
		CHECK(all != MAP_FAILED);
		while (n < ALL && (part = pread(fd, all + n, PIECE, 0)) > 0)
			n += (size_t)part;
		int error = errno;
		CHECK_EQ(munmap(all, ALL), 0);
		CHECK(n > PIECE && n < ALL);
		CHECK_EQ(part, -1);
		CHECK_EQ(error, ENOMEM);
		close(fd);
	}
}
