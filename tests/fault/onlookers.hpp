// Other users, who try what they may do with the files of a folder, at any moment that a test asks for.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string>

/// Who looks. Numbers that no system gives to anybody.
struct person {
    const char* name;
    uid_t user;
    gid_t group;
};
inline constexpr unsigned us = 20000, them = 20001, named = 20002;  // users and their groups
inline constexpr unsigned club = 20010;                             // a group that we are in
inline constexpr person people[] = {
    {"a stranger", 65534, 65534},
    {"somebody of root's group", 20003, 0},
    {"somebody of our group", 20004, us},
    {"somebody of the club", 20005, club},
    {"somebody of their group", 20006, them},
    {"they", them, them},
    {"who is named", named, named},
    {"we", us, us},
};
inline constexpr std::size_t most_people = std::size(people);

/// What one of them may do with a file; bits.
enum right : unsigned {
    reading = 1,
    writing = 2,    // into a folder: names
    executing = 4,  // folders: reaching what is in them
    removing = 8,
    owning = 16,    // which is to give oneself any right
    as_owner = 32,  // executing, as somebody else
    as_group = 64,
};
inline constexpr const char* right_names[] = {
    "read", "write", "execute", "remove", "own", "run as its owner", "run as its group"};

/// A file at one moment.
struct sighting {
    char path[128];
    dev_t device;
    ino_t inode;
    mode_t mode;
    uid_t owner;
    gid_t group;
    char list[64];  // of access control, as Linux keeps it (acl(5))
    unsigned rights[most_people];

    bool is_folder() const { return S_ISDIR(mode); }
    /// Whether all that rights come from is the same.
    bool is_as(const sighting& other) const {
        return device == other.device && inode == other.inode && mode == other.mode && owner == other.owner &&
               group == other.group && std::strcmp(path, other.path) == 0 &&
               std::memcmp(list, other.list, sizeof list) == 0;
    }
    /// What `who` may do with it that he may not do with `other`.
    unsigned beyond(const sighting& other, std::size_t who) const {
        unsigned more = rights[who] & ~other.rights[who];
        if (owner != other.owner) more |= rights[who] & as_owner;
        if (group != other.group) more |= rights[who] & as_group;
        return more;
    }
};

/// All files of a folder at one moment.
struct sightings {
    static constexpr std::size_t most = 64;
    std::size_t count = 0;
    sighting all[most];

    bool are_as(const sightings& other) const {
        return std::equal(begin(), end(), other.begin(), other.end(),
                          [](const sighting& a, const sighting& b) { return a.is_as(b); });
    }
    const sighting* begin() const { return all; }
    const sighting* end() const { return all + count; }
    const sighting* at(const char* path) const {
        for (const sighting& s : *this)
            if (std::strcmp(s.path, path) == 0) return &s;
        return nullptr;
    }
    const sighting* same_as(const sighting& other) const {
        for (const sighting& s : *this)
            if (s.inode == other.inode && s.device == other.device) return &s;
        return nullptr;
    }
};

inline bool is_dots(const char* name) { return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0; }

/// Who looks at the folder `path`, and who we are among them. Only root can become somebody else: where this is not
/// root, what others might do is worked out from the bits.
class onlookers {
public:
    /// From now on this process is `me`, if it can be. It must be able to go from the current folder to `path`.
    onlookers(const char* path, unsigned me) : path_(path), me_(me), privileged_(geteuid() == 0) { become_us(); }
    onlookers(onlookers&&) = delete;
    ~onlookers() { become_root(); }

    unsigned me() const { return me_; }
    /// Does `work` as somebody else.
    template <class Work>
    void as(unsigned user, unsigned group, Work work) const {
        become_root();
        become(user, group, {});
        work();
        become_root();
        become_us();
    }
    /// Does `work` as root, if this process can be.
    template <class Work>
    void as_root(Work work) const {
        become_root();
        work();
        become_us();
    }
    /// What each of them may do now. They try again when anything has changed that rights come from.
    const sightings& look() {
        as_root([this] {
            now_.count = 0;
            list(path_);
            if (now_.are_as(seen_)) return;
            seen_ = now_;
            for (std::size_t who = 0; who < most_people; ++who) {
                become(people[who].user, people[who].group, {});
                for (sighting* s = seen_.all; s != seen_.end(); ++s) s->rights[who] = rights_of(people[who], *s);
                become_root();
            }
        });
        return seen_;
    }

private:
    void become_us() const {
        if (me_ != 0) become(me_, me_, {us, club});
    }
    /// By root, which stays in the saved numbers only: no right comes from them.
    void become(unsigned user, unsigned group, std::initializer_list<gid_t> groups) const {
        if (privileged_ && (setgroups(groups.size(), groups.begin()) != 0 || setresgid(group, group, 0) != 0 ||
                            setresuid(user, user, 0) != 0))
            std::abort();
    }
    void become_root() const {
        if (privileged_ && (setresuid(0, 0, 0) != 0 || setresgid(0, 0, 0) != 0)) std::abort();
    }
    void list(const char* path) {
        struct stat facts;
        if (lstat(path, &facts) != 0) return;
        if (now_.count == sightings::most || std::strlen(path) >= sizeof(sighting::path)) std::abort();
        sighting& found = now_.all[now_.count++];
        found = {{}, facts.st_dev, facts.st_ino, facts.st_mode, facts.st_uid, facts.st_gid, {}, {}};
        std::strcpy(found.path, path);
        lgetxattr(path, "system.posix_acl_access", found.list, sizeof found.list);
        DIR* const entries = S_ISDIR(facts.st_mode) ? opendir(path) : nullptr;
        if (entries == nullptr) return;
        while (const dirent* const entry = readdir(entries))
            if (!is_dots(entry->d_name)) list((std::string(path) + "/" + entry->d_name).c_str());
        closedir(entries);
    }

    unsigned rights_of(const person& who, const sighting& s) const {
        if (S_ISLNK(s.mode)) return 0;
        unsigned rights = privileged_ ? tried(s) : worked_out(who, s);
        if (s.owner == who.user) rights |= owning;
        const bool runs = (rights & executing) != 0 && !s.is_folder();
        if (runs && (s.mode & S_ISUID) != 0 && s.owner != who.user) rights |= as_owner;
        if (runs && (s.mode & S_ISGID) != 0 && s.group != who.group) rights |= as_group;
        return rights;
    }
    static bool opens(const char* path, int how) {
        const int opened = open(path, how | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
        if (opened != -1) close(opened);
        return opened != -1;
    }
    static unsigned tried(const sighting& s) {
        unsigned rights = 0;
        if (opens(s.path, O_RDONLY)) rights |= reading;
        if (s.is_folder() ? access(s.path, W_OK | X_OK) == 0 : opens(s.path, O_WRONLY)) rights |= writing;
        if (access(s.path, X_OK) == 0) rights |= executing;
        // The call that is wrong for it looks at rights first, and does nothing.
        const int removed = s.is_folder() ? unlink(s.path) : rmdir(s.path);
        if (removed == -1 && errno == (s.is_folder() ? EISDIR : ENOTDIR)) rights |= removing;
        return rights;
    }
    static unsigned bits_for(const person& who, const sighting& s) {
        return s.mode >> (s.owner == who.user ? 6 : s.group == who.group ? 3 : 0) & 7;
    }
    unsigned worked_out(const person& who, const sighting& s) const {
        unsigned rights = 0;
        const unsigned bits = bits_for(who, s);
        if ((bits & 4) != 0) rights |= reading;
        if ((bits & 2) != 0 && (!s.is_folder() || (bits & 1) != 0)) rights |= writing;
        if ((bits & 1) != 0) rights |= executing;
        std::string above = s.path;
        for (bool first = true; above.rfind('/') != above.npos; first = false) {
            above.resize(above.rfind('/'));
            const sighting* const folder = seen_.at(above.c_str());
            if (folder == nullptr) break;
            const unsigned there = bits_for(who, *folder);
            if ((there & 1) == 0) return 0;
            const bool kept = (folder->mode & S_ISVTX) != 0 && s.owner != who.user && folder->owner != who.user;
            if (first && (there & 2) != 0 && !kept) rights |= removing;
        }
        return rights;
    }

    const char* path_;
    unsigned me_;
    bool privileged_;
    sightings now_, seen_;  // all that is there; the same with rights
};
