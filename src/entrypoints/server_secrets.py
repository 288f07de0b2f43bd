"""What this server itself has to keep secret, whatever agents it runs."""

from collections.abc import Sequence

from adapters.system.environment_secrets import EnvironmentSecrets, credentials_of
from domain.redaction import Redactor
from entrypoints.settings import Settings
from ports.secrets import Secrets


def secrets(settings: Settings) -> Secrets:
    return EnvironmentSecrets(_server_keys(settings))


def server_redactor(settings: Settings) -> Redactor:
    """For what the server says of itself: its own keys, and those that are known by their looks."""
    return secrets(settings).redactor(())


def _server_keys(settings: Settings) -> Sequence[str]:
    keys = (settings.openai_api_key, settings.anthropic_api_key)
    urls = (settings.database_url, settings.openai_base_url, settings.anthropic_base_url)
    in_urls = [secret for url in urls if url for secret in credentials_of(url)]
    return [*(key for key in keys if key), *in_urls]
