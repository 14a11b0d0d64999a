/// What programs use of memory and texts, in Vitte. What begins with `__` are instructions, or is called by the
/// compiler.
#pragma once

#include <string_view>

namespace vitte::language {

/// Memory begins with four words: 0, which is the count and the length of an empty text at 0; 0; 0; and the end of
/// what was ever taken of the heap, 0 before. At 64 are lists of free blocks, by the power of two that is their size,
/// at 192 is what `print` hands over. Texts that are written in the program follow from 1024, then the heap. A text
/// is the address of a count of its owners, its length in bytes, and its bytes; below the heap nothing is counted. A
/// list is that of a count, the number of its elements, the power of two that its block has, a word, and its elements.
inline constexpr std::string_view core_library = R"vitte(
proc __retain(at: u32) {
    if at >= __heap() { __store32(at, __load32(at) + 1) }
}
proc __release(at: u32) {
    if at < __heap() { give }
    let count = __load32(at)
    if count > 1 { __store32(at, count - 1) } else { __free(at, __load32(at + 4) + 8) }
}
proc __power(size: u32) -> u32 {
    if size > 1073741824 { panic "out of memory" }
    give if size <= 16 { 4 } else { 32 - __leading_zeros(size - 1) }
}
proc __allocate(size: u32) -> u32 {
    let power = __power(size)
    let list = 64 + power * 4
    let free = __load32(list)
    if free != 0 {
        __store32(list, __load32(free))
        give free
    }
    let top = __load32(12)
    if top == 0 { set top = (__heap() + 7) & ~7u32 }
    if top > 4294967295 - (1u32 << power) { panic "out of memory" }
    let end = top + (1u32 << power)
    let pages = (end - 1) / 65536 + 1
    if pages > __pages() {
        if __grow(pages - __pages()) == 4294967295 { panic "out of memory" }
    }
    __store32(12, end)
    give top
}
proc __free(at: u32, size: u32) { __free_power(at, __power(size)) }
proc __free_power(at: u32, power: u32) {
    let list = 64 + power * 4
    __store32(at, __load32(list))
    __store32(list, at)
}
proc __new_text(size: u32) -> u32 {
    let at = __allocate(size + 8)
    __store32(at, 1)
    __store32(at + 4, size)
    give at
}
proc __size(of: string) -> u32 { give __load32(__peek(of) + 4) }
proc len(of: string) -> int { give __size(of) as int }
proc __is_inside(of: string, at: u32) -> bool { give at < __size(of) and (__load8(__peek(of) + 8 + at) & 192) == 128 }
proc __char_size(of: string, at: u32) -> u32 {
    let lead = __load8(__peek(of) + 8 + at)
    give if lead < 128 { 1 } elif lead < 224 { 2 } elif lead < 240 { 3 } else { 4 }
}
proc __char_at(of: string, at: u32) -> char {
    let more = __char_size(of, at) - 1
    let lead = __load8(__peek(of) + 8 + at)
    let c = if more == 0 { lead } else { lead & (63 >> more) }
    for i in 1..=more { set c = c << 6 | (__load8(__peek(of) + 8 + at + i) & 63) }
    give c as char
}
proc part(of: string, from: int, to: int) -> string {
    if from < 0 or to < from or to > len(of) { panic "a part outside of the text" }
    let begin = from as u32
    let size = to as u32 - begin
    if __is_inside(of, begin) or __is_inside(of, begin + size) { panic "a part that begins or ends in the middle of a character" }
    if size == 0 { give "" }
    let at = __new_text(size)
    __copy(at + 8, __peek(of) + 8 + begin, size)
    give __text(at)
}
proc __has(of: string, what: string, at: u32) -> bool {
    for i in 0u32..__size(what) {
        if __load8(__peek(of) + 8 + at + i) != __load8(__peek(what) + 8 + i) { give false }
    }
    give true
}
proc find(of: string, what: string, from: int) -> int {
    if from < 0 { panic "a part outside of the text" }
    let at = from
    while at + len(what) <= len(of) {
        if __has(of, what, at as u32) { give at }
        set at += 1
    }
    give -1
}
proc starts_with(of: string, what: string) -> bool { give len(what) <= len(of) and __has(of, what, 0) }
proc ends_with(of: string, what: string) -> bool { give len(what) <= len(of) and __has(of, what, __size(of) - __size(what)) }
proc __concat(a: string, b: string) -> string {
    let n = __size(a)
    let m = __size(b)
    if n == 0 { give b }
    if m == 0 { give a }
    if n > 1000000000 or m > 1000000000 { panic "out of memory" }
    if __peek(a) >= __heap() and __load32(__peek(a)) == 1 and n + m + 8 <= 1u32 << __power(n + 8) {  // nobody else sees it
        __copy(__peek(a) + 8 + n, __peek(b) + 8, m)
        __store32(__peek(a) + 4, n + m)
        give a
    }
    let to = __new_text(n + m)
    __copy(to + 8, __peek(a) + 8, n)
    __copy(to + 8 + n, __peek(b) + 8, m)
    give __text(to)
}
proc __compare(a: string, b: string) -> int {
    let n = __size(a)
    let m = __size(b)
    let least = if n < m { n } else { m }
    for i in 0u32..least {
        let x = __load8(__peek(a) + 8 + i)
        let y = __load8(__peek(b) + 8 + i)
        if x != y { give (x as int) - (y as int) }
    }
    give (n as int) - (m as int)
}
proc __same(a: string, b: string) -> bool {
    if __peek(a) == __peek(b) { give true }
    if __size(a) != __size(b) { give false }
    give __compare(a, b) == 0
}
proc __of_digits(value: u64, negative: bool) -> string {
    let size: u32 = if negative { 2 } else { 1 }
    let left = value / 10
    while left != 0 {
        set left /= 10
        set size += 1
    }
    let at = __new_text(size)
    let rest = value
    loop {
        set size -= 1
        __store8(at + 8 + size, 48 + ((rest % 10) as u32))
        set rest /= 10
        if rest == 0 { break }
    }
    if negative { __store8(at + 8, 45) }
    give __text(at)
}
proc __of_int(value: int) -> string {
    if value >= 0 { give __of_digits(value as u64, false) }
    give __of_digits((-(value + 1) as u64) + 1, true)
}
proc __of_bool(value: bool) -> string { give if value { "true" } else { "false" } }
proc __of_char(value: char) -> string {
    let c = value as u32
    let more: u32 = if c < 128 { 0 } elif c < 2048 { 1 } elif c < 65536 { 2 } else { 3 }
    let at = __new_text(more + 1)
    let lead: u32 = if more == 0 { 0 } elif more == 1 { 192 } elif more == 2 { 224 } else { 240 }
    __store8(at + 8, lead | (c >> (6 * more)))
    for i in 1..=more { __store8(at + 8 + i, 128 | ((c >> (6 * (more - i))) & 63)) }
    give __text(at)
}
proc __new_list(count: u32, size: u32) -> u32 {
    if count > 1000000000 / size { panic "out of memory" }
    let power = __power(count * size + 16)
    let at = __allocate(1u32 << power)
    __store32(at, 1)
    __store32(at + 4, count)
    __store32(at + 8, power)
    give at
}
proc __room(at: u32, size: u32) -> u32 {
    if at == 0 {
        let made = __new_list(1, size)
        __store32(made + 4, 0)
        give made
    }
    let count = __load32(at + 4)
    if (count + 1) * size + 16 <= 1u32 << __load32(at + 8) { give at }
    let to = __new_list(count + 1, size)
    __store32(to + 4, count)
    __copy(to + 16, at + 16, count * size)
    __free_power(at, __load32(at + 8))
    give to
}
extern C { proc __fd_write(stream: i32, parts: u32, count: u32, written: u32) -> i32 }
proc __print(of: string) {
    let done: u32 = 0
    while done < __size(of) {
        __store32(192, __peek(of) + 8 + done)
        __store32(196, __size(of) - done)
        if __fd_write(1, 192, 1, 200) != 0 { panic "the output cannot be written" }
        set done += __load32(200)
    }
}
proc print(of: string) { __print(of + "\n") }
)vitte";

}  // namespace vitte::language
