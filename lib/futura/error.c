/* SPDX-License-Identifier: MPL-2.0 */
/* Names of errors. The switch has no default, so that the compiler asks for those that are new. */
#include "lib/futura/error.h"

#define NAME(error, name)                                                                          \
	case error:                                                                                \
		return name

const char *error_name(enum err e)
{
	switch (e) {
		NAME(OK, "ok");
		NAME(ERR_BAD_HANDLE, "bad_handle");
		NAME(ERR_WRONG_TYPE, "wrong_type");
		NAME(ERR_NO_RIGHT, "no_right");
		NAME(ERR_BAD_ARGUMENT, "bad_argument");
		NAME(ERR_BAD_ADDRESS, "bad_address");
		NAME(ERR_NO_MEMORY, "no_memory");
		NAME(ERR_FULL, "full");
		NAME(ERR_WOULD_BLOCK, "would_block");
		NAME(ERR_TIMED_OUT, "timed_out");
		NAME(ERR_INTERRUPTED, "interrupted");
		NAME(ERR_PEER_CLOSED, "peer_closed");
		NAME(ERR_REVOKED, "revoked");
		NAME(ERR_NOT_FOUND, "not_found");
		NAME(ERR_EXISTS, "exists");
		NAME(ERR_UNSUPPORTED, "unsupported");
		NAME(ERR_AGAIN, "again");
		NAME(ERR_BAD_STATE, "bad_state");
		NAME(ERR_TOO_BIG, "too_big");
		NAME(ERR_IO, "io");
		NAME(ERR_DENIED, "denied");
	}
	return "unknown error";
}
