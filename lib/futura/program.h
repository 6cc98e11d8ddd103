/* SPDX-License-Identifier: MPL-2.0 */
/* What a program was started with, and how it ends. */
#pragma once
#include "abi/kernel.h"
#include "abi/startup.h"

/* The block this program was given. It stays as it is. */
const struct startup *startup_block(void);

/* The capability it was given by that name; 0 if none. The handle is the program's to close. */
fut_handle cap_get(const char *name);

/* The same, and a program that cannot do without ends with a message. */
fut_handle cap_need(const char *name);

/* The value of NAME=VALUE in its environment; nullptr if there is none. */
const char *env_get(const char *name);

/* End the task. Other threads are not waited for. */
[[noreturn]] void exit(int code);

/* End the task with a message, and this code. */
[[noreturn, gnu::format(printf, 1, 2)]] void panic(const char *format, ...);
constexpr int PANIC_CODE = 134;
