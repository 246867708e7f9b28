"""What network a process has, without a packet leaving the machine. Standard library only; it judges nothing."""

import socket

# Addresses that documentation reserves (RFC 5737, RFC 3849): nobody has them.
OUTSIDE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def observed():
    return {"loopback": loopback(), "outside": any(has_route(*place) for place in OUTSIDE)}


def has_route(family, address):
    """Connecting a datagram socket sends nothing: the system only looks for a way."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
    except OSError:
        return False
    return True


def loopback():
    """Whether a server of this process can be reached."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(5)
            with socket.create_connection(server.getsockname(), timeout=5):
                server.accept()[0].close()
    except OSError:
        return False
    return True
