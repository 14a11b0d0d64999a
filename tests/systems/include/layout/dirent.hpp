/* What readdir(3) tells: the fields of all the systems. */
struct target_dirent {
#if defined(__APPLE__) || defined(TARGET_DARWIN)
    uint64_t d_ino;
#else
    uint64_t d_fileno;
#endif
    uint16_t d_reclen;
    uint16_t d_namlen;
    uint8_t d_type;
    char d_name[1024];
};
#if !defined(__APPLE__) && !defined(TARGET_DARWIN)
#define d_ino d_fileno
#endif
