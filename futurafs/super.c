/* SPDX-License-Identifier: MPL-2.0 */
/* Plans, writes and reads the superblock. */
#include "futurafs/super.h"

static uint32_t super_crc(fs_crc_fn *crc, const uint8_t *bytes)
{
	size_t from = offsetof(struct d_super, major);

	return crc(0, bytes + from, SUPER_BYTES - from);
}

static bool is_power_of_two(uint64_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

/* Does it describe a volume that fits the device? */
static bool super_is_sound(const struct d_super *s, uint64_t device_size)
{
	uint64_t bs = get32(s->block_size), sb = get32(s->segment_blocks);
	uint64_t blocks = get64(s->blocks), segments = get64(s->segments), main = get64(s->main);
	uint64_t table = get64(s->table_blocks);

	if (!is_power_of_two(bs) || bs < 1024 || bs > 32768 || !is_power_of_two(sb) || sb < 16 ||
	    sb > 32768 || blocks > device_size / bs || segments > blocks / sb || segments < 1 ||
	    segments >= UINT32_MAX || main >= blocks || table > blocks)
		return false;
	uint64_t per = (bs - sizeof(struct d_table)) / sizeof(struct d_segment);
	return table == (segments + per - 1) / per && main >= TABLE_BLOCK + 2 * table &&
	       main + segments * sb < blocks && (table + 7) / 8 <= bs - sizeof(struct d_checkpoint);
}

static bool super_try(const struct fs_device *dev, fs_crc_fn *crc, uint64_t off, uint8_t *bytes)
{
	const struct d_super *s = (const struct d_super *)bytes;

	return dev->size >= SUPER_BYTES && off <= dev->size - SUPER_BYTES &&
	       dev->read(dev->ctx, off, bytes, SUPER_BYTES) == FS_OK &&
	       get64(s->magic) == SUPER_MAGIC && super_crc(crc, bytes) == get32(s->crc) &&
	       super_is_sound(s, dev->size);
}

bool super_is_whole(const struct fs_device *dev, fs_crc_fn *crc, const struct d_super *s)
{
	uint64_t bs = get32(s->block_size);
	uint8_t bytes[SUPER_BYTES];

	return super_try(dev, crc, 0, bytes) && bytes_compare(bytes, s, sizeof(*s)) == 0 &&
	       super_try(dev, crc, (get64(s->blocks) - 1) * bs, bytes) &&
	       bytes_compare(bytes, s, sizeof(*s)) == 0;
}

enum fs_err super_read(const struct fs_device *dev, fs_crc_fn *crc, struct d_super *s)
{
	uint8_t bytes[SUPER_BYTES];
	bool found = super_try(dev, crc, 0, bytes);

	for (uint64_t bs = 1024; !found && bs <= 32768 && dev->size >= 2 * bs; bs *= 2)
		found = super_try(dev, crc, (dev->size / bs - 1) * bs, bytes);
	if (!found)
		return FS_CORRUPT;
	bytes_copy(s, bytes, sizeof(*s));
	if (get32(s->major) != FORMAT_MAJOR || get64(s->incompat) & ~FEATURES_INCOMPAT)
		return FS_UNSUPPORTED;
	return FS_OK;
}

enum fs_err super_write(struct fs *fs, const struct d_super *s)
{
	struct d_super *d = (struct d_super *)fs->scratch_data;

	bytes_zero(d, fs->block_size);
	*d = *s;
	d->crc = put32(super_crc(fs->crc, fs->scratch_data));
	TRY(blocks_write(fs, 0, d, 1));
	return blocks_write(fs, fs->blocks - 1, d, 1);
}

/* Small volumes get small segments: at least 128 of them where that leaves 32 blocks each. */
static uint32_t plan_segment_blocks(uint64_t blocks)
{
	uint32_t sb = 32;

	while (sb < 512 && blocks / sb > 256)
		sb *= 2;
	/* The table of a huge volume is kept in memory, so bound its length. */
	while (sb < 32768 && blocks / sb > 1u << 19)
		sb *= 2;
	return sb;
}

enum fs_err super_plan(uint64_t size, const struct fs_format *format, int64_t now,
		       struct d_super *s)
{
	uint32_t bs = format->block_size != 0 ? format->block_size : 4096;

	if (!is_power_of_two(bs) || bs < 1024 || bs > 32768)
		return FS_BAD_ARGUMENT;
	uint64_t blocks = size / bs;
	uint32_t sb = format->segment_blocks;
	if (sb == 0)
		sb = plan_segment_blocks(blocks);
	if (!is_power_of_two(sb) || sb < 16 || sb > 32768)
		return FS_BAD_ARGUMENT;
	uint64_t per = (bs - sizeof(struct d_table)) / sizeof(struct d_segment);
	uint64_t segments = format->segments != 0 ? format->segments : blocks / sb;
	uint64_t table, main;
	for (;; segments--) {
		table = (segments + per - 1) / per;
		main = TABLE_BLOCK + 2 * table;
		if (segments < 16)
			return FS_NO_SPACE;
		if (segments < UINT32_MAX && segments <= blocks / sb &&
		    main + segments * sb < blocks)
			break;
		if (format->segments != 0)
			return FS_NO_SPACE;
	}
	const uint8_t *u = format->uuid;
	le32 fsid = { { u[0], u[1], u[2], u[3] } };
	le64 seed = { { u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15] } };
	*s = (struct d_super){ .magic = put64(SUPER_MAGIC),
			       .major = put32(FORMAT_MAJOR),
			       .minor = put32(FORMAT_MINOR),
			       .incompat = put64(FEATURE_HOLES),
			       .block_size = put32(bs),
			       .fsid = fsid,
			       .segment_blocks = put32(sb),
			       .segments = put64(segments),
			       .blocks = put64(blocks),
			       .main = put64(main),
			       .table_blocks = put64(table),
			       .max_inodes = put64(format->max_inodes),
			       .hash_seed = seed,
			       .created = put64((uint64_t)now) };
	bytes_copy(s->uuid, format->uuid, sizeof(s->uuid));
	bytes_copy(s->label, format->label, sizeof(s->label));
	return super_is_sound(s, size) ? FS_OK : FS_BAD_ARGUMENT;
}
