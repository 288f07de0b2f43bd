"""The code blocks of the documentation, each with the language that decides what runs it.

A block is fenced and names its language, or is indented by four and has none: then it is toml or
JSON if it can be read as that, else shell. What may be added:

- `sh endless`: it goes on until it is ended, and what follows on the page runs beside it;
- a first line `# NAME.EXT` in a block of any language: it is that file in the page's folder;
- a block of text or JSON right behind one of shell: what that one prints; a block of text elsewhere:
  what the last endless one comes to print. A line of `…` is any lines, `…` within one any text.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
_FENCE = re.compile(r"(`{3,})(.*)")
_CODE = " " * 4
_FILE = re.compile(r"(?:#|//) ([\w-]+\.\w+)")
_OUTPUT = ("text", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    page: str
    line: int
    end: int
    language: str
    is_endless: bool
    text: str
    printed: str | None = None
    """Its output, as printed on the page."""

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str | None:
        """Its file name, where the page gives one."""
        named = _FILE.fullmatch(self.text.partition("\n")[0].strip())
        return named and named[1]


def pages() -> list[str]:
    """By their paths; without the changelog, which is about the past."""
    found = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")]
    found += REPOSITORY.glob("benchmarks/*.md")
    return sorted({str(path.relative_to(REPOSITORY)) for path in found} - {"CHANGELOG.md"})


def blocks(language: str) -> list[Block]:
    """All of that language."""
    return [block for page in pages() for block in blocks_of(page) if block.language == language]


@cache
def blocks_of(page: str) -> Sequence[Block]:
    return blocks_in((REPOSITORY / page).read_text(), page=page)


def blocks_in(text: str, *, page: str) -> Sequence[Block]:
    lines = text.split("\n")
    found: list[Block] = []
    for block in _raw(lines, page=page):
        before = found[-1] if found else None
        is_output = (
            before is not None
            and (before.language, before.is_endless, before.printed) == ("sh", False, None)
            and block.language in _OUTPUT
            and not "".join(lines[before.end : block.line - 1]).strip()
        )
        if before is not None and is_output:
            found[-1] = replace(before, printed=block.text, end=block.end)
        else:
            found.append(block)
    return found


def _raw(lines: list[str], *, page: str) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        if fence := _FENCE.fullmatch(lines[at]):
            end = lines.index(fence[1], at + 1) + 1
            language, *more = fence[2].split() or ["none"]
            yield _block(page, at, end, language, lines[at + 1 : end - 1], more)
        elif lines[at].startswith(_CODE) and not "".join(lines[max(at - 1, 0) : at]).strip():
            end = at + 1
            while end < len(lines) and (lines[end].startswith(_CODE) or not lines[end].strip()):
                end += 1
            code = [line.removeprefix(_CODE) for line in lines[at:end]]
            yield _block(page, at, end, _guessed("\n".join(code)), code, ())
        else:
            end = at + 1
        at = end


def _block(
    page: str, at: int, end: int, language: str, code: list[str], more: Sequence[str]
) -> Block:
    return Block(
        page=page,
        line=at + 1,
        end=end,
        language=language,
        is_endless="endless" in more,
        text="\n".join(code).rstrip() + "\n",
    )


def _guessed(code: str) -> str:
    for language, read in (("toml", tomllib.loads), ("json", json.loads)):
        try:
            if read(code):
                return language
        except ValueError:
            continue
    return "sh"
