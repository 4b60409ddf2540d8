"""
Documents as PDF, set by typst from the templates of `templates/print/`.

Data goes in as JSON and is never read as markup, whatever somebody called a piece. Fonts are those
of this folder alone, and the moment that a PDF says it was made at is told: the same data gives the
same bytes, on any machine and in any year.

The typesetter is loaded when a document is set: a process that shows pages sets none, and would
hold seven MiB of it.
"""

import json
import re
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from almakane.gateways import FONTS
from almakane.settings import ROOT

if TYPE_CHECKING:
    import typst

TEMPLATES = ROOT / "templates" / "print"

# What turns the direction of a line until its end, and what no paper shows.
_TURNING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufeff]")

# Typst remembers what it has set for some ten more papers, labels by the hundred too: after a large
# one it is given empty papers to set, until that is forgotten.
_LARGE = 100_000  # characters of data
_AGES = 12

_here = threading.local()


def typeset(template: str, data: Mapping[str, Any]) -> bytes:
    """A document as PDF; `data["made"]` is its day, which the PDF names as that of its making."""
    moment = datetime.combine(date(*data["made"]), time(), UTC)
    told = written(data)
    made = _compiler().compile(
        TEMPLATES / f"{template}.typ",
        format="pdf",
        sys_inputs={"data": told},
        timestamp=moment,
        pdf_standards="a-2b",
        pdf_tags=False,
    )
    if len(told) > _LARGE:
        for _ in range(_AGES):
            _compiler().compile(b"", format="svg")
    if not isinstance(made, bytes):
        raise TypeError("A document is one file.")
    return made


def pictures(template: str, data: Mapping[str, Any], ppi: float = 144) -> list[bytes]:
    """The same pages as PNG."""
    made = _compiler().compile(
        TEMPLATES / f"{template}.typ",
        format="png",
        ppi=ppi,
        sys_inputs={"data": written(data)},
    )
    return [made] if isinstance(made, bytes) else list(made or ())


def written(data: Mapping[str, Any]) -> str:
    """The data as JSON, every text of it without what would turn the line around."""
    return json.dumps(_straight(data), ensure_ascii=False, separators=(",", ":"))


def _straight(value: Any) -> Any:
    if isinstance(value, str):
        return _TURNING.sub("", value)
    if isinstance(value, Mapping):
        return {name: _straight(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_straight(part) for part in value]
    return value


def _compiler() -> "typst.Compiler":
    """A compiler for each thread, for it does one thing at a time; they share the fonts."""
    import typst  # noqa: PLC0415 - see above

    if not hasattr(_here, "compiler"):
        _here.compiler = typst.Compiler(
            root=TEMPLATES, font_paths=_fonts(), ignore_system_fonts=True
        )
    compiler: typst.Compiler = _here.compiler
    return compiler


@lru_cache(maxsize=1)
def _fonts() -> "typst.Fonts":
    import typst  # noqa: PLC0415 - see above

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
