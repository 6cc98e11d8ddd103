/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The clock of PCs, read once to set the wall clock: Motorola MC146818A data sheet, and for the
 * century the register that PCs agree on. It is taken to keep UTC.
 */
#include <time.h>
#include "abi/user.h"
#include "lib/futura/clock.h"
#include "lib/futura/device.h"
#include "lib/futura/error.h"
#include "lib/futura/print.h"
#include "lib/futura/program.h"

enum reg : uint32_t {
	SECONDS = 0,
	MINUTES = 2,
	HOURS = 4,
	DAY = 7,
	MONTH = 8,
	YEAR = 9,
	STATUS_A = 10,
	STATUS_B = 11,
	CENTURY = 0x32
};
constexpr uint32_t A_UPDATING = 0x80;
constexpr uint32_t B_24_HOURS = 2, B_BINARY = 4;
constexpr uint32_t HOURS_PM = 0x80;
constexpr int TRIES = 1000; /* the registers are busy for 2 ms at most, once a second */

static fut_handle ports;

static uint32_t reg_read(enum reg reg)
{
	uint32_t value = 0;

	(void)fut_ioport_write(ports, 0, 1, reg);   /* ours, and in range */
	(void)fut_ioport_read(ports, 1, 1, &value); /* ours, and in range */
	return value;
}

static int number(enum reg reg, bool binary)
{
	uint32_t value = reg_read(reg);

	return (int)(binary ? value : (value >> 4) * 10 + (value & 15));
}

static int hours(bool binary, bool all_day)
{
	uint32_t value = reg_read(HOURS), hour = value & ~HOURS_PM;

	if (!binary)
		hour = (hour >> 4) * 10 + (hour & 15);
	return (int)(all_day ? hour : hour % 12 + (value & HOURS_PM ? 12 : 0));
}

static struct tm clock_read(void)
{
	uint32_t b = reg_read(STATUS_B);
	bool binary = b & B_BINARY;
	int year = number(YEAR, binary), century = number(CENTURY, binary);

	/* Without a century register the years are 1970 to 2069. */
	if (century >= 19 && century <= 25)
		year += century * 100;
	else
		year += year < 70 ? 2000 : 1900;
	return (struct tm){ .tm_year = year - 1900,
			    .tm_mon = number(MONTH, binary) - 1,
			    .tm_mday = number(DAY, binary),
			    .tm_hour = hours(binary, b & B_24_HOURS),
			    .tm_min = number(MINUTES, binary),
			    .tm_sec = number(SECONDS, binary) };
}

/* Two equal readings, neither begun during an update: none can have been torn by one. */
static bool clock_settled(time_t *seconds)
{
	for (int i = 0; i < TRIES; i++) {
		if (reg_read(STATUS_A) & A_UPDATING) {
			(void)fut_thread_sleep(clock_after(100 * MICROSECOND)); /* or sooner */
			continue;
		}
		struct tm one = clock_read(), two = clock_read();
		*seconds = timegm(&one);
		if (*seconds == timegm(&two))
			return true;
	}
	return false;
}

int main(void)
{
	time_t seconds;

	ports = device_ioport("ports");
	if (!clock_settled(&seconds) || seconds < 0) {
		print("cmos: the clock does not settle\n");
		return 1;
	}
	enum err e =
		fut_system_set_wall(cap_need("system"), (uint64_t)seconds * SECOND - clock_now());
	if (e != OK)
		print("cmos: the wall clock: %s\n", error_name(e));
	return e != OK;
}
