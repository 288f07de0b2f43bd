"""What OpenAI's SDK raises, as the errors of the port."""

from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from adapters.llm.server_errors import presentable, status_error, told
from domain.errors import ModelError, ModelRefused, ModelUnavailable

_NO_QUOTA = "insufficient_quota"
"""ToolOutcome with the status of an overload, though no waiting helps."""


def openai_error(error: Exception, *, api_key: str) -> ModelError:
    message = presentable(_message(error), api_key=api_key)
    if isinstance(error, APIError) and error.code == _NO_QUOTA:
        return ModelRefused(message)
    if not isinstance(error, APIStatusError):
        return ModelUnavailable(message)
    retry_after = error.response.headers.get("retry-after")
    return status_error(status=error.status_code, message=message, retry_after=retry_after)


def _message(error: Exception) -> str:
    match error:
        case APITimeoutError():
            return "the model server could not be reached in time"
        case APIConnectionError():
            return f"the connection to the model server failed: {error.__cause__ or error}"
        case APIStatusError():
            said = told(error.message, status=error.status_code)
            return f"the model server answered {error.status_code}: {said}"
        case APIError():
            return f"the model server reported an error: {error.message}"
        case _:
            return f"the model server's answer cannot be read: {error}"
