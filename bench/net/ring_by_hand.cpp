// The echo by nothing but io_uring(7), for what a ring can gain: each connection has one request to receive, and an
// answer goes together with the next one, in the call that waits; it is told of only if it failed or was cut short.
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "contender.hpp"

namespace {
constexpr unsigned at_once = 256;

class queue {
public:
    queue() {
        io_uring_params made{};
        made.flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SINGLE_ISSUER |
                     IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
        made.cq_entries = 8 * at_once;
        ring_ = static_cast<int>(::syscall(__NR_io_uring_setup, at_once, &made));
        if (ring_ == -1) std::abort();
        char* const words = map(made.cq_off.cqes + made.cq_entries * sizeof(io_uring_cqe), IORING_OFF_SQ_RING);
        requests_ = reinterpret_cast<io_uring_sqe*>(map(made.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
        const auto word = [=](unsigned offset) { return reinterpret_cast<unsigned*>(words + offset); };
        for (unsigned i = 0; i < made.sq_entries; ++i) word(made.sq_off.array)[i] = i;
        requests_end_ = word(made.sq_off.tail);
        seen_ = word(made.cq_off.head), told_end_ = word(made.cq_off.tail);
        told_ = reinterpret_cast<io_uring_cqe*>(words + made.cq_off.cqes);
        request_mask_ = made.sq_entries - 1, told_mask_ = made.cq_entries - 1;
    }
    io_uring_sqe& add(unsigned char operation, int handle, void* key) {
        if (added_ == at_once) enter(0);
        io_uring_sqe& made = requests_[*requests_end_ & request_mask_];
        made = {};
        made.opcode = operation;
        made.fd = handle;
        made.user_data = reinterpret_cast<std::uintptr_t>(key);
        __atomic_store_n(requests_end_, *requests_end_ + 1, __ATOMIC_RELEASE);
        ++added_;
        return made;
    }
    /// Calls `done(key, outcome, more)` for ever.
    template <class Done>
    [[noreturn]] void run(Done done) {
        for (;;) {
            enter(1);
            const unsigned end = __atomic_load_n(told_end_, __ATOMIC_ACQUIRE);
            for (unsigned at = *seen_; at != end; ++at) {
                const io_uring_cqe one = told_[at & told_mask_];
                __atomic_store_n(seen_, at + 1, __ATOMIC_RELEASE);
                done(reinterpret_cast<void*>(one.user_data), one.res, (one.flags & IORING_CQE_F_SOCK_NONEMPTY) != 0);
            }
        }
    }

private:
    char* map(std::size_t size, off_t offset) const {
        void* const made = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring_, offset);
        if (made == MAP_FAILED) std::abort();
        return static_cast<char*>(made);
    }
    void enter(unsigned least) {
        ::syscall(__NR_io_uring_enter, ring_, added_, least, IORING_ENTER_GETEVENTS, nullptr, 0);
        added_ = 0;
    }

    int ring_;
    unsigned added_ = 0;
    io_uring_sqe* requests_;
    io_uring_cqe* told_;
    unsigned *requests_end_, *seen_, *told_end_, request_mask_, told_mask_;
};

struct connection {
    int handle;
    bool is_over;
    char room[bench::most_bytes + 1];
};
void receive(queue& all, connection& with, bool waits_first) {
    io_uring_sqe& made = all.add(IORING_OP_RECV, with.handle, &with);
    made.addr = reinterpret_cast<std::uintptr_t>(with.room);
    made.len = sizeof with.room;
    made.ioprio = waits_first ? IORING_RECVSEND_POLL_FIRST : 0;
}
void echo(int listener) {
    queue all;
    all.add(IORING_OP_ACCEPT, listener, nullptr);
    all.run([&](void* key, int outcome, bool more) {
        if (key == nullptr) {
            all.add(IORING_OP_ACCEPT, listener, nullptr);
            if (outcome >= 0) receive(all, *new connection{outcome, false, {}}, true);
            return;
        }
        auto& with = *static_cast<connection*>(key);
        if (outcome <= 0) {  // also what could not be sent
            if (with.is_over) return;
            with.is_over = true;
            ::close(with.handle);
            return;
        }
        io_uring_sqe& made = all.add(IORING_OP_SEND, with.handle, &with);
        made.addr = reinterpret_cast<std::uintptr_t>(with.room);
        made.len = static_cast<unsigned>(outcome);
        made.msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
        made.flags = IOSQE_CQE_SKIP_SUCCESS | IOSQE_IO_LINK;
        receive(all, with, !more);
    });
}
}  // namespace

const bench::contender bench::ring_by_hand = {"ring by hand", echo, nullptr, nullptr, nullptr, nullptr};
