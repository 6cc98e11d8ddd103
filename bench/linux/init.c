/* SPDX-License-Identifier: MPL-2.0 */
#include "bench/linux/init.h"
#include "bench/linux/row.h"
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

static void mount_on(const char *folder, const char *kind)
{
	mkdir(folder, 0755);
	need(mount(kind, folder, kind, 0, nullptr) == 0, folder);
}

/*
 * A machine that repeats exactly has nothing random to give. Without a seed, which every system
 * gets from its disk, each call would make Linux stir its pool again.
 */
static void random_seed(void)
{
	/* struct rand_pool_info: bits, bytes, the bytes */
	uint32_t seed[2 + 16] = { 16 * 32, 16 * 4 };
	int fd = open("/dev/random", O_WRONLY);

	need(fd >= 0 && ioctl(fd, RNDADDENTROPY, seed) == 0, "/dev/random");
	close(fd);
}

void init_begin(void)
{
	mount_on("/dev", "devtmpfs");
	mount_on("/proc", "proc");
	mkdir("/tmp", 01777);
	int console = open("/dev/console", O_RDWR);
	for (int fd = 0; fd < 3 && console >= 0; fd++)
		dup2(console, fd);
	random_seed();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	setenv("HOME", "/root", 1);
}

void init_end(void)
{
	fflush(stdout);
	reboot(RB_POWER_OFF);
	pause();
}
