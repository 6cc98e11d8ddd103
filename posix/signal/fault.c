/* SPDX-License-Identifier: MPL-2.0 */
/* Which signal a fault is. */
#include "posix/signal/deliver.h"
#include <posix-arch/cpu.h>

void signal_of_fault(const struct fault *fault, siginfo_t *info)
{
	static const struct {
		int signal, code;
	} of[] = {
		[FAULT_UNMAPPED] = { SIGSEGV, SEGV_MAPERR },
		[FAULT_ACCESS] = { SIGSEGV, SEGV_ACCERR },
		[FAULT_NO_PAGE] = { SIGBUS, BUS_ADRERR },
		[FAULT_NO_MEMORY] = { SIGBUS, BUS_ADRERR },
		[FAULT_INSTRUCTION] = { SIGILL, ILL_ILLOPN },
		[FAULT_ARITHMETIC] = { SIGFPE, FPE_INTDIV },
		[FAULT_FLOATING] = { SIGFPE, FPE_FLTINV },
		[FAULT_ALIGNMENT] = { SIGBUS, BUS_ADRALN },
		[FAULT_BREAKPOINT] = { SIGTRAP, TRAP_BRKPT },
		[FAULT_STEP] = { SIGTRAP, TRAP_TRACE },
		[FAULT_CALL] = { SIGSYS, SYS_SECCOMP },
		[FAULT_HARDWARE] = { SIGBUS, BUS_OBJERR },
	};
	unsigned kind = fault->kind < sizeof(of) / sizeof(of[0]) ? fault->kind : FAULT_HARDWARE;

	*info = (siginfo_t){ .si_signo = of[kind].signal, .si_code = of[kind].code };
	info->si_addr = (void *)fault->address;
	int broken = info->si_signo == SIGILL ? fault_broken_rule(fault->code) : 0;
	if (broken != 0)
		*info = (siginfo_t){ .si_signo = broken, .si_code = SI_KERNEL };
	/* An address that no user memory can have is a plain general protection fault. */
	if (info->si_signo == SIGSEGV && fault->address >= GUEST_END) {
		info->si_code = SI_KERNEL;
		info->si_addr = nullptr;
	}
}
