/* SPDX-License-Identifier: MPL-2.0 */
/* /proc/PID/net, as Linux shows it where there is no network: tables with their heads alone. */
#include <sys/stat.h>
#include "services/posixd/proc/proc.h"

static void fill_dev(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "Inter-|   Receive                                                |  Transmit\n"
		    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    "
		    "packets errs drop fifo colls carrier compressed\n");
}

static void fill_tcp(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%-149s\n",
		 "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
		 "retrnsmt   uid  timeout inode");
}

static void fill_tcp6(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "  sl  local_address                         remote_address"
		    "                        st tx_queue rx_queue tr tm->when retrnsmt   uid  "
		    "timeout inode\n");
}

static void fill_udp(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%-127s\n",
		 "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
		 "retrnsmt   uid  timeout inode ref pointer drops");
}

static void fill_udp6(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "  sl  local_address                         remote_address"
		    "                        st tx_queue rx_queue tr tm->when retrnsmt   uid  "
		    "timeout inode ref pointer drops\n");
}

static void fill_route(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "%-127s\n",
		 "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\t"
		 "MTU\tWindow\tIRTT");
}

static void fill_arp(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "IP address       HW type     Flags       HW address            Mask     "
		    "Device\n");
}

/* Which sockets there are only their processes know. */
static void fill_unix(struct text *t, const struct subject *s)
{
	(void)s;
	text_add(t, "Num       RefCount Protocol Flags    Type St Inode Path\n");
}

const struct proc_entry net_children[] = {
	{ .name = "arp", .mode = S_IFREG | 0444, .fill = fill_arp },
	{ .name = "dev", .mode = S_IFREG | 0444, .fill = fill_dev },
	{ .name = "if_inet6", .mode = S_IFREG | 0444, .fill = fill_nothing },
	{ .name = "ipv6_route", .mode = S_IFREG | 0444, .fill = fill_nothing },
	{ .name = "raw", .mode = S_IFREG | 0444, .fill = fill_udp },
	{ .name = "raw6", .mode = S_IFREG | 0444, .fill = fill_udp6 },
	{ .name = "route", .mode = S_IFREG | 0444, .fill = fill_route },
	{ .name = "tcp", .mode = S_IFREG | 0444, .fill = fill_tcp },
	{ .name = "tcp6", .mode = S_IFREG | 0444, .fill = fill_tcp6 },
	{ .name = "udp", .mode = S_IFREG | 0444, .fill = fill_udp },
	{ .name = "udp6", .mode = S_IFREG | 0444, .fill = fill_udp6 },
	{ .name = "unix", .mode = S_IFREG | 0444, .fill = fill_unix },
	{},
};
