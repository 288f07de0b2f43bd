"""A server of the Model Context Protocol as the toml file says it."""

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from domain.errors import InvalidInput
from domain.mcp_server import McpServer


class McpServerSettings(BaseModel):
    """The table `[agents.NAME.mcp_servers.SERVER]`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict, repr=False)
    env_passthrough: tuple[str, ...] = ()
    url: str | None = None
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    start_s: float = Field(default=30.0, gt=0)
    call_s: float = Field(default=120.0, gt=0)

    @field_validator("args", "env_passthrough", mode="before")
    @classmethod
    def _is_list(cls, value: object) -> object:
        if isinstance(value, str):
            raise PydanticCustomError("list", 'should be a list, such as ["--all"]')
        return value

    @model_validator(mode="after")
    def _is_one_server(self) -> "McpServerSettings":
        try:
            McpServer(**self.model_dump())
        except InvalidInput as error:
            raise PydanticCustomError("mcp_server", "{said}", {"said": str(error)}) from error
        return self
