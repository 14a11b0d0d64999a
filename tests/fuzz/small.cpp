// libFuzzer target: readers of small things, which a fuzzer has seen all of in seconds. The first byte chooses.
#include "small/addresses.hpp"
#include "small/configuration.hpp"
#include "small/frames.hpp"
#include "small/http.hpp"
#include "small/ld_cache.hpp"
#include "small/minisign.hpp"
#include "small/names.hpp"
#include "small/plugins.hpp"
#include "small/requests.hpp"
#include "small/signatures.hpp"
#include "small/thumb_objects.hpp"
#include "small/toml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    switch (data[0]) {
        case 'a': fuzz_addresses(data + 1, size - 1); break;
        case 'c': fuzz_configuration(data + 1, size - 1); break;
        case 'f': fuzz_frames(data + 1, size - 1); break;
        case 'h': fuzz_http(data + 1, size - 1); break;
        case 'l': fuzz_ld_cache(data + 1, size - 1); break;
        case 'm': fuzz_minisign(data + 1, size - 1); break;
        case 'n': fuzz_names(data + 1, size - 1); break;
        case 'o': fuzz_thumb_objects(data + 1, size - 1); break;
        case 'p': fuzz_plugins(data + 1, size - 1); break;
        case 'r': fuzz_requests(data + 1, size - 1); break;
        case 's': fuzz_signatures(data + 1, size - 1); break;
        case 't': fuzz_toml(data + 1, size - 1); break;
        default: return -1;  // not kept
    }
    return 0;
}
