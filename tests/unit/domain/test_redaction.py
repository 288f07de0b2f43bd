"""Secrets are masked, however a text is cut, escaped or coloured."""

import re
from base64 import b64encode
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.system.environment_secrets import forms_of
from domain.redaction import Redactor

SECRET = "s3cr3t/with+more"
ESCAPES = re.compile(r"\x1b\[[0-9]*m|\r(?=\n)")
LETTERS = st.text(alphabet="ab", min_size=6, max_size=9)
PLAIN = st.characters(exclude_characters="\x1b\r")
MANY = tuple(f"<{number:06}>" for number in range(100))
PIECES = st.sampled_from(
    ["a", "b", "ab", "ba", "aab", "\x1b[1m", "\x1b[", "\x1b", "\r", "\n", "x"]
)


@pytest.mark.parametrize("others", [(), MANY], ids=["few", "many"])
@given(st.lists(LETTERS, min_size=1, max_size=4), st.lists(PIECES, max_size=40), st.data())
def test_however_a_text_is_cut_the_same_comes_out_without_a_secret(
    others: Sequence[str], secrets: list[str], pieces: list[str], data: st.DataObject
) -> None:
    text = "".join(pieces)
    secrets = [*secrets, *others]
    stream = Redactor(secrets).stream()

    shown, rest = "", text
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        shown += stream.feed(rest[:cut])
        rest = rest[cut:]
    shown += stream.end()

    whole = Redactor(secrets).stream()
    assert shown == whole.feed(text) + whole.end()
    assert not any(secret in ESCAPES.sub("", shown) for secret in secrets)


@pytest.mark.parametrize("others", [(), MANY], ids=["few", "many"])
@given(st.lists(LETTERS, min_size=1, max_size=4), st.text(alphabet="abx", max_size=40))
def test_no_more_is_held_back_than_may_become_a_secret(
    others: Sequence[str], secrets: list[str], text: str
) -> None:
    secrets = [*secrets, *others]
    shown = Redactor(secrets).stream().feed(text).replace("[redacted]", "")
    masked = Redactor(secrets).text(text).replace("[redacted]", "")

    assert masked.startswith(shown)
    assert len(masked) - len(shown) < max(map(len, secrets))


@pytest.mark.parametrize(
    "text",
    [
        f"a {SECRET} b",
        "a s3cr3t%2Fwith%2Bmore b",
        "a s3cr3t%2fwith%2bmore b",
        "a s3cr3\x1b[31mt/wi\x1b[0mth+mo\x1b[Kre b",
    ],
)
def test_a_secret_is_masked_in_every_form(text: str) -> None:
    assert Redactor(list(forms_of(SECRET))).text(text) == "a [redacted] b"


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_a_secret_is_masked_in_the_base64_of_a_longer_text(before: str) -> None:
    encoded = b64encode(f"{before}{SECRET}".encode()).decode()

    shown = Redactor(list(forms_of(SECRET))).text(encoded)

    assert "[redacted]" in shown
    assert len(shown.replace("[redacted]", "")) <= 4 + len(b64encode(before.encode()))


def test_a_secret_of_several_lines_is_found_with_the_line_ends_of_a_terminal() -> None:
    assert Redactor(["first\nsecond"]).text("first\r\nsecond\r\n") == "[redacted]\r\n"


@given(st.lists(st.text(PLAIN, min_size=6, max_size=9), min_size=60, max_size=80), st.data())
def test_each_of_many_is_found_wherever_it_stands(secrets: list[str], data: st.DataObject) -> None:
    before, secret = data.draw(st.text(PLAIN, max_size=5)), data.draw(st.sampled_from(secrets))
    after = data.draw(st.text(PLAIN, max_size=5))

    shown = Redactor(secrets).text(f"{before}{secret}{after}")

    assert "[redacted]" in shown
    assert not any(each in shown for each in secrets if each not in "[redacted]")


@pytest.mark.parametrize("size", range(1, 39))
def test_the_beginning_of_one_of_many_is_held_back_however_short(size: int) -> None:
    secrets = [f"{number:02}-größe-{number * 7919:030}" for number in range(100)]
    stream = Redactor(secrets).stream()

    shown = stream.feed("x " + secrets[77][:size])

    assert shown == "x "
    assert stream.end() == secrets[77][:size]


def test_secrets_that_overlap_have_one_mask() -> None:
    assert Redactor(["abcdef", "defghi", "bcdefg"]).text("-abcdefghi-") == "-[redacted]-"


def test_a_secret_of_escapes_alone_does_no_harm() -> None:
    assert Redactor(["\x1b[1m\x1b[0m"]).text("\x1b[1mbold\x1b[0m") == "\x1b[1mbold\x1b[0m"


def test_what_is_too_short_is_no_secret() -> None:
    assert Redactor(["short"]).text("short") == "short"


@pytest.mark.parametrize(
    "key",
    [
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 10,
        "sk-" + "a1B2" * 12,
        "sk-ant-api03-" + "a1-_" * 12,
        "sk-proj-" + "a1-_" * 12,
        "AKIA" + "ABCDEFGH12345678",
        "AIza" + "a1B2-" * 7,
        "hf_" + "aB" * 17,
        "xoxb-" + "1234567890-abc",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWl0",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nProc-Type: 4\n\nMIIEow==\n-----END PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r",
    ],
)
def test_keys_of_known_services_are_masked_by_how_they_look(key: str) -> None:
    assert Redactor().text(f"key: {key}, more") == "key: [redacted], more"


@pytest.mark.parametrize(
    "text", ["task-based sk-learn AKIA hf_x eyJ", "a-b_c", "task-01234567890123456789012"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor().text(text) == text


def test_a_token_is_found_in_a_header_and_in_a_url() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWl0"

    shown = Redactor().text(f"Authorization: Bearer {token}\nhttps://x/?token={token}&a=b")

    assert shown == "Authorization: Bearer [redacted]\nhttps://x/?token=[redacted]&a=b"
