/* SPDX-License-Identifier: MPL-2.0 */
/* The counts of changes, by which clients know that what `stat` and `open` said still holds. */
#include "lib/files/internal.h"

constexpr size_t PAGE = 4096;

enum err files_changes_init(struct files_server *server)
{
	uint64_t at;
	enum err e = fut_vmo_create(PAGE, 0, &server->changes);

	if (e == OK)
		e = fut_space_map(0, server->changes, 0, 0, PAGE, MAP_READ | MAP_WRITE, &at);
	if (e == OK)
		server->changed = (struct files_changes *)at;
	return e;
}

enum files_effect files_effect_of(const struct message *m)
{
	constexpr uint32_t MAKES = FILE_CREATE | FILE_TRUNCATE | FILE_TEMPORARY;

	switch (tag_method(m->tag)) {
	case FILE_OPEN:
		return ((uint32_t)m->word[0] & MAKES) != 0 ? FILES_CHANGES_NAMES
							   : FILES_CHANGES_NOTHING;
	case FILE_STATES:
	case FILE_STAT:
	case FILE_READLINK:
	case FILE_ACCESS:
	case FILE_SEEK:
	case FILE_LIST:
	case FILE_READ: /* these two tell it themselves, where they change something */
	case FILE_CONTENTS:
	case FILE_SIZE_PAGE:
	case FILE_CHANGES:
	case FILE_STATFS:
	case FILE_PLACE:
	case FILE_OWNER:
	case FILE_LOCK:
	case FILE_READY:
	case FILE_AS:
		return FILES_CHANGES_NOTHING;
	case FILE_WRITE:
	case FILE_WRITE_SHORT:
	case FILE_WINDOW:
	case FILE_USE:
	case FILE_SEAL:
	case FILE_SEALS:
	case FILE_DOOR:
	case FILE_PIPE:
	case FILE_ALLOCATE:
	case FILE_SYNC:
	case FILE_SYNC_ALL:
		return FILES_CHANGES_FILE;
	default:
		return FILES_CHANGES_NAMES;
	}
}

enum err on_changes(void *self, uint64_t badge, struct file_changes_results *r)
{
	SESSION(s);
	const struct files_server *server = self;

	if (server->changed == nullptr)
		r->outcome = -ENODEV;
	else if (fut_handle_duplicate(server->changes,
				      RIGHT_READ | RIGHT_MAP | RIGHT_TRANSFER | RIGHT_INHERIT,
				      &r->page) != OK)
		r->outcome = -ENOMEM;
	return OK;
}
