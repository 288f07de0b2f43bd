"""How Claude Code says that a turn has ended, or why it could not."""

from adapters.cli_agents.json_line import JsonObject
from adapters.cli_agents.readable_error import readable_error
from ports.runner import Completed, Failed, Outcome

_REASONS = {
    "error_max_turns": "the agent reached its limit of turns",
    "error_max_budget_usd": "the agent reached its limit of cost",
    "error_during_execution": "the agent failed while it worked",
}


def claude_outcome(
    result: JsonObject, *, iterations: int | None, model_failed: bool
) -> Outcome | None:
    """None for a line that does not say whether it went well."""
    match result:
        case {"subtype": str(subtype), "is_error": bool(is_error)}:
            if is_error or subtype.startswith("error"):
                by_model = model_failed or result.get("api_error_status") is not None
                return Failed(
                    error=_explanation(result, subtype),
                    reason="model_error" if by_model else "agent_error",
                )
            answer = result.get("result")
            return Completed(
                final_answer=answer if isinstance(answer, str) else "",
                total_iterations=iterations,
            )
        case _:
            return None


def _explanation(result: JsonObject, subtype: str) -> str:
    match result:
        case {"result": str(told)} if told.strip():
            return readable_error(told)
        case {"errors": [str(), *_] as errors}:
            return "; ".join(readable_error(told) for told in errors if isinstance(told, str))
        case _:
            return _REASONS.get(subtype, f"the agent ended with {subtype}")
