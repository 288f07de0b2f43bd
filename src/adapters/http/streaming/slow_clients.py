"""Clients that do not take what is sent to them: how long they may, and which of them have."""

from collections.abc import Iterator

from adapters.http.streaming.channel import StreamChannel, StreamClient

LET_GO_AFTER_S = 20.0
"""How long a client of any stream may take nothing before its stream is ended."""


class SlowClients:
    """Clients whose sockets are full, each alone in a channel that writes nothing until there is room."""

    def __init__(self) -> None:
        self._taken: dict[StreamChannel, tuple[float, int]] = {}
        """Since when each has taken nothing, and how many bytes it had yet to take then."""

    def __len__(self) -> int:
        return len(self._taken)

    def __contains__(self, channel: StreamChannel) -> bool:
        return channel in self._taken

    def add(self, channel: StreamChannel, client: StreamClient, *, now: float) -> None:
        channel.is_parked = True
        self._taken[channel] = (now, client.backlog)

    def remove(self, channel: StreamChannel) -> None:
        channel.is_parked = False
        self._taken.pop(channel, None)

    def overdue(self, *, now: float, after_s: float) -> Iterator[StreamClient]:
        """Those that have taken nothing for longer than that; a byte that is taken restarts the time."""
        for channel, (since, backlog) in tuple(self._taken.items()):
            [client] = channel.clients
            if client.backlog != backlog:
                self._taken[channel] = (now, client.backlog)
            elif now - since > after_s:
                yield client
