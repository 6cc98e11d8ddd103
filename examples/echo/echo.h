/* SPDX-License-Identifier: MPL-2.0 */
/* The echo example in two programs of one binary: `echo serve` and `echo client`. */
#pragma once

int server_main(void);
int client_main(void);
