/* Limits, and the use of resources. */
#if defined(__FreeBSD__) || defined(TARGET_FREEBSD) || defined(__DragonFly__) || defined(TARGET_DRAGONFLY)
typedef int64_t target_rlim_t;
#else
typedef uint64_t target_rlim_t;
#endif
struct target_rlimit {
    target_rlim_t rlim_cur;
    target_rlim_t rlim_max;
};
struct target_rusage {
    struct timeval ru_utime;
    struct timeval ru_stime;
    long ru_maxrss;
    long ru_more[13];
};
