/* What stat(2) tells, in the fields and types of each system. */
#if defined(__APPLE__) || defined(TARGET_DARWIN)
struct target_file_info {
    int32_t st_dev;
    uint16_t st_mode;
    uint16_t st_nlink;
    uint64_t st_ino;
    uint32_t st_uid;
    uint32_t st_gid;
    int32_t st_rdev;
    struct timespec st_atimespec;
    struct timespec st_mtimespec;
    struct timespec st_ctimespec;
    struct timespec st_birthtimespec;
    int64_t st_size;
    int64_t st_blocks;
    int32_t st_blksize;
    uint32_t st_flags;
    uint32_t st_gen;
    int32_t st_lspare;
    int64_t st_qspare[2];
};
#elif defined(__FreeBSD__) || defined(TARGET_FREEBSD)
struct target_file_info {
    uint64_t st_dev;
    uint64_t st_ino;
    uint64_t st_nlink;
    uint16_t st_mode;
    int16_t st_padding;
    uint32_t st_uid;
    uint32_t st_gid;
    int32_t st_more_padding;
    uint64_t st_rdev;
    struct timespec st_atim;
    struct timespec st_mtim;
    struct timespec st_ctim;
    struct timespec st_birthtim;
    int64_t st_size;
    int64_t st_blocks;
    int32_t st_blksize;
    uint32_t st_flags;
    uint64_t st_gen;
    uint64_t st_spare[10];
};
#else /* OpenBSD, NetBSD and DragonFly, but for the order */
struct target_file_info {
#if defined(__DragonFly__) || defined(TARGET_DRAGONFLY)
    uint32_t st_dev;
#elif defined(__OpenBSD__) || defined(TARGET_OPENBSD)
    int32_t st_dev;
#else
    uint64_t st_dev;
#endif
    uint32_t st_mode;
    uint64_t st_ino;
    uint32_t st_nlink;
    uint32_t st_uid;
    uint32_t st_gid;
    struct timespec st_atim;
    struct timespec st_mtim;
    struct timespec st_ctim;
#if defined(__NetBSD__) || defined(TARGET_NETBSD)
    struct timespec st_birthtim;
#endif
    int64_t st_size;
    int64_t st_blocks;
};
#endif
