"""Where the watchers of one stream meet: those who wait for the same share one watch."""

from collections.abc import Iterable

from adapters.http.streaming.channel import StreamChannel, StreamName


class SharedChannels:
    """One for each stream; a channel that is parked is none to meet in."""

    def __init__(self) -> None:
        self._of: dict[StreamName, StreamChannel] = {}
        self._early: dict[StreamName, dict[StreamChannel, None]] = {}
        """Those who came to rest before the shared one had got so far."""

    def pairs(self, channel: StreamChannel) -> Iterable[tuple[StreamChannel, StreamChannel]]:
        """Given one that has come to rest: who can go on in which one, now that it has."""
        if not channel.clients or (place := channel.watch.place) is None:
            return ()
        stream = place.stream
        shared = self._of.get(stream)
        if channel is shared:
            early = self._early.pop(stream, {})
            return [(one, shared) for one in early if _can_join(one, shared)]
        if shared is None or shared.is_parked:
            self._share(channel, stream)
            return ()
        if _can_join(channel, shared):
            return ((channel, shared),)
        self._early.setdefault(stream, {})[channel] = None
        return ()

    def forget(self, channel: StreamChannel) -> None:
        for early in self._early.values():
            early.pop(channel, None)
        if channel.shared_as:
            del self._of[channel.shared_as]
            self._early.pop(channel.shared_as, None)
            channel.shared_as = None

    def _share(self, channel: StreamChannel, stream: StreamName) -> None:
        if parked := self._of.get(stream):
            parked.shared_as = None
        channel.shared_as = stream
        self._of[stream] = channel


def _can_join(one: StreamChannel, shared: StreamChannel) -> bool:
    if not (one.clients and one.is_idle and shared.is_idle):
        return False
    return one.watch.is_at_rest and one.watch.place == shared.watch.place
