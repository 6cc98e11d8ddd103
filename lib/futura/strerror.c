/* SPDX-License-Identifier: MPL-2.0 */
/* strerror: POSIX's names of errors in words. musl's own looks into its locales. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const texts[] = {
	[0] = "No error",
	[E2BIG] = "Argument list too long",
	[EACCES] = "Permission denied",
	[EAGAIN] = "Resource temporarily unavailable",
	[EBADF] = "Bad file descriptor",
	[EBUSY] = "Device or resource busy",
	[EEXIST] = "File exists",
	[EFBIG] = "File too large",
	[EINTR] = "Interrupted system call",
	[EINVAL] = "Invalid argument",
	[EIO] = "Input/output error",
	[EISDIR] = "Is a directory",
	[ELIBBAD] = "Corrupted shared library",
	[ELOOP] = "Too many levels of symbolic links",
	[EMFILE] = "Too many open files",
	[EMLINK] = "Too many links",
	[ENAMETOOLONG] = "File name too long",
	[ENFILE] = "Too many open files in system",
	[ENODEV] = "No such device",
	[ENOENT] = "No such file or directory",
	[ENOEXEC] = "Exec format error",
	[ENOMEM] = "Cannot allocate memory",
	[ENOSPC] = "No space left on device",
	[ENOSYS] = "Function not implemented",
	[ENOTDIR] = "Not a directory",
	[ENXIO] = "No such device or address",
	[EPERM] = "Operation not permitted",
	[EROFS] = "Read-only file system",
};

char *strerror(int number)
{
	static thread_local char text[32];
	size_t i = (size_t)number;

	if (number >= 0 && i < sizeof(texts) / sizeof(*texts) && texts[i] != nullptr)
		return (char *)texts[i];
	snprintf(text, sizeof(text), "Error %d", number);
	return text;
}
