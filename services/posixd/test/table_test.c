/* SPDX-License-Identifier: MPL-2.0 */
/* Processes, groups, signals, timers: what POSIX and Linux promise of each. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "protocol/posix.h"
#include "services/posixd/test/fixture.h"

static int wait_any(struct process *p, uint32_t options, struct waited *w)
{
	return process_wait(p, options, P_ALL, 0, 0, w);
}

TEST(process, a_child_is_waited_for_once)
{
	struct waited w;

	setup();
	struct process *p = program(0), *c = child_of(p);
	uint32_t pid = c->pid;
	CHECK(wait_any(p, WEXITED, &w) == -EAGAIN);
	end(c, 3 << 8);
	CHECK(next_signal(p) == SIGCHLD);
	CHECK(wait_any(p, WEXITED | WNOWAIT, &w) == 0 && w.pid == pid);
	CHECK(wait_any(p, WEXITED, &w) == 0 && w.pid == pid && w.status == 3 << 8);
	CHECK(w.usage.user_ns == 10 && p->children.user_ns == 10);
	CHECK(wait_any(p, WEXITED, &w) == -ECHILD);
	CHECK(process_find(&world, pid) == nullptr);
	teardown();
}

TEST(process, wait_picks_by_pid_and_group)
{
	struct waited w;

	setup();
	struct process *p = program(0), *a = child_of(p), *b = child_of(p);
	uint32_t apid = a->pid, bpid = b->pid;
	CHECK(group_set(p, bpid, bpid) == 0);
	end(a, 0);
	CHECK(process_wait(p, WEXITED, P_PID, bpid, 0, &w) == -EAGAIN);
	CHECK(process_wait(p, WEXITED, P_PGID, bpid, 0, &w) == -EAGAIN);
	CHECK(process_wait(p, WEXITED, P_PGID, 12345, 0, &w) == -ECHILD);
	CHECK(process_wait(p, WEXITED, P_PID, world.reaper->pid, 0, &w) == -ECHILD);
	CHECK(process_wait(p, WEXITED, P_PGID, 0, 0, &w) == 0 && w.pid == apid);
	end(b, 9);
	CHECK(process_wait(p, WEXITED, P_PGID, bpid, 0, &w) == 0 && w.status == 9);
	CHECK(process_wait(p, 0, P_ALL, 0, 0, &w) == -EINVAL);
	CHECK(process_wait(p, WEXITED, 7, 0, 0, &w) == -EINVAL);
	teardown();
}

TEST(process, stopping_and_going_on_are_reported)
{
	struct waited w;

	setup();
	struct process *p = program(0), *c = child_of(p);
	CHECK(send(p, (int32_t)c->pid, SIGSTOP) == 0);
	CHECK(next_signal(c) == SIGSTOP);
	CHECK(signal_stopped(c, SIGSTOP) == 0);
	CHECK(wait_any(p, WEXITED, &w) == -EAGAIN);
	CHECK(wait_any(p, WEXITED | WSTOPPED, &w) == 0 && w.status == (SIGSTOP << 8 | 0x7f));
	CHECK(wait_any(p, WEXITED | WSTOPPED, &w) == -EAGAIN);
	CHECK(send(p, (int32_t)c->pid, SIGCONT) == 0);
	CHECK(wait_any(p, WCONTINUED, &w) == 0 && w.status == 0xffff);
	CHECK(next_signal(c) == SIGCONT);
	CHECK(signal_stopped(c, 0) == 0);
	CHECK(wait_any(p, WCONTINUED, &w) == -EAGAIN);
	teardown();
}

TEST(process, orphans_become_the_reapers_and_leave_nothing)
{
	setup();
	struct process *p = program(0), *c = child_of(p), *g = child_of(c);
	uint32_t gpid = g->pid;
	end(c, 0);
	CHECK(g->parent == world.reaper && (g->news & POSIX_NEWS_SELF));
	end(g, 0);
	CHECK(process_find(&world, gpid) == nullptr);
	struct process *z = child_of(p), *zz = child_of(z);
	uint32_t zzpid = zz->pid;
	end(zz, 0);
	CHECK(process_find(&world, zzpid) == zz);
	end(z, 0);
	CHECK(process_find(&world, zzpid) == nullptr);
	teardown();
}

TEST(process, a_subreaper_inherits_and_the_death_signal_comes)
{
	struct waited w;

	setup();
	struct process *p = program(0), *c = child_of(p), *g = child_of(c), *z = child_of(c);
	uint32_t zpid = z->pid;
	p->is_subreaper = true;
	g->death_signal = SIGUSR2;
	end(z, 5 << 8);
	end(c, 0);
	CHECK(g->parent == p && next_signal(g) == SIGUSR2);
	CHECK(process_wait(p, WEXITED, P_PID, zpid, 0, &w) == 0 && w.status == 5 << 8);
	teardown();
}

TEST(process, who_forgets_children_has_none_to_wait_for)
{
	struct waited w;

	setup();
	struct process *p = program(0);
	p->forgets_children = true;
	struct process *c = child_of(p);
	uint32_t pid = c->pid;
	end(c, 0);
	CHECK(wait_any(p, WEXITED, &w) == -ECHILD);
	CHECK(process_find(&world, pid) == nullptr);
	CHECK(p->news & POSIX_NEWS_CHILD);
	teardown();
}

TEST(process, a_child_without_a_signal_needs_its_own_option)
{
	struct waited w;
	struct process *c;

	setup();
	struct process *p = program(0);
	CHECK(process_fork(p, false, 0, &c) == 0);
	process_runs(c);
	end(c, 0);
	CHECK(next_signal(p) == 0);
	CHECK(wait_any(p, WEXITED, &w) == -ECHILD);
	CHECK(wait_any(p, WEXITED | 0x40000000, &w) == 0);
	teardown();
}

TEST(process, what_was_prepared_and_never_ran_is_forgotten)
{
	struct waited w;
	struct process *c;

	setup();
	struct process *p = program(0);
	CHECK(process_fork(p, false, SIGCHLD, &c) == 0);
	CHECK(wait_any(p, WEXITED, &w) == -EAGAIN);
	process_abandon(c);
	CHECK(wait_any(p, WEXITED, &w) == -ECHILD && next_signal(p) == 0);
	teardown();
}

TEST(process, signals_before_the_task_is_known_are_kept)
{
	struct process *c;

	setup();
	struct process *p = program(0);
	CHECK(process_fork(p, false, SIGCHLD, &c) == 0);
	CHECK(send(p, (int32_t)c->pid, SIGKILL) == 0 && nkilled == 0);
	process_runs(c);
	CHECK(nkilled == 1);
	process_ended(c, 0, &(struct usage){});
	CHECK(c->status == SIGKILL);
	teardown();
}

TEST(process, ten_thousand_forks_leave_nothing)
{
	struct waited w;

	setup();
	struct process *p = program(0);
	for (unsigned i = 0; i < 40000; i++) {
		struct process *c = child_of(p);
		if (i % 3 == 0)
			(void)session_new(c);
		if (i % 5 == 0)
			CHECK(process_tids(c, 1 + i % 7) > 0);
		end(c, 0);
		CHECK(wait_any(p, WEXITED, &w) == 0);
	}
	CHECK(world.nprocesses == 2 && world.last_serial == 40002);
	teardown();
}

TEST(process, numbers_in_use_as_groups_or_threads_are_not_given_again)
{
	struct waited w;

	setup();
	struct process *p = program(0), *leader = child_of(p), *member = child_of(p);
	uint32_t pgid = leader->pid;
	CHECK(group_set(p, pgid, pgid) == 0 && group_set(p, member->pid, pgid) == 0);
	int tid = process_tids(p, 2);
	end(leader, 0);
	CHECK(wait_any(p, WEXITED, &w) == 0);
	for (unsigned i = 0; i < PID_MAX; i++) {
		struct process *c = child_of(p);
		CHECK(c->pid != pgid && c->pid != (uint32_t)tid && c->pid != (uint32_t)tid + 1);
		end(c, 0);
		CHECK(wait_any(p, WEXITED, &w) == 0);
	}
	CHECK(process_of(&world, (uint32_t)tid + 1) == p);
	CHECK(process_find(&world, (uint32_t)tid + 1) == nullptr);
	teardown();
}

TEST(process, limits_on_numbers_of_processes_hold)
{
	struct process *c;

	setup();
	struct process *p = program(7);
	uint64_t soft, hard;
	CHECK(limits_set(p, p, 6, true, 3, 5, &soft, &hard) == 0);
	child_of(p);
	child_of(p);
	CHECK(process_fork(p, false, SIGCHLD, &c) == -EAGAIN);
	CHECK(limits_set(p, p, 6, true, 3, 6, &soft, &hard) == -EPERM);
	CHECK(limits_set(p, p, 6, true, 6, 5, &soft, &hard) == -EINVAL);
	CHECK(limits_set(p, p, 16, false, 0, 0, &soft, &hard) == -EINVAL);
	CHECK(limits_set(p, p, 6, false, 0, 0, &soft, &hard) == 0 && soft == 3 && hard == 5);
	teardown();
}

TEST(group, setpgid_refuses_as_posix_says)
{
	setup();
	struct process *p = program(0), *c = child_of(p), *g = child_of(c), *other = program(0);
	CHECK(group_set(p, 0, 0) == -EPERM);               /* a session's leader */
	CHECK(group_set(p, g->pid, 0) == -ESRCH);          /* no child */
	CHECK(group_set(p, 31000, 0) == -ESRCH);           /* nobody */
	CHECK(group_set(p, c->pid, 31000) == -EPERM);      /* no such group */
	CHECK(group_set(p, c->pid, other->pid) == -EPERM); /* of another session */
	CHECK(group_set(p, c->pid, 0xffffffff) == -EINVAL);
	CHECK(group_set(p, c->pid, 0) == 0 && c->group->pgid == c->pid);
	CHECK(group_set(c, g->pid, c->pid) == 0 && g->group == c->group);
	c->has_execed = true;
	CHECK(group_set(p, c->pid, p->pid) == -EACCES);
	CHECK(session_new(c) == -EPERM); /* a group's leader */
	CHECK(session_new(g) == (int)g->pid && g->group->session->leader == g);
	CHECK(group_set(c, g->pid, 0) == -EPERM); /* of another session now */
	teardown();
}

TEST(group, a_stopped_group_that_is_orphaned_is_hung_up)
{
	setup();
	struct process *shell = program(0), *job = child_of(shell);
	CHECK(group_set(shell, job->pid, 0) == 0);
	CHECK(!group_is_orphaned(job->group, nullptr));
	CHECK(signal_stopped(job, SIGTSTP) == 0);
	end(shell, 0);
	CHECK(group_is_orphaned(job->group, nullptr));
	CHECK(next_signal(job) == SIGHUP);
	CHECK(next_signal(job) == SIGCONT);
	CHECK(!job->is_stopped);
	CHECK(signal_stopped(job, SIGTSTP) == 1);
	CHECK(signal_stopped(job, SIGSTOP) == 0);
	teardown();
}

TEST(group, a_program_in_inits_session_is_no_orphan)
{
	struct process *p;

	setup();
	CHECK(process_start(&world, credentials_create(&world, 0, 0), false, &p) == 0);
	process_runs(p);
	CHECK(p->group->session == world.reaper->group->session && p->group->pgid == p->pid);
	CHECK(!group_is_orphaned(p->group, nullptr));
	CHECK(session_new(p) == -EPERM);
	struct process *c = child_of(p);
	CHECK(signal_stopped(c, SIGTSTP) == 0);
	teardown();
}

TEST(group, a_leaders_end_severs_the_terminal_and_tells_the_foreground)
{
	setup();
	struct process *shell = program(0), *job = child_of(shell);
	CHECK(group_set(shell, job->pid, 0) == 0);
	struct session *s = shell->group->session;
	s->ticket = 77;
	s->foreground = job->pid;
	end(shell, 0);
	CHECK(nsevered == 1 && s->leader == nullptr);
	CHECK(next_signal(job) == SIGHUP);
	CHECK(next_signal(job) == SIGCONT);
	CHECK(next_signal(job) == 0);
	teardown();
}

TEST(signal, permissions_are_linuxs)
{
	setup();
	struct process *root = program(0), *a = program(5), *b = program(6), *c = child_of(b);
	struct credentials *made;
	uint32_t ids[3] = { ID_KEEP, ID_KEEP, 7 };
	CHECK(send(a, (int32_t)b->pid, SIGTERM) == -EPERM);
	CHECK(send(a, (int32_t)b->pid, 0) == -EPERM);
	CHECK(send(root, (int32_t)b->pid, 0) == 0 && next_signal(b) == 0);
	CHECK(send(b, (int32_t)c->pid, SIGTERM) == 0 && next_signal(c) == SIGTERM);
	CHECK(send(a, 31000, 0) == -ESRCH && send(a, INT32_MIN, 0) == -ESRCH);
	CHECK(send(a, (int32_t)b->pid, 65) == -EINVAL);
	CHECK(credentials_set(c, SET_UIDS, ids, nullptr, 0, &made) == -EPERM);
	ids[2] = 6;
	CHECK(credentials_set(c, SET_UIDS, ids, nullptr, 0, &made) == 0 && made == nullptr);
	uint32_t nine[3] = { 9, 9, 9 };
	struct process *r = child_of(root);
	CHECK(credentials_set(r, SET_UIDS, nine, nullptr, 0, &made) == 0 && made == r->who);
	credentials_put(made);
	CHECK(send(r, (int32_t)root->pid, SIGTERM) == -EPERM);
	CHECK(send(r, (int32_t)root->pid, SIGCONT) == 0); /* of the same session */
	teardown();
}

TEST(signal, standard_ones_wait_once_and_realtime_ones_in_order)
{
	struct posix_signal got[4];
	uint32_t flags;

	setup();
	struct process *p = program(0);
	CHECK(send(p, (int32_t)p->pid, SIGUSR1) == 0 && send(p, (int32_t)p->pid, SIGUSR1) == 0);
	for (uint64_t i = 0; i < 3; i++) {
		struct posix_signal s = { .signal = 40, .code = SI_QUEUE, .value = i };
		CHECK(signal_kill(p, (int32_t)p->pid, &s) == 0);
	}
	CHECK(signal_take(p, got, 3, &flags) == 3 && (flags & POSIX_NEWS_MORE));
	CHECK(got[0].signal == SIGUSR1 && got[1].value == 0 && got[2].value == 1);
	CHECK(signal_take(p, got, 4, &flags) == 1 && got[0].value == 2 &&
	      !(flags & POSIX_NEWS_MORE));
	for (unsigned i = 0; i < SIGNALS_WAITING; i++)
		CHECK(send(p, (int32_t)p->pid, 50) == 0);
	CHECK(send(p, (int32_t)p->pid, 50) == -EAGAIN);
	CHECK(send(p, (int32_t)p->pid, SIGKILL) == 0 && nkilled == 1);
	teardown();
}

TEST(signal, those_a_process_has_fetched_count_too)
{
	struct posix_signal got[8];
	uint64_t soft, hard;
	uint32_t flags;

	setup();
	struct process *p = program(0);
	CHECK(limits_set(p, p, RLIMIT_SIGPENDING, true, 3, 3, &soft, &hard) == 0);
	for (unsigned i = 0; i < 3; i++)
		CHECK(send(p, (int32_t)p->pid, 50) == 0);
	CHECK(signal_take(p, got, 8, &flags) == 3);
	held = 2; /* it has handled one */
	CHECK(send(p, (int32_t)p->pid, 50) == 0);
	CHECK(send(p, (int32_t)p->pid, 50) == -EAGAIN);
	CHECK(send(p, (int32_t)p->pid, SIGUSR1) == 0);
	teardown();
}

TEST(signal, stop_and_continue_take_each_other_back)
{
	setup();
	struct process *p = program(0), *c = child_of(p);
	int32_t pid = (int32_t)c->pid;
	CHECK(send(p, pid, SIGTSTP) == 0 && send(p, pid, SIGUSR1) == 0);
	CHECK(send(p, pid, SIGCONT) == 0);
	CHECK(next_signal(c) == SIGUSR1);
	CHECK(next_signal(c) == SIGCONT);
	CHECK(next_signal(c) == 0);
	CHECK(send(p, pid, SIGCONT) == 0 && send(p, pid, SIGSTOP) == 0);
	CHECK(next_signal(c) == SIGSTOP);
	CHECK(next_signal(c) == 0);
	CHECK(send(p, pid, SIGCONT) == 0);
	CHECK(signal_stopped(c, SIGSTOP) == 1); /* it has not heard of the other yet */
	teardown();
}

TEST(signal, groups_and_everybody)
{
	setup();
	struct process *p = program(0), *a = child_of(p), *b = child_of(p), *u = program(5);
	CHECK(group_set(p, a->pid, 0) == 0 && group_set(p, b->pid, a->pid) == 0);
	CHECK(send(p, -(int32_t)a->pid, SIGUSR1) == 0);
	CHECK(next_signal(a) == SIGUSR1 && next_signal(b) == SIGUSR1 && next_signal(p) == 0);
	CHECK(send(u, -(int32_t)a->pid, SIGUSR1) == -EPERM);
	CHECK(send(p, -31000, SIGUSR1) == -ESRCH);
	CHECK(send(p, -1, SIGUSR2) == 0);
	CHECK(next_signal(p) == 0 && next_signal(u) == SIGUSR2 && next_signal(b) == SIGUSR2);
	CHECK(send(p, 0, SIGUSR1) == 0 && next_signal(p) == SIGUSR1 && next_signal(a) == SIGUSR2);
	teardown();
}

TEST(signal, to_one_thread_only_of_that_process)
{
	setup();
	struct process *p = program(0), *c = child_of(p);
	uint32_t tid = (uint32_t)process_tids(c, 1);
	struct posix_signal s = { .signal = SIGUSR1, .code = SI_TKILL, .tid = tid };
	CHECK(signal_kill(p, (int32_t)c->pid, &s) == 0);
	CHECK(signal_kill(p, (int32_t)p->pid, &s) == -ESRCH);
	CHECK(next_signal(c) == SIGUSR1);
	teardown();
}

TEST(timer, repeats_and_counts_overruns)
{
	struct posix_signal s;
	uint64_t left, interval;
	uint32_t flags;

	setup();
	struct process *p = program(0);
	struct timer t = { .id = 3, .signal = SIGALRM, .at = now + 100, .interval = 50 };
	CHECK(timer_set(p, &t, true, &left, &interval) == 0 && left == 0);
	CHECK(timers_next(&timers) == now + 100);
	now += 60;
	timers_run(&timers);
	CHECK(next_signal(p) == 0);
	CHECK(timer_set(p, &t, false, &left, &interval) == 0 && left == 40 && interval == 50);
	now += 40 + 120;
	timers_run(&timers);
	CHECK(timers.n == 0); /* its signal waits */
	CHECK(signal_take(p, &s, 1, &flags) == 1 && s.value == 3);
	CHECK(timers.n == 0); /* it is not delivered */
	CHECK(timer_set(p, &t, false, &left, &interval) == 0 && left == 30);
	CHECK(timer_delivered(p, 3, true) == 2 && timer_delivered(p, 3, true) == 0);
	CHECK(timers_next(&timers) == 1000 + 100 + 150);
	t.at = 0;
	CHECK(timer_set(p, &t, true, &left, &interval) == 0 && left == 30);
	CHECK(timers.n == 0);
	teardown();
}

TEST(timer, of_cpu_time_looks_until_it_is_due)
{
	uint64_t left, interval;

	setup();
	struct process *p = program(0);
	struct timer t = { .id = 1, .signal = SIGPROF, .at = 10'000'000, .is_cpu = true };
	CHECK(timer_set(p, &t, true, &left, &interval) == 0);
	for (unsigned i = 0; i < 5; i++) {
		now = timers_next(&timers);
		timers_run(&timers);
		CHECK(next_signal(p) == 0 && timers.n == 1);
	}
	cpu = 4'000'000;
	CHECK(timer_set(p, &t, false, &left, &interval) == 0 && left == 6'000'000);
	cpu = 10'000'000;
	now = timers_next(&timers);
	timers_run(&timers);
	CHECK(next_signal(p) == SIGPROF && timers.n == 0);
	teardown();
}

TEST(timer, the_limit_on_cpu_time_warns_and_ends)
{
	uint64_t soft, hard, second = 1'000'000'000;

	setup();
	struct process *p = program(0);
	CHECK(limits_set(p, p, 0, true, 1, 3, &soft, &hard) == 0);
	struct process *c = child_of(p);
	cpu = second;
	now += 2 * second;
	timers_run(&timers);
	CHECK(next_signal(p) == SIGXCPU && next_signal(c) == SIGXCPU && nkilled == 0);
	cpu = 3 * second;
	now += 4 * second;
	timers_run(&timers);
	CHECK(nkilled == 2);
	teardown();
}

TEST(timer, many_come_in_their_order)
{
	uint64_t left, interval;

	setup();
	for (unsigned i = 0; i < 40; i++) {
		struct process *p = program(0);
		for (uint32_t id = 0; id < TIMER_IDS; id++) {
			struct timer t = { .id = id,
					   .signal = 34,
					   .at = now + 1 + (id * 7919 + i * 104729) % 5000 };
			CHECK(timer_set(p, &t, true, &left, &interval) == 0);
		}
	}
	uint64_t before = 0;
	while (timers.n > 0) {
		CHECK(timers_next(&timers) >= before);
		before = now = timers_next(&timers);
		timers_run(&timers);
	}
	struct process *p = program(0);
	struct timer t = { .id = TIMER_IDS, .signal = 34, .at = 1 };
	CHECK(timer_set(p, &t, true, &left, &interval) == -EINVAL);
	teardown();
}

TEST(priority, of_input_and_output_is_kept)
{
	setup();
	struct process *root = program(0), *a = program(5);
	CHECK(io_priority_get(a, 1, 0) == 0 && io_priority_get(a, 3, 5) == (2 << 13 | 4));
	CHECK(io_priority_set(a, 1, 0, 1 << 13) == -EPERM);
	CHECK(io_priority_set(a, 1, root->pid, 2 << 13) == -EPERM);
	CHECK(io_priority_set(root, 1, a->pid, 1 << 13 | 3) == 0);
	CHECK(child_of(a)->io_priority == (1 << 13 | 3));
	CHECK(io_priority_set(root, 1, 0, 1) == -EINVAL &&
	      io_priority_set(root, 1, 0, 4 << 13) == -EINVAL);
	CHECK(io_priority_get(root, 0, 0) == -EINVAL && io_priority_get(root, 1, 31000) == -ESRCH);
	teardown();
}

TEST(priority, only_the_superuser_raises)
{
	int32_t nice;

	setup();
	struct process *root = program(0), *a = program(5), *b = child_of(a);
	CHECK(priority_set(a, 0, 0, 5) == 0 && priority_set(a, 0, 0, 4) == -EACCES);
	CHECK(priority_set(b, 0, root->pid, 5) == -EPERM);
	CHECK(priority_get(a, 2, 5, &nice) == 0 && nice == 0);
	CHECK(priority_set(root, 1, a->pid, -30) == 0 && b->nice == -20);
	CHECK(priority_get(a, 0, 31000, &nice) == -ESRCH &&
	      priority_get(a, 3, 0, &nice) == -EINVAL);
	teardown();
}
