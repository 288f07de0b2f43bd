import socket

import pytest

from adapters.http.protocol.listening_socket import bound_socket

TCP = socket.IPPROTO_TCP


def test_each_connection_notices_a_dead_peer_and_sends_small_pieces_at_once() -> None:
    with bound_socket(host="127.0.0.1", port=0) as listener:
        listener.listen(1)
        with socket.create_connection(listener.getsockname()):
            connection, _ = listener.accept()
            with connection:
                options = {
                    "keep alive": connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                    "give up ms": connection.getsockopt(TCP, socket.TCP_USER_TIMEOUT),
                    "no delay": connection.getsockopt(TCP, socket.TCP_NODELAY),
                }

    assert options == {"keep alive": 1, "give up ms": 30_000, "no delay": 1}


def test_nobody_can_connect_before_it_listens() -> None:
    with (
        bound_socket(host="127.0.0.1", port=0) as listener,
        pytest.raises(ConnectionRefusedError),
    ):
        socket.create_connection(listener.getsockname())


def test_a_port_that_is_taken_is_refused_and_nothing_is_left_open() -> None:
    with bound_socket(host="127.0.0.1", port=0) as listener:
        listener.listen(1)

        with pytest.raises(OSError, match="in use"):
            bound_socket(host="127.0.0.1", port=listener.getsockname()[1])
