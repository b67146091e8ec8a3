/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What there is to know about a file without reading it, and whether a digest
 * that was stored for it still holds.
 */
#ifndef INTERDICT_FILE_BPF_H
#define INTERDICT_FILE_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"

/* include/uapi/linux/magic.h */
#define EXT4_SUPER_MAGIC      0xEF53U
#define XFS_SUPER_MAGIC	      0x58465342U
#define BTRFS_SUPER_MAGIC     0x9123683EU
#define TMPFS_MAGIC	      0x01021994U
#define OVERLAYFS_SUPER_MAGIC 0x794c7630U
#define FUSE_SUPER_MAGIC      0x65735546U

/* Documentation/admin-guide/devices.txt: block devices whose content somebody
 * else may write. */
#define LOOP_MAJOR 7
#define NBD_MAJOR  43
#define DRBD_MAJOR 147

/* A change of an overlay's real file shows only in ctime, which moves in ticks
 * of up to 10 ms (HZ=100); a digest is kept only if ctime is older than this. */
#define CTIME_SETTLED_NS 20000000LL

/* facts.flags */
#define FACT_REGULAR	  0x01U
#define FACT_OVERLAY	  0x02U
#define FACT_CACHEABLE	  0x04U
#define FACT_UNVERIFIABLE 0x08U /* FUSE, or mounted by a user namespace */
#define FACT_INCONSISTENT 0x10U /* overlay and real file differ, or no real file */
#define FACT_X_BIT	  0x20U
#define FACT_DEV_PRIVATE  0x40U
#define FACT_TRANSIENT	  0x80U /* not cacheable, for its file system's sake */

struct facts {
	struct file_stamp stamp; /* of the real file */
	u64 address;		 /* of the real inode */
	u64 view_size;		 /* as the file itself reports it */
	s64 view_ctime_sec;	 /* so does this */
	u32 view_ctime_nsec;
	s32 writecount;
	u32 flags;
	u32 reserved;
};

static __always_inline bool super_is_foreign(struct super_block *sb)
{
	return PEEK(sb, s_user_ns, level) != 0 ||
	       (u32)PEEK(sb, s_magic) == FUSE_SUPER_MAGIC;
}

/* False also for no device at all. */
static __always_inline bool device_is_private(struct block_device *bdev)
{
	u32 major = PEEK(bdev, bd_dev) >> 20;

	return bdev && major != LOOP_MAJOR && major != NBD_MAJOR && major != DRBD_MAJOR;
}

#define BTRFS_DEVICES_MAX 8

/*
 * btrfs has its devices in a list of its own, and checksums of data do not replace
 * knowing them: files may have none (chattr +C), and who writes the image can compute
 * them. Not known, or too many: false.
 */
static __always_inline bool btrfs_is_private(struct super_block *sb)
{
	struct btrfs_fs_info *info = BPF_CORE_READ(sb, s_fs_info);
	struct btrfs_fs_devices *devices;
	struct list_head *head, *link;

	if (!bpf_core_type_exists(struct btrfs_fs_info))
		return false;
	devices = BPF_CORE_READ(info, fs_devices);
	if (!devices)
		return false;
	head = (void *)devices + bpf_core_field_offset(struct btrfs_fs_devices, devices);
	link = BPF_CORE_READ(head, next);
	for (int i = 0; i < BTRFS_DEVICES_MAX && link && link != head; i++) {
		struct btrfs_device *device =
			(void *)link - bpf_core_field_offset(struct btrfs_device, dev_list);

		if (!device_is_private(BPF_CORE_READ(device, bdev)))
			return false;
		link = BPF_CORE_READ(link, next);
	}
	return link == head;
}

/* Allow-list of file systems whose change stamps were tried. */
static __always_inline bool super_is_cacheable(struct super_block *sb)
{
	switch ((u32)PEEK(sb, s_magic)) {
	case TMPFS_MAGIC:
		return true;
	case BTRFS_SUPER_MAGIC:
		return btrfs_is_private(sb);
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
		return device_is_private(PEEK(sb, s_bdev));
	}
	return false;
}

/* Fills facts->stamp (but for .writes), .address and .writecount from @inode. */
static __always_inline void facts_stamp(struct facts *facts, struct inode *inode)
{
	struct file_stamp *stamp = &facts->stamp;

	stamp->inode = PEEK(inode, i_ino);
	stamp->size = (u64)PEEK(inode, i_size);
	inode_ctime(inode, &stamp->ctime_sec, &stamp->ctime_nsec);
	stamp->dev = PEEK(inode, i_sb, s_dev);
	stamp->version = (u64)PEEK(inode, i_version.counter) >> 1;
	stamp->inode_generation = PEEK(inode, i_generation);
	stamp->reserved = 0;
	facts->address = (u64)inode;
	facts->writecount = PEEK(inode, i_writecount.counter);
}

static __always_inline u64 *write_opens_find(u64 address)
{
	u32 slot = (u32)((address * 0x9E3779B97F4A7C15ULL) >> (64 - WRITE_OPENS_BITS));

	return bpf_map_lookup_elem(&write_opens, &slot);
}

/*
 * What counts the changes of content that no number of the inode shows: EXT4_IOC_MOVE_EXT takes
 * a file's blocks away (it has zeroes there then) and leaves ctime, i_version and size as they
 * were (mext_move_extent()); whoever may write to two files of his own may call it.
 */
static __always_inline u64 unseen_writes(u64 address)
{
	u64 *opens;

	if (backend != BACKEND_LSM)
		return READ_ONCE(blocks_moved);
	opens = write_opens_find(address);
	return opens ? READ_ONCE(*opens) : 0;
}

static __always_inline bool facts_same_ctime(struct inode *a, struct inode *b)
{
	s64 sec[2];
	u32 nsec[2];

	inode_ctime(a, &sec[0], &nsec[0]);
	inode_ctime(b, &sec[1], &nsec[1]);
	return sec[0] == sec[1] && nsec[0] == nsec[1];
}

/*
 * Reads what is known of @file now. On overlayfs goes on with the real file
 * beneath (overlayfs stacks two deep at most: FILESYSTEM_MAX_STACK_DEPTH).
 * stamp.writes: unseen_writes(); the lsm backend replaces it where it has counted better.
 */
static __always_inline void facts_read(struct facts *facts, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode); /* as a number */
	struct super_block *sb = PEEK(inode, i_sb);
	u32 mode = PEEK(inode, i_mode);
	struct inode *real;

	__builtin_memset(facts, 0, sizeof(*facts));
	if ((mode & S_IFMT) != S_IFREG)
		return;
	facts->flags = FACT_REGULAR;
	if (mode & S_IXUGO)
		facts->flags |= FACT_X_BIT;
	facts->view_size = (u64)PEEK(inode, i_size);
	inode_ctime(inode, &facts->view_ctime_sec, &facts->view_ctime_nsec);
	if (super_is_foreign(sb))
		facts->flags |= FACT_UNVERIFIABLE;
	if ((u32)PEEK(sb, s_magic) == BTRFS_SUPER_MAGIC)
		facts->flags |= FACT_DEV_PRIVATE;

	for (int depth = 0; depth < 2; depth++) {
		if ((u32)PEEK(sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
			break;
		facts->flags |= FACT_OVERLAY | FACT_DEV_PRIVATE;
		file = overlay_real_file(file);
		real = file ? BPF_CORE_READ(file, f_inode) : NULL;
		if (!real) {
			facts->flags |= FACT_INCONSISTENT;
			return;
		}
		if (overlay_is_stale(inode, real, facts_same_ctime(inode, real)))
			facts->flags |= FACT_INCONSISTENT;
		inode = real;
		sb = PEEK(inode, i_sb);
		if (super_is_foreign(sb))
			facts->flags |= FACT_UNVERIFIABLE;
	}
	facts_stamp(facts, inode);
	facts->stamp.writes = unseen_writes(facts->address);
	if (facts->stamp.size != facts->view_size)
		facts->flags |= FACT_INCONSISTENT;
	if (!(facts->flags & FACT_UNVERIFIABLE) && super_is_cacheable(sb))
		facts->flags |= FACT_CACHEABLE;
	else
		facts->flags |= FACT_TRANSIENT;
}

/*
 * facts_read(), walked by the verifier once and not once a caller. Such a function takes no
 * pointer to a file for a number (6.1), so it goes by its address. It is in tracepoint.bpf.c,
 * the one object that can read without a call for each field (peek.bpf.h). Returns 0.
 */
int facts_read_at(struct facts *facts, u64 file);

static __always_inline u64 file_address(struct file *file)
{
	u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &file);
	return address;
}

/*
 * The file behind a descriptor of the current process; NULL: none. To the verifier it is a number,
 * not a pointer.
 */
static __always_inline struct file *file_of_fd(u32 fd)
{
	struct fdtable *table = bpf_get_current_task_btf()->files->fdt;
	struct file *file = NULL;

	if (fd >= table->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd);
	return file;
}

static __always_inline bool stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->inode == b->inode && a->size == b->size && a->ctime_sec == b->ctime_sec &&
	       a->ctime_nsec == b->ctime_nsec && a->dev == b->dev && a->version == b->version &&
	       a->writes == b->writes && a->inode_generation == b->inode_generation;
}

/* True if the last change is old enough for the next one to move ctime. */
static __always_inline bool stamp_settled(const struct file_stamp *stamp)
{
	s64 now = (s64)bpf_ktime_get_boot_ns() + runtime.realtime_offset;
	s64 changed = stamp->ctime_sec * 1000000000LL + stamp->ctime_nsec;

	return now - changed > CTIME_SETTLED_NS;
}

static __always_inline void facts_key(const struct facts *facts, struct digest_key *key)
{
	key->address = facts->address;
	key->inode = facts->stamp.inode;
	key->dev = facts->stamp.dev;
	key->inode_generation = facts->stamp.inode_generation;
}

/*
 * Marks for good: a page of the file may be pinned (io_uring, FUSE direct reads)
 * and written after descriptor and mapping are gone, and no number of the stamp
 * shows it. When there is no room to remember, nothing is cached any more.
 */
static __always_inline void taint_set(const struct facts *facts)
{
	struct digest_key key;
	u32 one = 1;

	facts_key(facts, &key);
	if (!bpf_map_update_elem(&tainted, &key, &one, BPF_ANY) || taint_overflow)
		return;
	taint_overflow = 1;
	count(COUNTER_TAINT_FULL);
}

static __always_inline bool taint_find(const struct facts *facts)
{
	struct digest_key key;

	facts_key(facts, &key);
	return taint_overflow || bpf_map_lookup_elem(&tainted, &key);
}

/*
 * The digest map's value for the file, if it is whole, of the kind that @flags names
 * (DIGEST_*) and still holds: copied to @ret, because elements are reused while they
 * are read.
 */
static __always_inline bool digests_find(const struct facts *facts, u32 flags,
					 struct cached_digest *ret)
{
	struct cached_digest *found;
	struct digest_key key;

	facts_key(facts, &key);
	found = bpf_map_lookup_elem(&digests, &key);
	if (!found)
		return false;
	__builtin_memcpy(ret, found, sizeof(*ret));
	return ret->seal == digest_seal(ret) && ret->flags == flags &&
	       stamp_equal(&ret->stamp, &facts->stamp);
}

#endif
