"""Where the watchers of one stream meet: those who wait for the same share one watch."""

from adapters.http.stream_channel import StreamChannel, StreamName


class SharedChannels:
    """One for each stream; a channel that is parked is none to meet in."""

    def __init__(self) -> None:
        self._of: dict[StreamName, StreamChannel] = {}

    def place_for(self, channel: StreamChannel) -> StreamChannel | None:
        """Where its clients can go on; None if it stays by itself, and others may come to it."""
        if channel.shared_as or not channel.clients or (place := channel.watch.place) is None:
            return None
        shared = self._of.get(place.stream)
        if shared is None or shared.is_parked:
            if shared:
                shared.shared_as = None
            channel.shared_as = place.stream
            self._of[place.stream] = channel
            return None
        return shared if shared.is_idle and shared.watch.place == place else None

    def forget(self, channel: StreamChannel) -> None:
        if channel.shared_as:
            del self._of[channel.shared_as]
            channel.shared_as = None
