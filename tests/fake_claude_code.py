"""Speaks as Claude Code does over its standard input and output, without a model.

Its task is a list in JSON of what to do, one after another: `["Bash", "touch x"]` is a call of the
tool, `["say", "…"]` a message. Run it with `--permission-prompt-tool=stdio`, and it asks its hook
before each call, if it was given one, and then for permission where the hook wants that.
"""

import json
import subprocess
import sys
from itertools import count

_numbers = count(1)


def emit(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def next_message() -> dict[str, object] | None:
    """The next line of its input; None at the end."""
    line = sys.stdin.readline()
    return json.loads(line) if line else None


def answered(**request: object) -> dict[str, object] | None:
    """What its user answers to this; None if nobody does any more."""
    request_id = f"request-{next(_numbers)}"
    emit(type="control_request", request_id=request_id, request=request)
    while (message := next_message()) is not None:
        response = message.get("response")
        if isinstance(response, dict) and response.get("request_id") == request_id:
            assert response["subtype"] == "success", response
            return dict(response["response"])
    return None


def denial(tool: str, call_id: str, arguments: object, *, has_hook: bool) -> str | None:
    """Why it may not, or None."""
    if "--permission-prompt-tool=stdio" not in sys.argv:
        return None
    decision = "ask"
    if has_hook:
        given = {"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": arguments}
        answer = answered(subtype="hook_callback", callback_id="hook", input=given) or {}
        output = answer.get("hookSpecificOutput")
        decision = str(output["permissionDecision"]) if isinstance(output, dict) else "allow"
    if decision == "allow":
        return None
    asked = answered(
        subtype="can_use_tool",
        tool_name=tool,
        input=arguments,
        decision_reason_type="hook",
        tool_use_id=call_id,
    )
    if asked is None:
        return "Stream closed"
    if asked["behavior"] == "allow":
        assert asked["updatedInput"] == {}
        return None
    return str(asked["message"])


def call(tool: str, command: str, *, has_hook: bool) -> None:
    call_id = f"call-{next(_numbers)}"
    arguments = {"command": command}
    block = {"type": "tool_use", "id": call_id, "name": tool, "input": arguments}
    message = {"id": f"msg-{call_id}", "model": "none", "content": [block]}
    emit(type="assistant", message=message)
    refusal = denial(tool, call_id, arguments, has_hook=has_hook)
    if refusal is None:
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        text, is_error = done.stdout, done.returncode != 0
    else:
        text, is_error = refusal, True
    result = {"type": "tool_result", "tool_use_id": call_id, "content": text, "is_error": is_error}
    emit(type="user", message={"content": [result]})


def main() -> None:
    has_hook, message = False, next_message()
    while message is not None and message["type"] == "control_request":
        has_hook = True
        response = {"subtype": "success", "request_id": message["request_id"], "response": {}}
        emit(type="control_response", response=response)
        message = next_message()
    assert message is not None
    assert message["type"] == "user"
    prompt = message["message"]
    assert isinstance(prompt, dict)
    tools = ["Bash", "Read", "Write"]
    emit(type="system", subtype="init", session_id="one", model="none", tools=tools)
    for word, text in json.loads(prompt["content"]):
        if word == "say":
            content = [{"type": "text", "text": text}]
            emit(type="assistant", message={"id": text, "model": "none", "content": content})
        else:
            call(word, text, has_hook=has_hook)
    emit(type="result", subtype="success", is_error=False, result="done", session_id="one")
    while next_message() is not None:
        pass


if __name__ == "__main__":
    main()
