/* SPDX-License-Identifier: MPL-2.0 */
/* What lies on the device. docs/futurafs-format.md tells it byte by byte. */
#pragma once

#include "futurafs/bytes.h"

/*
 *	block 0          superblock (a copy is in the last block)
 *	1, 2 | 3, 4      checkpoint slots, written in turn, each block of a slot a copy of the other
 *	5 ...            segment table: every block has two homes; the checkpoint says which is
 *current main ...         segments: node segments, and data segments made of chunks
 *
 * A block address counts blocks from the start of the device. 0 is no address.
 */
constexpr uint64_t SUPER_MAGIC = 0x5346415255545546; /* "FUTURAFS" */
constexpr uint32_t CHECKPOINT_MAGIC = 0x504b4346;    /* "FCKP" */
constexpr uint32_t TABLE_MAGIC = 0x47455346;         /* "FSEG" */
constexpr uint32_t NODE_MAGIC = 0x444f4e46;          /* "FNOD" */
constexpr uint32_t CHUNK_MAGIC = 0x4b484346;         /* "FCHK" */

constexpr uint32_t FORMAT_MAJOR = 1, FORMAT_MINOR = 0;
constexpr uint64_t SLOT_BLOCK[2] = { 1, 3 };
constexpr uint64_t TABLE_BLOCK = 5;

/* A bit we do not know: compat: go on; ro_compat: mount read-only; incompat: do not mount. */
constexpr uint64_t FEATURE_HOLES = 1u << 0; /* incompat: the log may have RECORD_PLACE */
constexpr uint64_t FEATURES_COMPAT = 0, FEATURES_RO_COMPAT = 0, FEATURES_INCOMPAT = FEATURE_HOLES;

/* The superblock takes the first bytes of its block, so that it is read without knowing their size.
 */
constexpr uint32_t SUPER_BYTES = 1024;

struct d_super {
	le64 magic;
	le32 crc; /* of the SUPER_BYTES from the next field on */
	le32 major, minor;
	le32 block_size;
	le64 compat, ro_compat, incompat;
	uint8_t uuid[16];
	le32 fsid; /* from the uuid; every block written for this volume carries it */
	le32 segment_blocks;
	le64 segments;
	le64 blocks; /* of the device, when made */
	le64 main;   /* first block of segment 0 */
	le64 table_blocks;
	le64 max_inodes;
	le64 hash_seed;
	le64 created;
	char label[32];
};
static_assert(sizeof(struct d_super) == 160);

/* Where a node lies, and the checksum it must have. */
struct d_ptr {
	le64 addr;
	le32 crc;
};

struct d_stream {
	le32 seg, next; /* next: the segment that follows; ~0 if none is chosen yet */
	le32 off;       /* blocks of seg in use */
	le32 spare;
};

enum stream_id : uint8_t { STREAM_LOG, STREAM_COLD, STREAM_NODE, STREAMS };

struct d_checkpoint {
	le32 magic;
	le32 crc; /* of the block from the next field on */
	le32 fsid;
	le32 height; /* of the tree; 1: the root is a leaf */
	le64 seq;
	struct d_ptr root;
	le32 spare;
	le64 chunk_seq; /* of the first chunk after this checkpoint */
	le64 next_ino;
	le64 inodes;
	le64 kept; /* blocks promised by fs_allocate() */
	le64 time;
	struct d_stream stream[STREAMS];
	le64 spare2[4];
	uint8_t table_home[]; /* a bit for each block of the segment table: which home is current */
};
static_assert(sizeof(struct d_checkpoint) == 160);

enum segment_type : uint8_t { SEGMENT_FREE, SEGMENT_DATA, SEGMENT_NODE };

/* Not all that lives there is told of by chunks there. */
constexpr uint8_t SEGMENT_MIXED = 1u << 0;

struct d_segment {
	le16 live; /* blocks that the current tree refers to */
	uint8_t type;
	uint8_t flags; /* SEGMENT_MIXED */
	le32 age;      /* checkpoint during which its data was written, low bits */
	le64 birth; /* checkpoint that first holds the segment; pins it for snapshots not older */
};
static_assert(sizeof(struct d_segment) == 16);

struct d_table {
	le32 magic;
	le32 crc; /* of the block from the next field on */
	le32 fsid;
	le32 index;
	struct d_segment seg[];
};
static_assert(sizeof(struct d_table) == 16);

/* Tree. Keys sort by ino, then by type and offset. */
enum item_type : uint8_t {
	ITEM_INODE = 1,
	ITEM_INLINE = 2,   /* a small file's content, a short symbolic link's target */
	ITEM_XATTR = 3,    /* offset: hash of the name */
	ITEM_DIRENT = 4,   /* offset: hash of the name */
	ITEM_EXTENT = 5,   /* offset: first block of the file */
	ITEM_ORPHAN = 6,   /* offset: the inode whose blocks past its end are to be freed */
	ITEM_SNAPSHOT = 7, /* offset: number of the snapshot */
};
constexpr uint64_t ORPHANS_INO = 2, SNAPSHOTS_INO = 3, FIRST_INO = 16;

struct d_key {
	le64 ino;
	le64 off; /* type in the top 8 bits */
};

struct d_slot {
	struct d_key key;
	le16 off, len; /* of the value, in the block */
};
static_assert(sizeof(struct d_slot) == 20);

/* Leaves hold items; in nodes above, a value is a struct d_ptr and the key its lower bound. */
struct d_node {
	le32 magic;
	le32 crc; /* of the block from the next field on */
	le32 fsid;
	uint8_t level; /* 0: leaf */
	uint8_t spare;
	le16 count;
	le64 addr;              /* its own */
	le64 gen;               /* checkpoint it was written for */
	struct d_key low, high; /* keys k with low <= k < high belong here */
	le16 values;            /* offset of the lowest value */
	le16 spare2[3];
	struct d_slot slot[];
};
static_assert(sizeof(struct d_node) == 72);

constexpr uint32_t INODE_INLINE = 1u << 0; /* its data is an ITEM_INLINE */

struct d_inode {
	le32 mode; /* permissions; type in bits 16.. */
	le32 uid, gid, nlink;
	le64 size, blocks;
	le64 atime, mtime, ctime, btime;
	le64 rdev;
	le64 parent; /* of a directory */
	le32 flags;
	le32 state; /* INODE_* */
};
static_assert(sizeof(struct d_inode) == 88);

struct d_dirent {
	le64 ino;
	uint8_t type;
	char name[];
};

struct d_xattr {
	uint8_t name_len;
	uint8_t spare;
	char name[]; /* then the value */
};

enum extent_kind : uint8_t {
	EXTENT_DATA = 0,
	EXTENT_KEPT = 1, /* no blocks yet, but space is promised; reads as zeros */
	EXTENT_LOST = 2, /* data that fsck found damaged; reads fail */
};

struct d_extent {
	le64 addr;
	le32 count;
	uint8_t kind;
	uint8_t spare[3];
	le32 crc[]; /* of each block, for EXTENT_DATA */
};
static_assert(sizeof(struct d_extent) == 16);

struct d_snapshot {
	struct d_ptr root;
	le32 height;
	le64 seq, time, inodes;
	char name[64];
};

/*
 * A chunk is a head block, data blocks, and blocks with the records that did not fit the head. It
 * is written at once. Its records say what the data blocks are and what else changed, in order.
 */
enum chunk_flags : uint32_t {
	CHUNK_COMMIT = 1u << 0, /* all since the last such chunk happens together */
	CHUNK_QUIET = 1u << 1,  /* not part of the log: only tells what the data blocks are */
};

struct d_chunk {
	le32 magic;
	le32 crc; /* of head and trailing blocks, from the next field on */
	le32 fsid;
	le32 flags;
	le64 addr; /* its own */
	le64 seq;
	le64 checkpoint; /* the last one before it */
	le32 next;       /* segment in which the log goes on after this one */
	le16 data, tail; /* blocks */
	le32 record_bytes;
	le32 prev; /* CRC of the chunk before it in the log, 0 if none since the checkpoint */
	uint8_t records[];
};
static_assert(sizeof(struct d_chunk) == 56);

enum record_type : uint8_t {
	RECORD_PUT = 1,   /* key, value */
	RECORD_DEL = 2,   /* key */
	RECORD_MAP = 3,   /* the next `len` data blocks are those of file ino from block `off` on */
	RECORD_CLEAR = 4, /* blocks off to end of file ino become holes */
	RECORD_KEEP = 5,  /* holes among blocks off to end of file ino become kept */
	RECORD_PLACE =
		6, /* `len` blocks at an address elsewhere are those of file ino from `off` on */
};

struct d_record {
	uint8_t type;
	uint8_t spare;
	le16 len; /* of the value; RECORD_MAP: number of blocks */
	le64 ino, off;
	/*
	 * PUT: value; MAP: a le32 crc for each block; CLEAR, KEEP: le64 end; PLACE: le64 address,
	 * then as MAP.
	 */
	uint8_t body[];
};
static_assert(sizeof(struct d_record) == 20);
