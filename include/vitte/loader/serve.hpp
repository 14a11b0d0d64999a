/// A process that holds modules, and those who ask it: `module_service` answers, `service_place` is where it is found,
/// `service_client` asks. `vitte serve` is one.
///
/// # The protocol, version 1
///
/// Both sides send frames by a stream: the length of a message as a little-endian number of 32 bits, at most 1 MiB, and
/// the message, an object of JSON (RFC 8259). Members that a side does not know mean nothing to it.
///
/// A client sends requests: `id`, a natural number of his choice, and `method`. Each is answered once by
///
///     {"id": 7, "result": ...}   or   {"id": 7, "error": {"code": "not found", "message": "there is no module 'x'"}}
///
/// in any order, with the id 0 if the request's is not known. Codes are those of `vitte::errc` in words, and "trapped".
/// The first request is `hello`; its version is refused with "not supported" if the server does not speak it, and then,
/// as after a first request that is another, the connection ends.
///
///     {"id": 1, "method": "hello", "version": 1}                   {"protocol": 1}
///     {"id": 2, "method": "load", "path": "/a/b.wasm"}             "b"
///         "module": "name"    the name that it gets, if not its own; paths are absolute
///     {"id": 3, "method": "call", "module": "b", "function": "add", "arguments": ["1", 2]}
///                                                                  {"type": "i32", "value": "3"}
///         "signature": "i32(i32,i32)"    if the module does not say it; arguments and results are texts as
///         "timeout": 500                 `read_value` and `write_value` have them; milliseconds
///     {"id": 4, "method": "modules"}     [{"name", "version", "kind", "source", "exports": [{"name", "signature"}],
///                                          "export_count", "memory", "calls", "traps", "running", "needs": ["a"]}]
///     {"id": 5, "method": "reload", "module": "b"}                 true
///     {"id": 6, "method": "unload", "module": "b"}                 ["b"]
///         "force": true       also what needs it, which goes first; "busy" otherwise
///     {"id": 7, "method": "watch"}                                 true, and then events, which have no id:
///         {"event": "loaded", "module": "b"}     "loaded", "reloaded", "not reloaded", "unloaded", "trapped", the
///         third
///                                                and the last with a "message"
///
/// A client who ends his side is gone: what he has asked for is given up, and WebAssembly that runs for him is stopped.
/// Of what the server takes from him there are limits (`basic_service_options`): too many requests at once are refused
/// with "busy"; the connection ends for a message that is too long, for a frame that is begun and not ended in time,
/// and for who does not read his answers.
///
/// Who may connect may run any code as the user of the server: what keeps others out is the folder that the socket is
/// in, and that the system tells who connects.
#pragma once

#include <vitte/loader/serve/client.hpp>
#include <vitte/loader/serve/place.hpp>
#include <vitte/loader/serve/service.hpp>
