"""One client's stream, from its opening to its end, whatever watch it is written from."""

from dataclasses import dataclass
from datetime import datetime

from application.watching.stream_cap import Admission
from application.watching.stream_request import StreamRequest
from domain.principal import Principal


@dataclass(slots=True, eq=False)
class OpenStream:
    number: int
    """Counts from 1 in the order of opening."""
    principal: Principal
    request: StreamRequest
    since: datetime
    admission: Admission
    bytes_sent: int = 0
