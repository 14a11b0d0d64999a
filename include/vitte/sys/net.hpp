/// Sockets: connections of TCP and between processes of this machine, and messages; addresses of hosts. Every call that
/// waits has a deadline.
#pragma once

#include <vitte/sys/net/connect_host.hpp>
#include <vitte/sys/net/datagram_socket.hpp>
#include <vitte/sys/net/listener.hpp>
#include <vitte/sys/net/relay.hpp>
#include <vitte/sys/net/resolver.hpp>
