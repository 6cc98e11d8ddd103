/* SPDX-License-Identifier: MPL-2.0 */
/* What init knows of each service, and its own capabilities. */
#pragma once
#include "abi/info.h"
#include "abi/user.h"
#include "services/init/core/manifest.h"

enum state : uint32_t { STOPPED, RUNNING, WAITING };

struct running {
	const struct manifest_service *spec;
	enum state state;
	fut_handle task, quota, watch; /* 0 while it does not run */
	uint64_t image;                /* where its program was put */
	uint64_t started;              /* ns since boot */
	uint64_t restart_at;           /* while WAITING */
	uint64_t delay;                /* before the next restart; 0: the first */
	uint32_t restarts;
	int64_t exit_code;
	uint64_t client; /* its badge at the registry */
	unsigned nextra; /* arguments after the manifest's: run= gives them */
	const char *const *extra;
};

/* A service that the registry knows, and the session that leads there. */
struct known_name {
	char text[SERVICE_NAME + 1];
	fut_handle door;
};

constexpr unsigned KNOWN_NAMES = 64; /* as many as the registry takes */

struct known_names {
	unsigned n;
	struct known_name name[KNOWN_NAMES];
};

struct init {
	const char *arch;
	const void *bundle;
	size_t bundle_size;
	fut_handle waitset, port;
	fut_handle registry_port,
		registry; /* registryd receives from the first; we call the second */
	struct known_names names;
	fut_handle names_changed, names_watched; /* an event of the registry's; our watch */
	uint64_t last_client;                    /* badges of registry sessions, never used twice */
	struct manifest manifest;
	unsigned nservices;
	struct running services[MANIFEST_SERVICES + 1];
	struct running *run; /* the program whose end is the machine's; nullptr: none */
};

/* Badges of sessions with init: for everything, or for `next` and `start`. */
constexpr uint64_t BADGE_CLIENT = 1, BADGE_STARTER = 2;

/* Cookies of the waitset: a service's index, or one of these. */
constexpr uint64_t COOKIE_PORT = UINT64_MAX, COOKIE_NAMES = UINT64_MAX - 1;

/* start.c: start what the specification says, now. On an error nothing of it is left. */
enum err service_start(struct init *init, struct running *r);
/* Give back what belongs to a task that has ended. */
void service_clear(struct running *r);

/* registry.c: the port of all the registry's lives, and our session with it. */
enum err registry_create(struct init *init);
bool service_is_registry(const struct running *r);
/* A session with the registry for a service that is about to start; 0 if it needs none. */
enum err registry_session(struct init *init, struct running *r, fut_handle *session);
/* Something was provided: keep what the registry knows now. */
void registry_keep(struct init *init);
/* Tell a registry that has just started what its predecessor knew. */
void registry_restore(struct init *init);

/* supervise.c: starting, watching, restarting. */
void services_start(struct init *init);
/* Serve and supervise until the machine's end. */
[[noreturn]] void supervise(struct init *init);
struct running *running_find(struct init *init, const char *name);
enum err running_start(struct init *init, struct running *r);
void running_stop(struct running *r);

/* serve.c: answer the messages that wait on our port. */
void requests_serve(struct init *init);

/* The log's last line, and the end. */
[[noreturn]] void machine_end(int64_t code);
