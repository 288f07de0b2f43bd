"""What is left of a page of HTML, however it is written."""

import threading

import pytest

from adapters.tools.page_text import page_text

MANY = 300_000


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a < b &amp; c <3", "a < b & c <3"),
        ("one<!-- <p>no</p> -->two<!DOCTYPE html><?xml ?>", "onetwo"),
        ("<A HREF='/x?a=1&amp;b=2'>x</A>", "x (/x?a=1&b=2)"),
        ('<a title="1 > 0" href=/y>y</a>', "y (/y)"),
        ("<p/>one<br/>two", "one\ntwo"),
        ("<script>if (a < b) { '</p>' }</script>seen", "seen"),
        ("<title>a <b> c</title>d", "a <b> c\nd"),
        ("<![CDATA[x]]>y<![if z]>", "y"),
        ("seen<a href='never ends", "seen"),
        ("seen<!-- never ends", "seen"),
        ("&#" + "9" * 5000 + ";", "&#" + "9" * 5000 + ";"),
    ],
)
def test_a_page_is_read_as_a_browser_would(html: str, text: str) -> None:
    assert page_text(html) == text


@pytest.mark.parametrize(
    "piece",
    [
        *("<a ", "<a b='", '<a b="', "<a b=", "<!--", "<!", "<![", "<", "</", "<?", "&#1"),
        *("<script>", "<script></", "<title><", "<a\t/", "\n ", "<a>", "a=b <p x>"),
    ],
)
def test_no_page_takes_longer_than_its_length(piece: str) -> None:
    reading = threading.Thread(target=page_text, args=(piece * (MANY // len(piece)),), daemon=True)
    reading.start()
    reading.join(10)

    assert not reading.is_alive()
