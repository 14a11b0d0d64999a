/* What kevent(2) takes and tells. */
#if defined(__NetBSD__) || defined(TARGET_NETBSD)
struct kevent {
    uintptr_t ident;
    uint32_t filter;
    uint32_t flags;
    uint32_t fflags;
    int64_t data;
    intptr_t udata; /* before NetBSD 10 */
};
typedef size_t kevent_count;
#define EV_SET(to, ident_, filter_, flags_, fflags_, data_, udata_)                                         \
    ((to)->ident = (ident_), (to)->filter = (filter_), (to)->flags = (flags_), (to)->fflags = (fflags_), \
     (to)->data = (data_), (to)->udata = (udata_))
#else
struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned fflags;
#if defined(__APPLE__) || defined(TARGET_DARWIN) || defined(__DragonFly__) || defined(TARGET_DRAGONFLY)
    intptr_t data;
#else
    int64_t data;
#endif
    void* udata;
#if defined(__FreeBSD__) || defined(TARGET_FREEBSD)
    uint64_t ext[4];
#endif
};
typedef int kevent_count;
#define EV_SET(to, ident_, filter_, flags_, fflags_, data_, udata_)            \
    do {                                                                         \
        struct kevent* const to_ = (to);                                         \
        to_->ident = (ident_), to_->filter = (filter_), to_->flags = (flags_);   \
        to_->fflags = (fflags_), to_->data = (data_), to_->udata = (void*)(udata_); \
    } while (0)
#endif
