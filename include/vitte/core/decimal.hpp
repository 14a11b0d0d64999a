/// Doubles as decimal text and back: read correctly rounded, written with the fewest digits that are read as the same
/// double. The same on every target; no locale, no allocation.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vitte/core/multiply.hpp>

namespace vitte {

static_assert(std::numeric_limits<double>::is_iec559 && std::numeric_limits<double>::digits == 53);

/// `digits * 10^exponent`.
struct decimal {
    std::uint64_t digits;
    std::int64_t exponent;
};

namespace detail {

/// The first 192 bits of 5^(27 * (i - 13)).
inline constexpr std::uint64_t powers_of_5_27[26][3] = {
    {0x8049a4ac0c5811ae, 0x205b896d777d6278, 0xac261e9f5141430b},
    {0xcf42894a5dce35ea, 0x52064cac828675b9, 0x475f2b7d7df1ad7a},
    {0xa76c582338ed2621, 0xaf2af2b80af6f24e, 0x657c8f4d43323a36},
    {0x873e4f75e2224e68, 0x5a7744a6e804a291, 0xcc35eddfcf0996d7},
    {0xda7f5bf590966848, 0xaf39a475506a899e, 0xa30294cc2934e662},
    {0xb080392cc4349dec, 0xbd8d794d96aacfb3, 0xfe13a5c86af64418},
    {0x8e938662882af53e, 0x547eb47b7282ee9c, 0x41b0230e1421487d},
    {0xe65829b3046b0afa, 0x0cb4a5a3112a5112, 0xa3b561b1cb208396},
    {0xba121a4650e4ddeb, 0x92f34d62616ce413, 0x21a0183e10583cd3},
    {0x964e858c91ba2655, 0x3a6a07f8d510f86f, 0xe9082f25e9c5e9ec},
    {0xf2d56790ab41c2a2, 0xfae27299423fb9c3, 0x3695dad7e8858901},
    {0xc428d05aa4751e4c, 0xaa97e14c3c26b886, 0x96842dc95323f5a8},
    {0x9e74d1b791e07e48, 0x775ea264cf55347d, 0xca49f1c05120c9c7},
    {0x8000000000000000, 0x0000000000000000, 0x0000000000000000},
    {0xcecb8f27f4200f3a, 0x0000000000000000, 0x0000000000000000},
    {0xa70c3c40a64e6c51, 0x999090b65f67d924, 0x0000000000000000},
    {0x86f0ac99b4e8dafd, 0x69a028bb3ded71a3, 0xdf9f915627c04e28},
    {0xda01ee641a708de9, 0xe80e6f4820cc9495, 0xd74baad03bc1d8d3},
    {0xb01ae745b101e9e4, 0x5ec05dcff72e7f8f, 0xc04c79ffe324301f},
    {0x8e41ade9fbebc27d, 0x14588f13be847307, 0x23bd6a2059c002f5},
    {0xe5d3ef282a242e81, 0x8f1668c8a86da5fa, 0xf0b5ccf5176ecc7c},
    {0xb9a74a0637ce2ee1, 0x6d953e2bd7173692, 0x88efb0037ac08bde},
    {0x95f83d0a1fb69cd9, 0x4abdaf101564f98e, 0x0d5a4af7b3a98e47},
    {0xf24a01a73cf2dccf, 0xbc633b39673c8cec, 0x3d9c44cd2f36917c},
    {0xc3b8358109e84f07, 0x0a862f80ec4700c8, 0x02606ea01029dc37},
    {0x9e19db92b4e31ba9, 0x6c07a2c26a8346d1, 0x4944d9f52cd0dec2},
};
inline constexpr int least_power = -13 * 27, greatest_power = 13 * 27 - 1;

constexpr std::uint64_t power_of_5(int exponent) noexcept {
    std::uint64_t power = 1;
    for (std::uint64_t base = 5; exponent != 0; exponent >>= 1, base *= base)
        if ((exponent & 1) != 0) power *= base;
    return power;
}
inline constexpr auto powers_of_5 = [] {
    struct {
        std::uint64_t of[27];
    } all{};
    for (int i = 0; i < 27; ++i) all.of[i] = power_of_5(i);
    return all;
}();

/// The first 128 bits of 10^k, rounded down, for k from `least_power` to `greatest_power`.
constexpr product128 bits_of_power(int k) noexcept {
    const int from_least = k - least_power;
    const auto& base = powers_of_5_27[from_least / 27];
    const std::uint64_t rest = powers_of_5.of[from_least % 27];
    const product128 low = multiply(base[2], rest), middle = multiply(base[1], rest), high = multiply(base[0], rest);
    const std::uint64_t third = low.high + middle.low, carry = third < low.high;
    const std::uint64_t second = middle.high + high.low, first = high.high + (second < middle.high);
    const std::uint64_t carried = second + carry;
    const std::uint64_t words[3] = {first + (carried < second), carried, third};
    if (words[0] == 0) return {words[1], words[2]};
    const int shift = std::countl_zero(words[0]);
    if (shift == 0) return {words[0], words[1]};
    return {words[0] << shift | words[1] >> (64 - shift), words[1] << shift | words[2] >> (64 - shift)};
}

/// floor(log2(10^k)) for |k| < 640.
constexpr int log2_of_power(int k) noexcept { return (k * 217706) >> 16; }

/// The double nearest to `number`, ties to even; infinity where it is beyond all doubles. Eisel-Lemire (Lemire: "Number
/// parsing at a gigabyte per second", 2021), whose way out for products that tell nothing is never needed for 64 bits
/// of digits (Mushtak, Lemire: "Fast number parsing without fallback", 2023).
constexpr double nearest_double(decimal number) noexcept {
    constexpr double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (number.digits == 0 || number.exponent < -342) return 0;
    if (number.exponent > 308) return std::numeric_limits<double>::infinity();
    const int k = static_cast<int>(number.exponent);
    // Clinger: both are doubles, and one operation rounds once. Some targets compute with more bits than a double has.
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ == 0
    if (number.digits <= std::uint64_t{1} << 53 && -22 <= k && k <= 22) {
        const auto digits = static_cast<double>(number.digits);
        return k < 0 ? digits / exact[-k] : digits * exact[k];
    }
#else
    static_cast<void>(exact);
#endif
    const int zeros = std::countl_zero(number.digits);
    const std::uint64_t digits = number.digits << zeros;
    product128 power = bits_of_power(k);
    if (-27 <= k && k < 0 && ++power.low == 0) ++power.high;
    product128 product = multiply(digits, power.high);
    if ((product.high & 0x1ff) == 0x1ff) {
        const std::uint64_t more = multiply(digits, power.low).high;
        product.low += more;
        product.high += product.low < more;
    }
    const int upper = static_cast<int>(product.high >> 63);
    std::uint64_t mantissa = product.high >> (upper + 9);
    int exponent = log2_of_power(k) + 63 + upper - zeros + 1023;
    if (exponent <= 0) {
        if (exponent <= -63) return 0;
        mantissa >>= 1 - exponent;
        mantissa = (mantissa + (mantissa & 1)) >> 1;
        return std::bit_cast<double>(mantissa);  // which may have become the least normal one
    }
    if (product.low <= 1 && -4 <= k && k <= 23 && (mantissa & 3) == 1 && mantissa << (upper + 9) == product.high)
        mantissa &= ~std::uint64_t{1};
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    const std::uint64_t bits = (static_cast<std::uint64_t>(exponent - 1) << 52) + mantissa;
    return bits >= std::uint64_t{0x7ff} << 52 ? std::numeric_limits<double>::infinity() : std::bit_cast<double>(bits);
}

/// A natural number of at most 4096 bits.
class big_natural {
public:
    constexpr explicit big_natural(std::uint64_t value = 0) noexcept {
        for (; value != 0; value >>= 32) words_[size_++] = static_cast<std::uint32_t>(value);
    }
    /// `*this * factor + added`.
    constexpr void multiply_add(std::uint32_t factor, std::uint32_t added) noexcept {
        std::uint64_t carry = added;
        for (std::size_t i = 0; i < size_; ++i) {
            carry += std::uint64_t{words_[i]} * factor;
            words_[i] = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        if (carry != 0) words_[size_++] = static_cast<std::uint32_t>(carry);
    }
    constexpr void multiply_by_power_of_5(std::int64_t exponent) noexcept {
        for (; exponent >= 13; exponent -= 13) multiply_add(1220703125, 0);
        for (; exponent > 0; --exponent) multiply_add(5, 0);
    }
    constexpr void multiply_by_power_of_2(std::int64_t exponent) noexcept {
        for (; exponent >= 31; exponent -= 31) multiply_add(std::uint32_t{1} << 31, 0);
        multiply_add(std::uint32_t{1} << exponent, 0);
    }
    /// Less than 0, 0 or greater.
    constexpr int compare(const big_natural& other) const noexcept {
        if (size_ != other.size_) return size_ < other.size_ ? -1 : 1;
        for (std::size_t i = size_; i-- > 0;)
            if (words_[i] != other.words_[i]) return words_[i] < other.words_[i] ? -1 : 1;
        return 0;
    }

private:
    std::uint32_t words_[128] = {};
    std::size_t size_ = 0;
};

/// A decimal number in text as `decimal_to_double` takes it.
struct decimal_text {
    static constexpr int most_digits = 19;

    bool negative = false;
    bool longer = false;      ///< has digits behind those in `number` that are not 0
    decimal number{0, 0};     ///< of its first digits
    std::string_view digits;  ///< from the first digit that is not 0, with the point in it

    constexpr explicit decimal_text(std::string_view text) noexcept {
        std::size_t at = 0;
        if (at < text.size() && text[at] == '-') negative = true, ++at;
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        int taken = 0;
        bool behind_point = false;
        std::size_t first = text.size();
        for (; at < text.size() && (is_digit(text[at]) || text[at] == '.'); ++at) {
            if (text[at] == '.') {
                behind_point = true;
                continue;
            }
            number.exponent -= behind_point;
            if (taken == 0 && text[at] == '0') continue;
            if (taken == 0) first = at;
            if (taken < most_digits) {
                number.digits = 10 * number.digits + static_cast<std::uint64_t>(text[at] - '0');
                ++taken;
            } else {
                ++number.exponent;
                longer = longer || text[at] != '0';
            }
        }
        digits = first < at ? text.substr(first, at - first) : std::string_view();
        if (at == text.size()) return;
        ++at;
        const bool down = at < text.size() && text[at] == '-';
        if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
        std::int64_t exponent = 0;
        for (; at < text.size(); ++at)
            if (exponent < 100'000'000'000'000'000) exponent = 10 * exponent + (text[at] - '0');
        number.exponent += down ? -exponent : exponent;
    }
};

/// Whether the number is nearer to the double above `below` than to it. Its value is between the two.
constexpr bool rounds_up(const decimal_text& text, double below) noexcept {
    constexpr int kept = 800;  // the middle between two doubles has at most 768 digits
    const auto bits = std::bit_cast<std::uint64_t>(below);
    const int exponent = static_cast<int>(bits >> 52);
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    const std::uint64_t mantissa = exponent == 0 ? fraction : fraction | std::uint64_t{1} << 52;
    big_natural number, middle(2 * mantissa + 1);
    std::int64_t tens = text.number.exponent + decimal_text::most_digits;
    int taken = 0;
    bool longer = false;
    for (const char c : text.digits) {
        if (c == '.') continue;
        if (taken < kept)
            number.multiply_add(10, static_cast<std::uint32_t>(c - '0')), ++taken;
        else
            longer = longer || c != '0';
    }
    if (longer) number.multiply_add(10, 1), ++taken;
    tens -= taken;
    if (tens >= 0)
        number.multiply_by_power_of_5(tens);
    else
        middle.multiply_by_power_of_5(-tens);
    const std::int64_t twos = (exponent == 0 ? 1 : exponent) - 1076 - tens;
    if (twos >= 0)
        middle.multiply_by_power_of_2(twos);
    else
        number.multiply_by_power_of_2(-twos);
    const int order = number.compare(middle);
    return order > 0 || (order == 0 && (bits & 1) != 0);
}

}  // namespace detail

/// The double nearest to the number that `text` is, ties to even, `-?[0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)?`, which the
/// caller has checked. Infinity, with its sign, where it is beyond all doubles; 0, with its sign, where it is nearer to
/// 0. Takes time as long as the text is.
constexpr double decimal_to_double(std::string_view text) noexcept {
    const detail::decimal_text parts(text);
    double value = detail::nearest_double(parts.number);
    if (parts.longer) {
        const double above = detail::nearest_double({parts.number.digits + 1, parts.number.exponent});
        if (value != above && detail::rounds_up(parts, value)) value = above;
    }
    return parts.negative ? -value : value;
}

/// The fewest digits, and of those the nearest, that are read as `value` again; 0 is {0, 0}. The sign is dropped;
/// `value` is finite. Schubfach (Giulietti: "The Schubfach way to render doubles", 2020).
constexpr decimal shortest_decimal(double value) noexcept {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value) & ~(std::uint64_t{1} << 63);
    const int raised = static_cast<int>(bits >> 52);
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    if (bits == 0) return {0, 0};
    const std::uint64_t mantissa = raised == 0 ? fraction : fraction | std::uint64_t{1} << 52;
    const int exponent = (raised == 0 ? 1 : raised) - 1075;
    const auto plain = [](std::uint64_t digits, std::int64_t tens) {
        for (; digits % 10 == 0; digits /= 10) ++tens;
        return decimal{digits, tens};
    };
    if (-53 < exponent && exponent <= 0 && (mantissa & ((std::uint64_t{1} << -exponent) - 1)) == 0)
        return plain(mantissa >> -exponent, 0);

    const bool is_even = mantissa % 2 == 0, lower_is_closer = fraction == 0 && raised > 1;
    const std::int64_t scaled = std::int64_t{exponent} * 1262611 - (lower_is_closer ? 524031 : 0);
    const int k = static_cast<int>(scaled >> 22);  // floor(log10(2^exponent)), or of 3/4 of it
    product128 power = detail::bits_of_power(-k);
    if ((-k < 0 || -k > 55) && ++power.low == 0) ++power.high;
    const int shift = exponent + static_cast<int>((std::int64_t{-k} * 1741647) >> 19) + 1;
    const auto round_to_odd = [&](std::uint64_t quarters) {
        const std::uint64_t factor = quarters << shift;
        const std::uint64_t low = multiply(power.low, factor).high;
        product128 high = multiply(power.high, factor);
        high.low += low;
        high.high += high.low < low;
        return high.high | (high.low > 1);
    };
    const std::uint64_t lower = round_to_odd(4 * mantissa - 2 + lower_is_closer) + !is_even;
    const std::uint64_t middle = round_to_odd(4 * mantissa);
    const std::uint64_t upper = round_to_odd(4 * mantissa + 2) - !is_even;
    const std::uint64_t units = middle / 4;
    if (units >= 10) {
        const std::uint64_t ten = units / 10;
        const bool below = lower <= 40 * ten, above = 40 * ten + 40 <= upper;
        if (below != above) return plain(ten + above, k + 1);
    }
    const bool below = lower <= 4 * units, above = 4 * units + 4 <= upper;
    if (below != above) return plain(units + above, k);
    const std::uint64_t half = 4 * units + 2;
    return plain(units + (middle > half || (middle == half && units % 2 != 0)), k);
}

/// The most characters that `write_double` writes.
inline constexpr std::size_t longest_double = 25;

/// Writes `value`, which is finite, so that it is read as the same double again, with the fewest digits that do, and
/// with a point or an exponent, so that it is no integer: "0.1", "-0.0", "1e100", "1.5e-7". No NUL behind it. Returns
/// how many characters that are.
constexpr std::size_t write_double(char (&to)[longest_double], double value) noexcept {
    std::size_t size = 0;
    const auto put = [&](char c) { to[size++] = c; };
    if (std::bit_cast<std::uint64_t>(value) >> 63 != 0) put('-');
    const decimal number = shortest_decimal(value);
    char digits[20] = {};
    int count = 0;
    for (std::uint64_t rest = number.digits; rest != 0 || count == 0; rest /= 10)
        digits[count++] = static_cast<char>('0' + rest % 10);
    const int point = static_cast<int>(number.exponent) + count;  // digits before the point
    const auto put_digits = [&](int n) {
        for (; n > 0; --n) put(count > 0 ? digits[--count] : '0');
    };
    if (point < -4 || point > 17) {
        put_digits(1);
        if (count > 0) put('.');
        put_digits(count);
        put('e');
        int exponent = point - 1;
        if (exponent < 0) put('-'), exponent = -exponent;
        if (exponent >= 100) put(static_cast<char>('0' + exponent / 100));
        if (exponent >= 10) put(static_cast<char>('0' + exponent / 10 % 10));
        put(static_cast<char>('0' + exponent % 10));
        return size;
    }
    if (point <= 0) put('0');
    put_digits(point);
    put('.');
    for (int i = point; i < 0; ++i) put('0');
    put_digits(count > 0 ? count : 1);
    return size;
}

}  // namespace vitte
