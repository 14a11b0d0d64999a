// A log that three nodes keep in the same order, whichever of them fails: Raft (Ongaro, Ousterhout: "In Search of an
// Understandable Consensus Algorithm", extended version, 2014; numbers in comments are its sections). Nodes send each
// other messages of UDP. Clients come by TCP to the same port: "append TEXT" is answered by "ok INDEX" once it is in
// the log for good, or by "leader N"; "list" by what is there.
//     replicated_log [--runs N] [--seed S]: on simulated hosts, to which things happen as a seed says
//     replicated_log --serve ID ADDRESS:PORT ADDRESS:PORT ADDRESS:PORT FILE: one of three native processes
#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vitte/core/bytes.hpp>
#include <vitte/sys/event.hpp>
#include <vitte/sys/fs.hpp>
#include <vitte/sys/fs/text.hpp>
#include <vitte/sys/net.hpp>
#include <vitte/sys/platform/simulated.hpp>
#include <vitte/sys/random.hpp>
#include <vitte/sys/thread.hpp>

namespace {
using namespace vitte;
using namespace vitte::sys;
using u64 = std::uint64_t;
constexpr u64 nodes = 3, nobody = nodes;

struct entry {
    u64 term = 0;
    std::string text;
    friend bool operator==(const entry&, const entry&) = default;
};

/// What nodes tell each other, and what one of them stores.
struct message {
    enum kinds : u64 { ask_vote, vote, append, appended, saved };
    u64 kind = 0, from = 0, term = 0;
    u64 index = 0, log_term = 0;  ///< of the last entry, or the one before `entries`; or up to where logs are the same
    u64 value = 0;                ///< yes or no, up to where the leader has committed, or the vote
    std::vector<entry> entries = {};

    static std::string number(u64 part) {
        std::string made(8, 0);
        store(reinterpret_cast<std::byte*>(made.data()), part, byte_order::little);
        return made;
    }
    std::string text() const {
        std::string made;
        for (const u64 part : {kind, from, term, index, log_term, value, entries.size()}) made += number(part);
        for (const entry& e : entries) made += number(e.term) + number(e.text.size()) + e.text;
        return made;
    }
    static result<message> read(byte_reader& in) {
        message made;
        u64 count = 0;
        for (u64* part : {&made.kind, &made.from, &made.term, &made.index, &made.log_term, &made.value, &count}) {
            VITTE_TRY(*part, in.read<u64>());
        }
        for (; count != 0; --count) {
            VITTE_TRY(const u64 term, in.read<u64>());
            VITTE_TRY(const u64 size, in.read<u64>());
            VITTE_TRY(const auto text, in.take(static_cast<std::size_t>(size)));
            made.entries.push_back({term, {reinterpret_cast<const char*>(text.data()), text.size()}});
        }
        return made;
    }
};

/// What happened in a run, and what was wrong with it (figure 3), if anything.
struct history {
    std::map<u64, u64> leaders;  ///< of terms
    std::vector<entry> committed;
    std::vector<std::string> acknowledged;
    u64 failures = 0;  ///< of power
    std::string wrong;

    void leads(u64 id, u64 term) {
        if (leaders.try_emplace(term, id).first->second != id) wrong = "two leaders in term " + std::to_string(term);
    }
    void commits(u64 index, const entry& what) {
        if (index > committed.size()) committed.push_back(what);
        if (committed[index - 1] != what) wrong = "two entries are committed at index " + std::to_string(index);
    }
};

/// What can be wrong with a node, to see whether it is found.
enum class fault { none, forgets_votes, counts_older_terms };

template <platform P>
class node {
public:
    node(u64 id, const ip_endpoint* places, const char* path, history* told = nullptr, fault planted = fault::none)
        : id_(id), places_(places), path_(path), told_(told), planted_(planted) {}

    /// Runs until something fails that cannot be helped. What a turn changes is stored before anybody hears of it.
    result<void> run() {
        VITTE_CHECK(recover());
        VITTE_TRY(chance_, seeded_generator<P>());
        VITTE_TRY(peers_, basic_udp_socket<P>::bind(places_[id_]));
        VITTE_TRY(door_, basic_tcp_listener<P>::listen(places_[id_]));
        VITTE_TRY(poller_, basic_poller<P>::create());
        VITTE_CHECK(poller_->add(peers_->native_handle(), socket_readable, poll_trigger::level, 0));
        VITTE_CHECK(poller_->add(door_->native_handle(), socket_readable, poll_trigger::level, 1));
        for (wait_for_leader();; unsent_.clear()) {
            const auto ready = poller_->wait(ready_, due_);
            if (!ready && ready.error().code != errc::timed_out) return unexpected(ready.error());
            for (const readiness& one : ready ? *ready : std::span<const readiness>())
                one.key == 0 ? hear_peer() : one.key == 1 ? welcome() : hear_client(one.key);
            if (due_ <= deadline::after<P>(0)) leader_ == id_ ? send_entries() : stand_for_election();
            VITTE_CHECK(save());
            for (const auto& [to, what] : unsent_)
                static_cast<void>(peers_->send_to(as_bytes(what.text()), places_[to], deadline::passed()));
        }
    }
    u64 committed() const { return commit_; }

private:
    struct client {
        basic_tcp_stream<P> connection;
        std::string said = {};
        u64 index = 0, term = 0;  ///< of the entry that it waits for
    };
    static constexpr std::int64_t heartbeat = 50_ms, patience = 150_ms;
    static constexpr std::size_t most_clients = 64, longest_line = 1000, longest_message = 1200;
    u64 last() const { return log_.size() - 1; }
    const entry& at(u64 index) const { return log_[static_cast<std::size_t>(index)]; }

    // What outlives failures of power (figure 2): all of it in one file, which is replaced in one step.
    result<void> recover() {
        const auto content = read<P>(path_);
        if (!content) return content.error().code == errc::not_found ? result<void>() : unexpected(content.error());
        byte_reader in(content->bytes());
        VITTE_TRY(message stored, message::read(in));
        term_ = stored.term, vote_ = stored.value, log_ = std::move(stored.entries);
        return {};
    }
    result<void> save() {
        if (!std::exchange(has_changed_, false)) return {};
        const message all{.kind = message::saved, .from = id_, .term = term_, .value = vote_, .entries = log_};
        return replace<P>(path_, as_bytes(all.text()));
    }
    void change(u64 term, u64 vote) {
        if (term != term_) leader_ = nobody;
        has_changed_ |= planted_ != fault::forgets_votes && (term != term_ || vote != vote_);
        term_ = term, vote_ = vote;
    }

    // Elections (5.2).
    void wait_for_leader() { due_ = deadline::after<P>(patience + static_cast<std::int64_t>(chance_.below(patience))); }
    void stand_for_election() {
        wait_for_leader();
        change(term_ + 1, id_);
        votes_ = 1u << id_;
        for (u64 to = 0; to < nodes; ++to)
            send(to, {.kind = message::ask_vote, .index = last(), .log_term = at(last()).term});
    }
    void answer_candidate(const message& asked) {
        const bool has_all = std::pair(asked.log_term, asked.index) >= std::pair(at(last()).term, last());  // 5.4.1
        const bool granted = asked.term == term_ && (vote_ == nobody || vote_ == asked.from) && has_all;
        if (granted) wait_for_leader(), change(term_, asked.from);
        send(asked.from, {.kind = message::vote, .value = granted});
    }
    void count_vote(const message& given) {
        if (given.term != term_ || given.value == 0 || vote_ != id_ || leader_ != nobody) return;
        votes_ |= 1u << given.from;
        if (std::popcount(votes_) <= static_cast<int>(nodes / 2)) return;
        leader_ = id_;
        if (told_ != nullptr) told_->leads(id_, term_);
        next_.fill(log_.size());
        match_.fill(0);
        due_ = deadline::passed();
        if (planted_ != fault::counts_older_terms) append("");  // so that it learns what is committed (8)
    }

    // Entries (5.3).
    void append(const std::string& text) {
        log_.push_back({term_, text});
        has_changed_ = true;
        due_ = deadline::passed();
    }
    void send_entries() {
        match_[id_] = last();
        for (u64 to = 0; to < nodes; ++to) {
            const u64 before = next_[to] - 1;
            message made{.kind = message::append, .index = before, .log_term = at(before).term, .value = commit_};
            for (u64 i = next_[to], size = 0; i <= last() && size < longest_message; size += 16 + at(i++).text.size())
                made.entries.push_back(at(i));
            send(to, made);
        }
        due_ = deadline::after<P>(heartbeat);
    }
    void take_entries(const message& given) {
        if (given.term < term_) return send(given.from, {.kind = message::appended});
        leader_ = given.from;
        wait_for_leader();
        if (given.index > last() || at(given.index).term != given.log_term)
            return send(given.from, {.kind = message::appended, .index = std::min(given.index - 1, last())});
        u64 same = given.index;  // what is the same stays, and all that is behind it
        std::span<const entry> rest = given.entries;
        for (; !rest.empty() && same < last() && at(same + 1).term == rest[0].term; ++same) rest = rest.subspan(1);
        if (!rest.empty()) log_.resize(static_cast<std::size_t>(same + 1)), has_changed_ = true;
        log_.insert(log_.end(), rest.begin(), rest.end());
        commit(std::min(given.value, same + rest.size()));
        send(given.from, {.kind = message::appended, .index = same + rest.size(), .value = true});
    }
    void count_copies(const message& said) {
        if (leader_ != id_ || said.term != term_ || said.index > last()) return;
        u64& match = match_[said.from];
        if (said.value != 0) match = std::max(match, said.index);
        next_[said.from] = std::max(match, said.index) + 1;
        if (next_[said.from] <= last()) due_ = deadline::passed();
        auto sorted = match_;
        std::ranges::sort(sorted);
        const u64 index = sorted[nodes / 2];  // most nodes have it; one of an older term may yet go (5.4.2, figure 8)
        if (at(index).term == term_ || planted_ == fault::counts_older_terms) commit(index);
    }
    void commit(u64 up_to) {
        for (; commit_ < up_to; ++commit_)
            if (told_ != nullptr) told_->commits(commit_ + 1, at(commit_ + 1));
        for (auto& [key, one] : clients_)
            if (one.index != 0 && one.index <= commit_)
                answer(one, at(one.index).term == one.term ? "ok " + std::to_string(one.index) : "lost");
    }

    // Peers and clients.
    void send(u64 to, message what) {
        what.from = id_, what.term = term_;
        if (to != id_) unsent_.emplace_back(to, std::move(what));
    }
    void hear_peer() {
        datagram came{room_, sizeof room_, {}};
        if (!peers_->receive_from(came, deadline::passed()) || came.truncated) return;
        byte_reader in({room_, came.size});
        const auto said = message::read(in);
        if (!said || said->from >= nodes || came.address != socket_address(places_[said->from])) return;
        if (said->term > term_) change(said->term, nobody);
        switch (said->kind) {
            case message::ask_vote: return answer_candidate(*said);
            case message::vote: return count_vote(*said);
            case message::append: return take_entries(*said);
            case message::appended: return count_copies(*said);
        }
    }
    void welcome() {
        auto came = door_->try_accept();
        if (!came || clients_.size() == most_clients) return;
        if (poller_->add(came->stream.native_handle(), socket_readable, poll_trigger::level, ++last_key_))
            clients_.emplace(last_key_, client{std::move(came->stream)});
    }
    /// A client says a line, and waits for the answer.
    void hear_client(u64 key) {
        const auto found = clients_.find(key);
        if (found == clients_.end()) return;
        client& one = found->second;
        const auto came = one.connection.try_receive(room_);
        if (!came && came.error().code == errc::would_block) return;
        one.said.append(reinterpret_cast<const char*>(room_), came.value_or(0));
        if (came.value_or(0) == 0 || one.index != 0 || one.said.size() > longest_line) {
            static_cast<void>(poller_->remove(one.connection.native_handle()));
            return static_cast<void>(clients_.erase(found));
        }
        if (one.said.find('\n') != one.said.size() - 1) return;
        const std::string line = std::exchange(one.said, "");
        if (line == "list\n") {
            std::string all;
            for (u64 i = 1; i <= commit_; ++i) all += std::to_string(i) + " " + at(i).text + "\n";
            return answer(one, all + "end");
        }
        if (!line.starts_with("append ")) return answer(one, "what?");
        if (leader_ != id_) return answer(one, "leader " + std::to_string(leader_));
        append(line.substr(7, line.size() - 8));
        one.index = last(), one.term = term_;
    }
    /// Who does not read what he is told has to ask again.
    void answer(client& to, const std::string& line) {
        static_cast<void>(to.connection.try_send(as_bytes(line + "\n")));
        to.index = 0;
    }

    const u64 id_;
    const ip_endpoint* const places_;  // of all nodes
    const char* const path_;
    history* const told_;
    const fault planted_;
    u64 term_ = 0, vote_ = nobody, leader_ = nobody, commit_ = 0;
    std::vector<entry> log_{1};  // the first one is before all others
    unsigned votes_ = 0;         // a bit for each node
    std::array<u64, nodes> next_ = {}, match_ = {};
    deadline due_ = deadline::never();
    xoshiro256 chance_{1};
    bool has_changed_ = false;  // since it was saved
    std::optional<basic_udp_socket<P>> peers_;
    std::vector<std::pair<u64, message>> unsent_;
    std::optional<basic_tcp_listener<P>> door_;
    std::optional<basic_poller<P>> poller_;
    readiness ready_[16];
    std::map<u64, client> clients_;
    u64 last_key_ = 1;
    std::byte room_[4096];
};

/// One run: three hosts and one of a client, links that lose, double and reorder packets, and what befalls them.
history trial(u64 seed, fault planted) {
    constexpr std::size_t wanted = 15;
    history told;
    ip_endpoint places[nodes];
    std::weak_ptr<node<simulated>> running[nodes];
    seeded_choices chance(seed);
    simulation world(chance, {.seed = seed, .preemptions = 0});
    world.network.usual = {.latency = 1_ms, .jitter = 3_ms, .loss = 0.05, .duplication = 0.05, .reordering = 0.1};
    for (ip_endpoint& place : places) place = {world.network.add_host("node").addresses[0], 7000};
    world.network.add_host("client");
    const auto host = [&](u64 id) -> simulated_host& { return world.network.host(static_cast<unsigned>(id) + 1); };
    const auto sleep = [](std::int64_t time) { this_thread::sleep_until<simulated>(deadline::after<simulated>(time)); };
    const auto start_all = [&] {
        for (u64 id = 0; id < nodes; ++id) {
            if (!running[id].expired()) continue;
            told.failures += host(id).is_off();
            const auto made = std::make_shared<node<simulated>>(id, places, "log", &told, planted);
            running[id] = made;
            static_cast<void>(host(id).start([made, &told] { told.wrong = made->run().error().message().c_str(); }));
        }
    };
    const auto befall = [&] {
        sleep(20_ms + chance.choose(200) * 1_ms);
        const u64 one = told.leaders.empty() || chance.choose(2) ? chance.choose(nodes) : told.leaders.rbegin()->second;
        switch (chance.choose(6)) {
            case 0:  // clients still reach it
                for (u64 id = 0; id < nodes; ++id) world.network.cut(host(one), host(id));
                return;
            case 1: return world.network.cut_one_way(host(one), host(chance.choose(nodes)));
            case 2: return world.network.heal();
            case 3: return host(one).cut_power_at(1 + chance.choose(12));
            case 4: host(one).cut_power(); break;
        }
        start_all();
    };
    const auto append = [&] {
        std::byte room[100];
        for (u64 to = 0; told.acknowledged.size() < wanted; sleep(20_ms)) {
            const std::string text = "entry " + std::to_string(told.acknowledged.size());
            const deadline until = deadline::after<simulated>(300_ms);
            const auto connection = basic_tcp_stream<simulated>::connect(places[to], until);
            to = chance.choose(nodes);
            if (!connection || !connection->send(as_bytes("append " + text + "\n"))) continue;
            const auto came = connection->receive(room, until);
            const std::string_view said(reinterpret_cast<const char*>(room), came.value_or(0));
            if (said.starts_with("leader ") && said[7] < '3') to = static_cast<u64>(said[7] - '0');
            if (said.starts_with("ok ")) told.acknowledged.push_back(text);
        }
    };
    const auto agree = [&](const auto& one) { return one.lock() && one.lock()->committed() == told.committed.size(); };
    const auto is_over = [&] { return told.acknowledged.size() == wanted && std::ranges::all_of(running, agree); };
    const auto end = world.run([&] {
        start_all();
        static_cast<void>(host(nodes).start(append));
        for (int i = 0; i < 15 && told.wrong.empty(); ++i) befall();
        world.network.heal();
        for (int i = 0; i < 200 && told.wrong.empty() && !is_over(); ++i, sleep(100_ms)) start_all();
        if (told.wrong.empty() && !is_over()) told.wrong = "they do not agree in the end";
        for (u64 id = 0; id <= nodes; ++id) host(id).cut_power();
    });
    if (told.wrong.empty() && end != simulation_end::finished) told.wrong = "it does not end";
    for (const std::string& text : told.acknowledged)
        if (told.wrong.empty() && std::ranges::find(told.committed, text, &entry::text) == told.committed.end())
            told.wrong = "\"" + text + "\" was acknowledged and is lost";
    return told;
}

bool survives(unsigned long long seed, unsigned long long runs, fault planted, const char* what) {
    unsigned long long acknowledged = 0, failures = 0;
    for (unsigned long long i = 0; i < runs; ++i) {
        const history told = trial(seed + i, planted);
        if (!told.wrong.empty()) return std::printf("%s: seed %llu: %s\n", what, seed + i, told.wrong.c_str()), false;
        acknowledged += told.acknowledged.size(), failures += told.failures;
    }
    std::printf("%s: %llu runs, %llu entries acknowledged, %llu failures of power, nothing lost\n", what, runs,
                acknowledged, failures);
    return true;
}
}  // namespace

int main(int argc, char** argv) {
    u64 runs = 1000, seed = 1;
    if (argc == 7 && std::string_view(argv[1]) == "--serve") {
        ip_endpoint places[nodes];
        for (u64 i = 0; i < nodes; ++i) places[i] = ip_endpoint::parse(argv[3 + i]).value_or(ip_endpoint());
        node<native> here(std::strtoull(argv[2], nullptr, 10) % nodes, places, argv[6]);
        return std::fprintf(stderr, "replicated_log: %s\n", here.run().error().message().c_str()), 1;
    }
    for (int i = 1; i + 1 < argc; i += 2)
        (std::string_view(argv[i]) == "--runs" ? runs : seed) = std::strtoull(argv[i + 1], nullptr, 10);
    const bool safe = survives(seed, runs, fault::none, "Raft");
    const bool found = !survives(seed, 10'000, fault::forgets_votes, "a vote is not stored");
    const bool also = !survives(seed, 10'000, fault::counts_older_terms, "entries of older terms are counted");
    return safe && found && also ? 0 : 1;
}
