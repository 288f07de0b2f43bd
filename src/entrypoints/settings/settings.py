"""The settings, their sources, and the message for one that is wrong."""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Literal, get_args

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import (
    AliasChoices,
    BaseModel,
    ByteSize,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from adapters.llm.model_options import OpenAIApi, ReasoningEffort
from adapters.system.environment_secrets import credentials_of
from domain.ids import is_chosen_id
from entrypoints.settings.agent_settings import AgentSettings
from entrypoints.settings.settings_file import file_mistake, near_name, settings_file

PREFIX = "AGENTCAST_"
_NOT_SETTINGS = frozenset(
    {"AGENTCAST_CONFIG", "AGENTCAST_URL", "AGENTCAST_DEBUG", "AGENTCAST_TASK_ID"}
)
_LEAST_BYTES = 1024 * 1024
_PORT = PREFIX + "PORT"
_ORIGIN = re.compile(
    r"(?!http://.*:80$|https://.*:443$)"
    r"[a-z][a-z0-9+.-]*://(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?"
)
"""As browsers send it: in lower case, and without the port that the scheme implies."""
_HEARTBEATS_A_LEASE = 3  # so that two may be late or lost


class SettingsError(Exception):
    """One line that names the setting and what would be valid."""


class Settings(BaseSettings):
    """A flag wins over the environment, that over `.env`, that over the toml file.

    `AGENTCAST_PORT`, from wherever it comes, wins over `PORT`.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", populate_by_name=True, frozen=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535, validation_alias=AliasChoices(_PORT, "PORT"))
    data_dir: Path = Field(default_factory=lambda: user_data_path("agentcast"))
    database_url: str = ""
    """Empty: a SQLite file in the data directory."""
    default_agent: str = "react"
    workspace: str | None = None
    """One folder for all tasks, instead of one for each session."""
    agents: dict[str, AgentSettings] = Field(default_factory=dict)
    fetch_url: bool = False
    """Whether models may read pages of the public internet."""

    llm_provider: Literal["openai", "anthropic", "scripted"] | None = None
    """None: by the key that is set."""
    llm_model: str | None = None
    openai_api_key: str | None = Field(default=None, validation_alias="OPENAI_API_KEY", repr=False)
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    openai_api: OpenAIApi = "chat"
    anthropic_api_key: str | None = Field(
        default=None, validation_alias="ANTHROPIC_API_KEY", repr=False
    )
    anthropic_base_url: str | None = Field(default=None, validation_alias="ANTHROPIC_BASE_URL")
    anthropic_max_tokens: int = Field(default=32_000, ge=1)
    """Of one answer; every request to the provider needs a bound."""
    llm_reasoning: ReasoningEffort | None = None
    """None: the model's own default."""
    llm_priced_as: Literal["openai", "anthropic", "google"] | None = None
    """Whose prices apply at a server without prices of its own, such as a gateway to that provider."""
    llm_window_tokens: int = Field(default=100_000, ge=1000)
    """How long a conversation may become before its oldest parts are left out."""
    llm_connect_s: float = Field(default=10.0, gt=0, le=600)
    llm_first_token_s: float = Field(default=300.0, gt=0, le=3600)
    llm_idle_s: float = Field(default=90.0, gt=0, le=3600)

    worker_concurrency: int = Field(default=128, ge=1, le=10_000)
    lease_s: float = Field(default=30.0, gt=0, le=3600)
    heartbeat_s: float = Field(default=10.0, gt=0, le=1200, validate_default=True)
    retention_days: float | None = Field(default=None, gt=0, le=36_500)
    """None: ended tasks are kept for ever."""
    data_max_bytes: ByteSize | None = Field(default=None, ge=_LEAST_BYTES)
    """Of logs and workspaces together; a unit may follow the number."""
    output_max_bytes: ByteSize = Field(default=ByteSize(128 * 1024 * 1024), ge=0)
    """In the log, of one task that has no limit of its own or its agent's; 0: no limit."""
    workspace_max_bytes: ByteSize | None = Field(default=None, ge=0)
    """Of a folder made for a session. None: half of the disk, 10 GiB at most. 0: no limit."""
    approval_s: float = Field(default=15 * 60.0, gt=0, le=7 * 86_400)
    """How long a run waits for an approval."""
    shutdown_s: float = Field(default=8.0, ge=2, le=600)
    stream_ping_s: float = Field(default=15.0, gt=0, le=600)
    request_s: float = Field(default=10.0, gt=0, le=3600)
    max_streams: int | None = Field(default=None, ge=1)
    """None: four fifths of the file descriptors that this process may open."""
    max_streams_each: int = Field(default=20, ge=1)

    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_exact(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise PydanticCustomError(
                    "origin",
                    f"{origin!r} is no exact origin; use scheme://host[:port] in lower case, such as"
                    " https://app.example, without a path, a slash at its end or a default port",
                )
        return value

    @field_validator("agents")
    @classmethod
    def _have_names(cls, value: dict[str, AgentSettings]) -> dict[str, AgentSettings]:
        for name in value:
            if not is_chosen_id(name):
                raise PydanticCustomError(
                    "agent_name", f"{name!r} is no name; use 1 to 64 letters, digits and . _ : -"
                )
        return value

    @field_validator("heartbeat_s")
    @classmethod
    def _is_well_within_lease(cls, value: float, info: ValidationInfo) -> float:
        lease_s: float = info.data.get("lease_s", value * _HEARTBEATS_A_LEASE)
        if value * _HEARTBEATS_A_LEASE > lease_s:
            raise PydanticCustomError(
                "heartbeat", f"{value:g} is more than a third of AGENTCAST_LEASE_S, {lease_s:g}"
            )
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def store_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'agentcast.db'}"

    @property
    def own_secrets(self) -> Sequence[str]:
        """Its keys, and the passwords in its URLs."""
        keys = (self.openai_api_key, self.anthropic_api_key)
        urls = (self.database_url, self.openai_base_url, self.anthropic_base_url)
        in_urls = [secret for url in urls if url for secret in credentials_of(url)]
        return [*(key for key in keys if key), *in_urls]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, toml_file=settings_file())
        return init_settings, env_settings, dotenv_settings, toml


def load_settings(**flags: object) -> Settings:
    """Raises SettingsError; a flag that is None was not given."""
    environment = {**dotenv_values(".env"), **os.environ}
    _check_names(environment)
    if mistake := file_mistake(Settings.model_fields):
        raise SettingsError(mistake)
    given = {name: value for name, value in flags.items() if value is not None}
    if (port := environment.get(_PORT)) is not None:
        # Otherwise a PORT of the environment would win over this one of `.env`.
        given.setdefault("port", port)
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        raise SettingsError(_first_line(error)) from error


def _check_names(environment: Mapping[str, str | None]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _NOT_SETTINGS
    for name in environment:
        if name.startswith(PREFIX) and name not in known and name.split("__")[0] not in known:
            raise SettingsError(f"{name}: there is no such setting{near_name(name, known)}")


def _first_line(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    name = where if where.isupper() or "." in where else PREFIX + where.upper()
    if first["type"] == "extra_forbidden":
        *table, key = first["loc"]
        return f"{name}: unknown{near_name(str(key), _keys_of(table))}"
    return f"{name}: {_SHOULD_BE.get(first['type'], first['msg'])}"


_SHOULD_BE: Mapping[str, str] = {
    "dict_type": "should be a table",
    "list_type": "should be a list",
    "model_type": "should be a table",
    "tuple_type": "should be a list",
}
"""The message for a value of another shape, by the type of the error."""


def _keys_of(table: Sequence[int | str]) -> Collection[str]:
    """The keys that are known in a table of the settings, such as `agents`, `tests`, `limits`."""
    kind: object = Settings
    for part in table:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
        else:  # a mapping of names to what is meant, or a list of it
            kind = [one for one in get_args(kind) if one is not ...][-1]
        if isinstance(kind, UnionType):  # with None
            kind = get_args(kind)[0]
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else ()
