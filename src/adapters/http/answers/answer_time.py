"""How an answer says when."""

from typing import Annotated

from pydantic import Field

AnswerTime = Annotated[
    str,
    Field(description="RFC 3339, in UTC.", json_schema_extra={"format": "date-time"}),
]
