/* SPDX-License-Identifier: MPL-2.0 */
/* Kinds of binary data by their first bytes. Formats are named as file(1) of Debian names them. */
#include "apps/utils/magic.h"
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct view {
	const unsigned char *p;
	size_t n;
	int fd;
};

static uint32_t little(const struct view *v, size_t at, int size)
{
	uint32_t n = 0;

	for (int i = size - 1; i >= 0; i--)
		n = n << 8 | (at + (size_t)i < v->n ? v->p[at + (size_t)i] : 0);
	return n;
}

static uint32_t big(const struct view *v, size_t at, int size)
{
	uint32_t n = 0;

	for (int i = 0; i < size; i++)
		n = n << 8 | (at + (size_t)i < v->n ? v->p[at + (size_t)i] : 0);
	return n;
}

/* -- what some formats tell beyond their name -- */

static void gzip_tell(struct magic *m, const struct view *v)
{
	static const char *const systems[] = { "FAT filesystem (MS-DOS, OS/2, NT)",
					       "Amiga",
					       "VMS",
					       "Unix",
					       "VM/CMS",
					       "Atari",
					       "HPFS filesystem (OS/2, NT)",
					       "MacOS",
					       "Z-System",
					       "CP/M",
					       "TOPS/20",
					       "NTFS filesystem (NT)" };
	unsigned flags = little(v, 3, 1), system = little(v, 9, 1), effort = little(v, 8, 1);
	time_t when = (time_t)little(v, 4, 4);
	unsigned char tail[4];
	struct stat st;
	struct tm tm;
	char date[64];

	if ((flags & 8) != 0 && (flags & 4) == 0 && v->n > 10) {
		const void *end = memchr(v->p + 10, '\0', v->n - 10);
		if (end != nullptr)
			text_format(&m->words, ", was \"%s\"", (const char *)v->p + 10);
	}
	if (when != 0 &&
	    strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", localtime_r(&when, &tm)))
		text_format(&m->words, ", last modified: %s", date);
	if (effort == 2 || effort == 4)
		text_format(&m->words, ", max %s", effort == 2 ? "compression" : "speed");
	if (system < sizeof systems / sizeof *systems)
		text_format(&m->words, ", from %s", systems[system]);
	if (v->fd >= 0 && fstat(v->fd, &st) == 0 && st.st_size >= 18 &&
	    pread(v->fd, tail, 4, st.st_size - 4) == 4) {
		const struct view end = { tail, 4, -1 };
		text_format(&m->words, ", original size modulo 2^32 %u", little(&end, 0, 4));
	}
}

static void bzip2_tell(struct magic *m, const struct view *v)
{
	unsigned c = little(v, 3, 1);

	if (c >= '1' && c <= '9')
		text_format(&m->words, ", block size = %c00k", (int)c);
}

static void xz_tell(struct magic *m, const struct view *v)
{
	static const char *const checks[] = {
		[0] = "NONE", [1] = "CRC32", [4] = "CRC64", [10] = "SHA-256"
	};
	unsigned check = little(v, 7, 1) & 15;

	if (check <= 10 && checks[check] != nullptr)
		text_format(&m->words, ", checksum %s", checks[check]);
}

static void zstd_tell(struct magic *m, const struct view *v)
{
	static const int sizes[] = { 0, 1, 2, 4 };
	unsigned flags = little(v, 4, 1);

	if ((flags & 3) == 0)
		text_add_string(&m->words, ", Dictionary ID: None");
	else
		text_format(&m->words, ", Dictionary ID: %u",
			    little(v, (flags & 0x20) != 0 ? 5 : 6, sizes[flags & 3]));
}

static void png_tell(struct magic *m, const struct view *v)
{
	static const char *const colors[] = { "grayscale",  nullptr, "/color RGB", " colormap",
					      "gray+alpha", nullptr, "/color RGBA" };
	unsigned color = big(v, 25, 1), interlaced = big(v, 28, 1);

	if (v->n < 29 || memcmp(v->p + 12, "IHDR", 4) != 0)
		return;
	text_format(&m->words, ", %u x %u, %u-bit", big(v, 16, 4), big(v, 20, 4), big(v, 24, 1));
	if (color < 7 && colors[color] != nullptr)
		text_format(&m->words, "%s%s", color == 0 || color == 4 ? " " : "", colors[color]);
	text_format(&m->words, ", %s", interlaced ? "interlaced" : "non-interlaced");
}

static void gif_tell(struct magic *m, const struct view *v)
{
	if (v->n < 10)
		return;
	text_format(&m->words, ", version %.3s, %u x %u", (const char *)v->p + 3, little(v, 6, 2),
		    little(v, 8, 2));
}

static void jpeg_tell(struct magic *m, const struct view *v)
{
	if (v->n < 20 || memcmp(v->p + 6, "JFIF", 5) != 0)
		return;
	text_format(&m->words, ", JFIF standard %u.%02u", v->p[11], v->p[12]);
	text_format(&m->words, ", %s, density %ux%u, segment length %u",
		    v->p[13] == 0   ? "aspect ratio"
		    : v->p[13] == 1 ? "resolution (DPI)"
				    : "resolution (DPCM)",
		    big(v, 14, 2), big(v, 16, 2), big(v, 4, 2));
}

static void pdf_tell(struct magic *m, const struct view *v)
{
	if (v->n >= 8 && v->p[6] == '.')
		text_format(&m->words, ", version %c.%c", v->p[5], v->p[7]);
}

static void zip_tell(struct magic *m, const struct view *v)
{
	static const char *const methods[] = {
		[0] = "store", [8] = "deflate", [12] = "bzip2", [14] = "lzma"
	};
	unsigned version = little(v, 4, 1), method = little(v, 8, 2);

	text_format(&m->words, ", at least v%u.%u to extract", version / 10, version % 10);
	if (method < sizeof methods / sizeof *methods && methods[method] != nullptr)
		text_format(&m->words, ", compression method=%s", methods[method]);
}

/* Volume names of ISO 9660 and of ext have blanks or NULs behind them. */
static void label_tell(struct magic *m, const struct view *v, size_t at, size_t most)
{
	size_t n = 0;

	while (n < most && at + n < v->n && v->p[at + n] != '\0')
		n++;
	while (n > 0 && v->p[at + n - 1] == ' ')
		n--;
	text_format(&m->words, "'%.*s'", (int)n, (const char *)v->p + at);
}

static void iso_tell(struct magic *m, const struct view *v)
{
	if (v->n > 512 && v->p[510] == 0x55 && v->p[511] == 0xaa)
		text_add_string(&m->words, " (DOS/MBR boot sector)");
	text_add_char(&m->words, ' ');
	label_tell(m, v, 0x8028, 32);
	if (v->n > 0x8828 && memcmp(v->p + 0x8800, "\0CD001\1EL TORITO", 16) == 0)
		text_add_string(&m->words, " (bootable)");
}

static void arm64_tell(struct magic *m, const struct view *v)
{
	static const char *const pages[] = { "", ", 4K pages", ", 16K pages", ", 64K pages" };
	uint32_t flags = little(v, 24, 4);

	text_format(&m->words, ", %s-endian%s", flags & 1 ? "big" : "little",
		    pages[flags >> 1 & 3]);
}

/* -- the table -- */

struct kind {
	size_t at;
	const char *bytes;
	size_t len;
	const char *words, *mime;
	void (*tell)(struct magic *m, const struct view *v);
};

#define BYTES(text) text, sizeof text - 1

static const struct kind kinds[] = {
	{ 0, BYTES("\x1f\x8b"), "gzip compressed data", "application/gzip", gzip_tell },
	{ 0, BYTES("BZh"), "bzip2 compressed data", "application/x-bzip2", bzip2_tell },
	{ 0,
	  BYTES("\xfd"
		"7zXZ\0"),
	  "XZ compressed data", "application/x-xz", xz_tell },
	{ 0, BYTES("\x28\xb5\x2f\xfd"), "Zstandard compressed data (v0.8+)", "application/zstd",
	  zstd_tell },
	{ 0, BYTES("\x04\x22\x4d\x18"), "LZ4 compressed data (v1.4+)", "application/x-lz4",
	  nullptr },
	{ 0, BYTES("7z\xbc\xaf\x27\x1c"), "7-zip archive data", "application/x-7z-compressed",
	  nullptr },
	{ 257, BYTES("ustar  \0"), "POSIX tar archive (GNU)", "application/x-tar", nullptr },
	{ 257, BYTES("ustar\0"), "POSIX tar archive", "application/x-tar", nullptr },
	{ 0, BYTES("PK\x03\x04"), "Zip archive data", "application/zip", zip_tell },
	{ 0, BYTES("PK\x05\x06"), "Zip archive data (empty)", "application/zip", nullptr },
	{ 0, BYTES("070701"), "ASCII cpio archive (SVR4 with no CRC)", "application/x-cpio",
	  nullptr },
	{ 0, BYTES("070702"), "ASCII cpio archive (SVR4 with CRC)", "application/x-cpio", nullptr },
	{ 0, BYTES("070707"), "ASCII cpio archive (pre-SVR4 or odc)", "application/x-cpio",
	  nullptr },
	{ 0, BYTES("\xc7\x71"), "cpio archive", "application/x-cpio", nullptr },
	{ 0, BYTES("\x71\xc7"), "byte-swapped cpio archive", "application/x-cpio", nullptr },
	{ 0, BYTES("!<arch>\ndebian-binary"), "Debian binary package",
	  "application/vnd.debian.binary-package", nullptr },
	{ 0, BYTES("!<arch>\n"), "current ar archive", "application/x-archive", nullptr },
	{ 0, BYTES("!<thin>\n"), "thin archive with no symbol table", "application/x-archive",
	  nullptr },
	{ 0, BYTES("\x89PNG\r\n\x1a\n"), "PNG image data", "image/png", png_tell },
	{ 0, BYTES("GIF8"), "GIF image data", "image/gif", gif_tell },
	{ 0, BYTES("\xff\xd8\xff"), "JPEG image data", "image/jpeg", jpeg_tell },
	{ 8, BYTES("WEBP"), "RIFF (little-endian) data, Web/P image", "image/webp", nullptr },
	{ 8, BYTES("WAVE"), "RIFF (little-endian) data, WAVE audio", "audio/x-wav", nullptr },
	{ 4, BYTES("ftyp"), "ISO Media", "video/mp4", nullptr },
	{ 0, BYTES("OggS"), "Ogg data", "application/ogg", nullptr },
	{ 0, BYTES("fLaC"), "FLAC audio bitstream data", "audio/flac", nullptr },
	{ 0, BYTES("ID3"), "Audio file with ID3", "audio/mpeg", nullptr },
	{ 0, BYTES("%PDF-"), "PDF document", "application/pdf", pdf_tell },
	{ 0, BYTES("SQLite format 3\0"), "SQLite 3.x database", "application/vnd.sqlite3",
	  nullptr },
	{ 0, BYTES("\0asm"), "WebAssembly (wasm) binary module", "application/wasm", nullptr },
	{ 0, BYTES("\xca\xfe\xba\xbe"), "compiled Java class data", "application/x-java-applet",
	  nullptr },
	{ 0, BYTES("\xd0\x0d\xfe\xed"), "Device Tree Blob", "application/octet-stream", nullptr },
	{ 56, BYTES("ARM\x64"), "Linux kernel ARM64 boot executable Image",
	  "application/octet-stream", arm64_tell },
	{ 514, BYTES("HdrS"), "Linux kernel x86 boot executable", "application/octet-stream",
	  nullptr },
	{ 0x8001, BYTES("CD001"), "ISO 9660 CD-ROM filesystem data", "application/x-iso9660-image",
	  iso_tell },
	{ 0x438, BYTES("\x53\xef"), "Linux ext2/3/4 filesystem data", "application/octet-stream",
	  nullptr },
	{ 0, BYTES("FUTURAFS"), "FuturaFS filesystem data", "application/octet-stream", nullptr },
	{ 0, BYTES("hsqs"), "Squashfs filesystem, little endian", "application/octet-stream",
	  nullptr },
	{ 0, BYTES("QFI\xfb"), "QEMU QCOW Image", "application/x-qemu-disk", nullptr },
	{ 510, BYTES("\x55\xaa"), "DOS/MBR boot sector", "application/octet-stream", nullptr },
	{ 0, BYTES("MZ"), "MS-DOS executable", "application/x-dosexec", nullptr },
};

/* A tar archive of the seventh edition has no mark, but a checksum of its header. */
static bool is_old_tar(const struct view *v)
{
	unsigned sum = 0, want = 0;

	if (v->n < 512 || v->p[0] == '\0')
		return false;
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : v->p[i];
	for (size_t i = 148; i < 156 && v->p[i] != '\0'; i++) {
		if (v->p[i] >= '0' && v->p[i] <= '7')
			want = want * 8 + v->p[i] - '0';
		else if (v->p[i] != ' ')
			return false;
	}
	return sum == want;
}

static bool table_find(struct magic *m, const struct view *v)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct kind *k = &kinds[i];
		if (v->n < k->at + k->len || memcmp(v->p + k->at, k->bytes, k->len) != 0)
			continue;
		text_add_string(&m->words, k->words);
		m->mime = k->mime;
		if (k->tell != nullptr)
			k->tell(m, v);
		return true;
	}
	if (!is_old_tar(v))
		return false;
	text_add_string(&m->words, "tar archive");
	m->mime = "application/x-tar";
	return true;
}

constexpr size_t TEXT_MOST = 1 << 16; /* bytes that are looked at as text */

void magic_find(struct magic *m, const unsigned char *bytes, size_t len, int fd)
{
	const struct view v = { bytes, len, fd };
	struct magic text = {};

	*m = (struct magic){ .charset = "binary", .mime = "application/octet-stream" };
	bool is_text = magic_text(&text, bytes, len < TEXT_MOST ? len : TEXT_MOST);
	if (len == 0) {
		text_add_string(&m->words, "empty");
		m->mime = "inode/x-empty";
	} else if (len == 1) {
		text_add_string(&m->words, "very short file (no magic)");
	} else if (magic_elf(m, bytes, len, fd)) {
		return;
	} else if (table_find(m, &v)) {
		m->charset = is_text ? text.charset : "binary";
	} else if (is_text) {
		*m = text;
	} else {
		text_add_string(&m->words, "data");
	}
}
