/* SPDX-License-Identifier: MPL-2.0 */
/* Streams: where new blocks go. One for the log with its data, one for cold data, one for nodes. */
#pragma once

#include "futurafs/fs.h"

enum fs_err stream_init(struct fs *fs, enum stream_id id);
void stream_fini(struct fs *fs, enum stream_id id);

/* Append block `fblk` of file `ino` to a data stream; it is on the device after chunk_close(). */
enum fs_err stream_put_data(struct fs *fs, enum stream_id id, uint64_t ino, uint64_t fblk,
			    const void *data, uint32_t crc, uint64_t *addr);
/* Choose the log's first segment, so that the first checkpoint can name it. */
enum fs_err stream_open_log(struct fs *fs);
/* Bytes of records that a chunk can have. */
uint32_t records_max(const struct fs *fs);

/* Where the block at addr is in memory, if its chunk is still open; else nullptr. */
const uint8_t *stream_find(struct fs *fs, uint64_t addr);
/* Write the open chunk. */
enum fs_err chunk_write(struct fs *fs, enum stream_id id, enum chunk_flags flags);
/* The same, if it holds data or commits. */
enum fs_err chunk_close(struct fs *fs, enum stream_id id, enum chunk_flags flags);

/* Append a node whose address is given by stream_node_addr(), which opens a segment if need be. */
enum fs_err stream_node_addr(struct fs *fs, uint64_t *addr);
enum fs_err stream_put_node(struct fs *fs, const void *block);
enum fs_err stream_flush_nodes(struct fs *fs);

/* Note a change in the log (log.c). Cannot fail: too much of it only makes a checkpoint due. */
void log_put(struct fs *fs, struct key k, const void *val, uint32_t len);
void log_del(struct fs *fs, struct key k);
void log_range(struct fs *fs, enum record_type type, uint64_t ino, uint64_t from, uint64_t end);
/* Blocks fblk to fblk + n of the file were written to addr, outside of the chunk. */
void log_place(struct fs *fs, uint64_t ino, uint64_t fblk, uint32_t n, uint64_t addr,
	       const uint32_t *crc);
/* Would the open chunk still fit with that much more? */
bool chunk_has_room(const struct fs *fs, const struct stream *s, uint32_t nblocks, uint32_t bytes);
/* Begin the log anew after a checkpoint. */
void log_reset(struct fs *fs);
