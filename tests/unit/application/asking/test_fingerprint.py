"""What an answer to a question is bound to."""

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from application.asking.fingerprint import canonical_json, fingerprint
from domain.approval import ApprovalRequest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda item: st.lists(item) | st.dictionaries(st.text(), item),
)


@given(JSON)
def test_canonical_json_is_what_every_reader_of_json_takes_for_it(value: object) -> None:
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert canonical_json(value) == written


def test_it_can_be_computed_by_anybody() -> None:
    expected = hashlib.sha256(b'["shell",{"a":[1.5,null],"b":"\xc3\xa4"}]').hexdigest()

    assert fingerprint("shell", {"b": "ä", "a": (1.5, None)}) == expected


def test_another_tool_and_other_arguments_have_another_one() -> None:
    all_different = {
        fingerprint("shell", {}),
        fingerprint("shell", {"a": 1}),
        fingerprint("shell", {"a": "1"}),
        fingerprint("shell", {"a": True}),
        fingerprint("shell", {"a": [1]}),
        fingerprint("write", {"a": 1}),
    }

    assert len(all_different) == 6


def test_what_is_stored_is_a_copy_that_every_store_takes() -> None:
    arguments: dict[str, object] = {"a\ud800": ["\udfff", {"b": ("\x00",)}]}
    request = ApprovalRequest(call_id="\x00", tool_name="t", arguments=arguments, reason="\ud800")

    stored = request.storable()
    arguments["more"] = 1

    assert stored == ApprovalRequest(
        call_id="\ufffd",
        tool_name="t",
        arguments={"a\ufffd": ["\ufffd", {"b": ["\x00"]}]},
        reason="\ufffd",
    )
