/* SPDX-License-Identifier: MPL-2.0 */
/* /proc's counters and lists of devices, as far as anything here is counted. */
#include "abi/info.h"
#include "services/posixd/proc/proc.h"

/* No page is ever swapped or read for a file system here: programs know these names. */
void fill_vmstat(struct text *t, const struct subject *s)
{
	struct system_info i;

	(void)s;
	if (!system_ask(&i))
		return;
	text_add(t, "nr_free_pages %llu\n", (unsigned long long)i.pages_free);
	text_add(t, "nr_page_table_pages %llu\n", (unsigned long long)i.pages_tables);
	text_add(t, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");
	text_add(t, "pgfault %llu\npgmajfault 0\noom_kill 0\n", (unsigned long long)i.faults);
}

void fill_swaps(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

/* The numbers of ttyd's and ramfsd's nodes: Linux's. */
void fill_devices(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n"
		    "136 pts\n\nBlock devices:\n253 virtblk\n");
}

void fill_nothing(struct text *t, const struct subject *s)
{
	(void)t, (void)s;
}
