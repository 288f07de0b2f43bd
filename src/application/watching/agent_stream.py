"""Opens the stream of agents, over all the sessions they work in."""

from collections.abc import Sequence

from application.cursors.cursor_writer import CursorWriter
from application.watching.agent_beginning import AgentBeginning
from application.watching.agent_subscription import AgentSubscription
from application.watching.agent_tasks import AgentTasks
from application.watching.log_position import LogPosition, NewestEvents
from application.watching.log_reader import LogReader
from application.watching.log_readers import LogReaders
from application.watching.settled_subscription import SettledSubscription
from application.watching.stream_request import Replay, Selection, StreamRequest
from application.watching.stream_sources import Asker, Opening, StreamSources, first_steps
from application.watching.stream_steps import Connected


class AgentStream:
    def __init__(self, sources: StreamSources, asker: Asker) -> None:
        self._sources = sources
        self._asker = asker

    async def open(self, request: StreamRequest) -> Opening:
        principal = self._asker.principal
        cursors = CursorWriter(self._sources.shelf, principal)
        readers = LogReaders(has_plain_ids=False, write=cursors.write)
        tasks = AgentTasks(
            self._sources.tasks, self._sources.feed, principal=principal, agents=request.agents
        )
        positions = LogPosition(self._sources.log)
        subscription = AgentSubscription(
            readers,
            principal=principal,
            selection=Selection(agents=frozenset(request.agents), event_types=request.event_types),
            tasks=tasks,
            positions=positions,
            tails=self._sources.tails,
            wake=self._asker.wake,
        )
        beginning = AgentBeginning(
            self._sources,
            self._asker,
            subscription=subscription,
            readers=readers,
            tasks=tasks,
            positions=positions,
        )
        try:
            resets = await beginning.begin(request.start)
            await subscription.catch_up()
            past: Sequence[LogReader] = ()
            if isinstance(request.start, Replay) and request.start.last is not None:
                past = readers.all()
                await NewestEvents(self._sources.log).advance(past, request.start.last)
            settled = SettledSubscription(subscription, cursors)
            await settled.settle()
        except BaseException:
            subscription.close()
            raise
        agent = request.agents[0] if len(request.agents) == 1 else None
        connected = Connected(agent=agent, cursor=readers.cursor())
        steps = first_steps(connected, resets, request.start)
        return Opening(subscription=settled, steps=steps, past=past)
