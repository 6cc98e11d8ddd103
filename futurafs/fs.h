/* SPDX-License-Identifier: MPL-2.0 */
/* The inside of a mounted volume, shared by the library's files. Not for callers. */
#pragma once

#include "futurafs/format.h"
#include "futurafs/futurafs.h"

#define TRY(call)                                                                                  \
	do {                                                                                       \
		enum fs_err e_ = (call);                                                           \
		if (e_ != FS_OK)                                                                   \
			return e_;                                                                 \
	} while (0)

constexpr uint32_t NONE = ~0u;
constexpr unsigned MAX_HEIGHT = 12;

/* Bits of an address that is only good in memory: a node that was never written. */
constexpr uint64_t ADDR_TEMP = 1ull << 63;

struct key {
	uint64_t ino, off;
};

struct ptr {
	uint64_t addr;
	uint32_t crc;
};

struct node {
	uint64_t addr;
	struct node *hash_next, *prev, *next; /* prev, next: a ring of all nodes */
	struct d_node *d;
	uint32_t garbage; /* bytes of removed values, for node_compact() */
	uint32_t finger;  /* the slot that was found last; any number */
	bool dirty, used; /* used: since the clock hand passed */
};

/* node[0] is the leaf. The slot at each level leads to the node below. */
struct path {
	struct node *node[MAX_HEIGHT];
	uint32_t slot[MAX_HEIGHT];
	bool found; /* slot[0] holds the key that was looked for */
};

/* The last walk to a leaf, as long as no node was made or forgotten since: all keys of [low, high)
 * go the same way. */
struct trail {
	struct path path;
	struct key low, high; /* high 0: there is none */
};

struct inode {
	uint64_t ino;
	struct fs_attr attr;
	uint64_t parent;
	uint64_t pins;
	uint64_t reserved; /* blocks promised by fs_reserve() */
	uint64_t change;   /* transaction that last changed it */
	uint32_t state;    /* INODE_* */
	struct inode *hash_next, *prev, *next, *dirty_next;
	bool dirty, used;
};

enum segment_state : uint8_t { STATE_FREE, STATE_USED, STATE_OPEN };

struct segment {
	uint64_t birth;
	uint32_t age;
	uint32_t next_dead;
	uint32_t closed; /* checkpoint that was to come then, low bits */
	uint16_t live;
	enum segment_type type;
	enum segment_state state;
	bool listed;  /* on the list of segments that the next checkpoint may free */
	bool unfit;   /* the cleaner could not empty it */
	bool mixed;   /* holes were written to: only the tree tells what lives there */
	bool leaving; /* the cleaner is emptying it */
};

struct stream {
	enum stream_id id;
	uint32_t seg, next, off;
	uint32_t nblocks; /* data blocks in the open chunk; nodes not yet written */
	uint8_t *blocks;  /* head block, then data */
	bool lent;        /* they are the device's */
	uint8_t *records; /* of the open chunk */
	uint32_t record_len;
	uint32_t last_map; /* the RECORD_MAP that the next block may extend; NONE */
	bool has_places;   /* there are RECORD_PLACEs in the open chunk */
};

/* Dead blocks of segments in use, to be written to (holes.c). */
struct holes {
	uint64_t *used;  /* a bit for each block of the segments; nullptr: not known */
	uint64_t *dying; /* in use until the next checkpoint */
	uint8_t *blocks; /* data on its way to n blocks from `first` on */
	uint64_t first;
	uint32_t n;
	uint32_t seg, off; /* where to look next; NONE */
	uint32_t rotor;    /* for choosing segments */
	bool allowed;      /* the format has it */
	bool on;           /* new data goes to holes */
	bool dry;          /* there are none before the next checkpoint */
};

/* What the caller may count on: blocks that hold something, or are promised to. */
struct space {
	uint64_t capacity;
	uint64_t live;     /* on the device, in the current tree */
	uint64_t kept;     /* by fs_allocate() */
	uint64_t reserved; /* by fs_reserve() */
	uint64_t pinned;   /* dead, but held by a snapshot */
};

struct fs {
	struct fs_device dev;
	struct fs_host host;
	fs_crc_fn *crc;

	/* geometry */
	uint32_t block_size, block_shift, segment_blocks, segment_shift, fsid;
	uint64_t main, nsegments, table_blocks, max_inodes, hash_seed, blocks;
	uint32_t chunk_max, tail_max;  /* blocks */
	uint32_t item_max, inline_max; /* bytes */
	uint8_t uuid[16];
	char label[33];

	bool read_only; /* asked for, or forced by an unknown feature */
	bool broken;    /* memory and device may disagree: nothing may be written any more */
	bool replaying, is_snapshot, repairing;
	bool op_changed; /* the running operation changed something */

	/* checkpoint */
	uint64_t seq; /* of the last complete one */
	uint64_t next_ino, inodes;
	struct ptr root;
	uint32_t height;
	bool changed; /* since the last checkpoint */
	uint8_t *table_home;
	bool *table_dirty;

	/* log */
	uint64_t chunk_seq;
	uint32_t chunk_crc;              /* of the last one since the checkpoint */
	uint64_t transaction, committed; /* numbers: running, last durable */
	uint64_t log_blocks;             /* since the last checkpoint */
	bool log_lost;                   /* records were dropped: only a checkpoint can commit */
	struct stream stream[STREAMS];

	/* segments */
	struct segment *segment;
	uint32_t nfree, dead_list, rotor;
	uint64_t pin_seq; /* newest snapshot; 0: none */
	struct holes holes;
	struct space space;

	/* nodes */
	struct node **node_hash;
	struct node *node_hand;
	struct trail trail;
	uint32_t node_hash_mask, nnodes, node_goal, ndirty;
	uint64_t next_temp;

	/* inodes */
	struct inode **inode_hash;
	struct inode *inode_hand, *inode_dirty, *inode_dirty_last;
	uint32_t inode_hash_mask, ninodes, ninodes_dirty, inode_goal;

	/* one block each, for one function at a time */
	uint8_t *scratch_node, *scratch_data, *scratch_tail;
	uint8_t *value;    /* item_max */
	uint32_t *run_crc; /* chunk_max */
	le32 *cut_crc, *map_crc;
	struct chunk_reader *cleaner; /* also for replay */
	struct fs_stat stat;
};

/* Device, memory and messages (host.c). */
void *mem_alloc(struct fs *fs, size_t len);
void mem_free(struct fs *fs, void *p, size_t len);
int64_t time_now(struct fs *fs);
void report(struct fs *fs, const char *text, uint64_t a, uint64_t b);
enum fs_err blocks_read(struct fs *fs, uint64_t addr, void *buf, uint32_t n);
enum fs_err blocks_write(struct fs *fs, uint64_t addr, const void *buf, uint32_t n);
enum fs_err device_flush(struct fs *fs);

static inline bool key_less(struct key a, struct key b)
{
	return a.ino < b.ino || (a.ino == b.ino && a.off < b.off);
}

static inline bool key_equal(struct key a, struct key b)
{
	return a.ino == b.ino && a.off == b.off;
}

constexpr unsigned KEY_SHIFT = 56;
constexpr uint64_t KEY_OFF_MAX = (1ull << KEY_SHIFT) - 1;

static inline struct key key_make(uint64_t ino, enum item_type type, uint64_t off)
{
	return (struct key){ ino, (uint64_t)type << KEY_SHIFT | off };
}

static inline enum item_type key_type(struct key k)
{
	return (enum item_type)(k.off >> KEY_SHIFT);
}

static inline uint64_t key_off(struct key k)
{
	return k.off & KEY_OFF_MAX;
}

static inline struct key key_get(struct d_key k)
{
	return (struct key){ get64(k.ino), get64(k.off) };
}

/* The least key above k. */
static inline struct key key_after(struct key k)
{
	return k.off == UINT64_MAX ? (struct key){ k.ino + 1, 0 }
				   : (struct key){ k.ino, k.off + 1 };
}

static inline struct d_key key_put(struct key k)
{
	return (struct d_key){ put64(k.ino), put64(k.off) };
}
