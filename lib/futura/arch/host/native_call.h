/* SPDX-License-Identifier: MPL-2.0 */
/* No kernel of ours is below a program on this machine: a test brings one, lib/futura/test/fake.c.
 */
#pragma once
#include "lib/futura/native.h"

enum err native_call(enum call number, const uint64_t *args, struct native_words *results);
enum err ipc_call(fut_handle session, struct message *m, uint64_t deadline);
enum err ipc_reply_wait(fut_handle port, struct message *m, uint64_t deadline);
enum err ipc_receive(fut_handle port, struct message *m, uint64_t deadline);
enum err ipc_reply(fut_handle reply, const struct message *m);
struct control *native_control(void);

#define native_call0(number, results)          native_call(number, nullptr, results)
#define native_call1(number, a, results)       native_call(number, (uint64_t[]){ a }, results)
#define native_call2(number, a, b, results)    native_call(number, (uint64_t[]){ a, b }, results)
#define native_call3(number, a, b, c, results) native_call(number, (uint64_t[]){ a, b, c }, results)
#define native_call4(number, a, b, c, d, results)                                                  \
	native_call(number, (uint64_t[]){ a, b, c, d }, results)
#define native_call5(number, a, b, c, d, e, results)                                               \
	native_call(number, (uint64_t[]){ a, b, c, d, e }, results)
#define native_call6(number, a, b, c, d, e, f, results)                                            \
	native_call(number, (uint64_t[]){ a, b, c, d, e, f }, results)
