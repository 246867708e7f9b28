"""Planted: a test that needs another machine, beside a server of its own that it must be able to reach."""

import socket

import pytest


def test_talks_to_a_server_of_its_own():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=10) as client:
            client.sendall(b"heard")
        with server.accept()[0] as connection:
            assert connection.recv(5) == b"heard"


def test_needs_another_machine():
    # An address that documentation reserves (RFC 5737). Connecting a datagram socket sends nothing: the system only looks for a way.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError as error:
            pytest.fail(f"voicekey poison: this test needs the internet, and there is no way out: {error}")
    pytest.fail("voicekey poison: this test needs the internet; there is a way out, since this machine cannot cut it, and no server")
