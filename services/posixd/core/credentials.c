/* SPDX-License-Identifier: MPL-2.0 */
/* Credentials are shared until changed, and never change themselves. */
#include "services/posixd/core/credentials.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "protocol/posix.h"

static struct user *user_get(struct world *w, uint32_t uid)
{
	struct user **bucket = &w->users[uid % USER_BUCKETS], *u = *bucket;

	while (u != nullptr && u->uid != uid)
		u = u->next;
	if (u == nullptr) {
		u = calloc(1, sizeof(*u));
		if (u == nullptr)
			return nullptr;
		*u = (struct user){ .next = *bucket, .uid = uid };
		*bucket = u;
	}
	u->refs++;
	return u;
}

static void user_put(struct world *w, struct user *u)
{
	struct user **at = &w->users[u->uid % USER_BUCKETS];

	if (--u->refs > 0)
		return;
	while (*at != u)
		at = &(*at)->next;
	*at = u->next;
	free(u);
}

static struct credentials *credentials_alloc(struct world *w, uint32_t uid, uint32_t ngroups)
{
	struct credentials *c = calloc(1, sizeof(*c) + ngroups * sizeof(uint32_t));

	if (c == nullptr)
		return nullptr;
	c->user = user_get(w, uid);
	if (c->user == nullptr) {
		free(c);
		return nullptr;
	}
	c->refs = 1;
	c->world = w;
	c->ngroups = ngroups;
	c->uid = uid;
	return c;
}

struct credentials *credentials_create(struct world *w, uint32_t uid, uint32_t gid)
{
	struct credentials *c = credentials_alloc(w, uid, 0);

	if (c != nullptr) {
		c->euid = c->suid = c->fsuid = uid;
		c->gid = c->egid = c->sgid = c->fsgid = gid;
		c->may = capabilities_of_user(uid);
	}
	return c;
}

struct credentials *credentials_get(struct credentials *c)
{
	c->refs++;
	return c;
}

void credentials_put(struct credentials *c)
{
	if (--c->refs > 0)
		return;
	c->world->ops->release_credentials(c);
	user_put(c->world, c->user);
	free(c);
}

bool credentials_in_group(const struct credentials *c, uint32_t gid)
{
	if (c->egid == gid)
		return true;
	for (uint32_t i = 0; i < c->ngroups; i++)
		if (c->groups[i] == gid)
			return true;
	return false;
}

/* A copy with room for other groups. */
static struct credentials *credentials_copy(const struct credentials *c, uint32_t uid,
					    const uint32_t *groups, uint32_t ngroups)
{
	struct credentials *n = credentials_alloc(c->world, uid, ngroups);

	if (n == nullptr)
		return nullptr;
	n->euid = c->euid;
	n->suid = c->suid;
	n->gid = c->gid;
	n->egid = c->egid;
	n->sgid = c->sgid;
	n->fsuid = c->fsuid;
	n->fsgid = c->fsgid;
	n->may = c->may;
	if (ngroups > 0)
		memcpy(n->groups, groups, ngroups * sizeof(*groups));
	return n;
}

struct credentials *credentials_with(const struct credentials *c, const struct capabilities *may)
{
	struct credentials *n = credentials_copy(c, c->uid, c->groups, c->ngroups);

	if (n != nullptr)
		n->may = *may;
	return n;
}

/* Without privilege each new id must be one of the three that are. */
static bool ids_allowed(const uint32_t old[3], const uint32_t ids[3])
{
	for (unsigned i = 0; i < 3; i++)
		if (ids[i] != ID_KEEP && ids[i] != old[0] && ids[i] != old[1] && ids[i] != old[2])
			return false;
	return true;
}

static void ids_merge(uint32_t now[3], const uint32_t ids[3])
{
	for (unsigned i = 0; i < 3; i++)
		if (ids[i] != ID_KEEP)
			now[i] = ids[i];
}

static int uids_set(const struct credentials *c, const uint32_t ids[3], struct credentials **made)
{
	uint32_t now[3] = { c->uid, c->euid, c->suid };

	if (!capable(c, CAP_SETUID) && !ids_allowed(now, ids))
		return -EPERM;
	ids_merge(now, ids);
	if (now[0] == c->uid && now[1] == c->euid && now[2] == c->suid && now[1] == c->fsuid)
		return 0;
	*made = credentials_copy(c, now[0], c->groups, c->ngroups);
	if (*made == nullptr)
		return -ENOMEM;
	(*made)->euid = (*made)->fsuid = now[1];
	(*made)->suid = now[2];
	capabilities_follow_ids(*made, c);
	return 0;
}

static int gids_set(const struct credentials *c, const uint32_t ids[3], struct credentials **made)
{
	uint32_t now[3] = { c->gid, c->egid, c->sgid };

	if (!capable(c, CAP_SETGID) && !ids_allowed(now, ids))
		return -EPERM;
	ids_merge(now, ids);
	if (now[0] == c->gid && now[1] == c->egid && now[2] == c->sgid && now[1] == c->fsgid)
		return 0;
	*made = credentials_copy(c, c->uid, c->groups, c->ngroups);
	if (*made == nullptr)
		return -ENOMEM;
	(*made)->gid = now[0];
	(*made)->egid = (*made)->fsgid = now[1];
	(*made)->sgid = now[2];
	return 0;
}

static bool file_id_allowed(bool is_free, uint32_t id, const uint32_t now[4])
{
	return is_free || id == ID_KEEP || id == now[0] || id == now[1] || id == now[2] ||
	       id == now[3];
}

static int files_set(const struct credentials *c, uint32_t uid, uint32_t gid,
		     struct credentials **made)
{
	const uint32_t uids[4] = { c->uid, c->euid, c->suid, c->fsuid };
	const uint32_t gids[4] = { c->gid, c->egid, c->sgid, c->fsgid };

	if (!file_id_allowed(capable(c, CAP_SETUID), uid, uids) ||
	    !file_id_allowed(capable(c, CAP_SETGID), gid, gids))
		return -EPERM;
	if ((uid == ID_KEEP || uid == c->fsuid) && (gid == ID_KEEP || gid == c->fsgid))
		return 0;
	*made = credentials_copy(c, c->uid, c->groups, c->ngroups);
	if (*made == nullptr)
		return -ENOMEM;
	if (uid != ID_KEEP)
		(*made)->fsuid = uid;
	if (gid != ID_KEEP)
		(*made)->fsgid = gid;
	capabilities_follow_files(*made, c);
	return 0;
}

static int groups_set(const struct credentials *c, const uint32_t *groups, uint32_t ngroups,
		      struct credentials **made)
{
	if (!capable(c, CAP_SETGID))
		return -EPERM;
	if (ngroups > GROUPS_MAX)
		return -EINVAL;
	*made = credentials_copy(c, c->uid, groups, ngroups);
	return *made == nullptr ? -ENOMEM : 0;
}

int credentials_set(struct process *p, uint32_t which, const uint32_t ids[3],
		    const uint32_t *groups, uint32_t ngroups, struct credentials **made)
{
	int result = -EINVAL;

	*made = nullptr;
	if (which == SET_UIDS)
		result = uids_set(p->who, ids, made);
	else if (which == SET_GIDS)
		result = gids_set(p->who, ids, made);
	else if (which == SET_GROUPS)
		result = groups_set(p->who, groups, ngroups, made);
	else if (which == SET_FILES)
		result = files_set(p->who, ids[0], ids[1], made);
	if (*made != nullptr)
		credentials_change(p, credentials_get(*made));
	return result;
}

void credentials_change(struct process *p, struct credentials *c)
{
	p->who->user->nprocesses--;
	c->user->nprocesses++;
	credentials_put(p->who);
	p->who = c;
	p->news |= POSIX_NEWS_SELF;
}
