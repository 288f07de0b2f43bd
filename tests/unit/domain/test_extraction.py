"""What captured text is read as."""

import pytest

from domain.extraction import CAPTURED_CHARS, Captured, CaptureType, captured_as


@pytest.mark.parametrize(
    ("text", "kind", "read"),
    [
        ("12", "integer", 12),
        (" -7 ", "integer", -7),
        ("12,345,678", "integer", 12_345_678),
        ("12_345", "integer", 12_345),
        ("1.2k", "integer", 1200),
        ("3 M", "integer", 3_000_000),
        ("3.5", "number", 3.5),
        ("1,234.5", "number", 1234.5),
        ("2e3", "number", 2000.0),
        ("2", "number", 2.0),
        ("Yes", "boolean", True),
        ("off", "boolean", False),
        ("12", "text", "12"),
    ],
)
def test_text_is_read_as_people_write_it(text: str, kind: CaptureType, read: Captured) -> None:
    assert (captured_as(text, kind), type(captured_as(text, kind))) == (read, type(read))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1.5", "integer"),
        ("1e3", "integer"),
        ("12,34", "integer"),
        ("9" * 400, "integer"),
        ("1e999", "number"),
        ("nan", "number"),
        ("\u0663", "integer"),
        ("maybe", "boolean"),
        ("", "number"),
    ],
)
def test_what_cannot_be_read_stays_text(text: str, kind: CaptureType) -> None:
    assert captured_as(text, kind) == text


def test_long_text_is_cut_and_half_characters_are_replaced() -> None:
    assert captured_as("a" * 10_000, "text") == "a" * CAPTURED_CHARS
    assert captured_as("a\ud800", "text") == "a\ufffd"
