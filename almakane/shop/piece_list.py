"""The catalogue's page: what was asked for, the filters that lead on, and its own address."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import abort, render_template, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from almakane.cooperatives.words import CRAFTS, REGIONS
from almakane.shop.catalogue import (
    BANDS,
    LONGEST_SEARCH,
    Asked,
    Catalogue,
    Found,
    Sort,
    slug,
)
from almakane.shop.found import Page, breadcrumbs, head_of, home_step, ways
from almakane.shop.kept import Part
from almakane.shop.street import Street, cards_of
from almakane.web import formats
from almakane.web.languages import language
from almakane.web.texts import sort_key

ROWS = 24
_FILTERS = ("q", "craft", "region", "technique", "maker", "price", "here", "sold", "sort")
_MEANT = ("craft", "region", "maker")  # filters whose pages are worth finding
_LONGEST_VALUE = 80


class Wanted(NamedTuple):
    """What an address asks of the list: filters as they are kept in addresses, and the page."""

    asked: Asked
    values: dict[str, str]
    page: int


def read_wanted(given: MultiDict[str, str]) -> Wanted:
    """What was asked for; 404 for pages that no list has. Filters nobody knows find nothing."""
    page = given.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,5}", page, re.ASCII):
        abort(404)
    values = {}
    for name in _FILTERS:
        value = " ".join(given.get(name, "").split())
        longest = LONGEST_SEARCH if name == "q" else _LONGEST_VALUE
        value = "".join(c for c in value if c.isprintable())[:longest].strip()
        if value:
            values[name] = value
    for name in ("here", "sold"):
        if values.get(name, "1") != "1":
            del values[name]
    if values.get("sort") not in set(Sort):
        values.pop("sort", None)
    asked = Asked(
        words=values.get("q", ""),
        craft=values.get("craft", ""),
        region=values.get("region", ""),
        technique=values.get("technique", ""),
        maker=values.get("maker", ""),
        price=values.get("price", ""),
        is_here="here" in values,
        is_sold="sold" in values,
        sort=Sort(values["sort"]) if "sort" in values else None,
    )
    return Wanted(asked, values, int(page))


def make_list(street: Street, wanted: Wanted) -> Part:
    """A page of the catalogue."""
    catalogue, speaks = street.catalogue, language()
    found = catalogue.find(wanted.asked)
    pages = max(1, -(-len(found.ids) // ROWS))
    if wanted.page > pages:
        abort(404)
    some = found.ids[(wanted.page - 1) * ROWS : wanted.page * ROWS]
    cards = cards_of(street, [catalogue.texts.pieces[one] for one in some])
    choices = _choices(catalogue, found, wanted)
    title = _title(wanted, choices)
    values: dict[str, Any] = {n: wanted.values[n] for n in _FILTERS if n in wanted.values}
    main = render_template(
        "shop/pieces.html",
        title=title,
        cards=cards,
        count=len(found.ids),
        page=wanted.page,
        pages=pages,
        values={**values, "lang": speaks},
        given={name: wanted.values.get(name, "") for name in _FILTERS},
        asked=wanted.asked,
        choices=choices,
        kept=_kept(wanted, choices),
        here=found.here,
        meant=found.meant,
        crafts=_craft_tabs(found, wanted),
        is_narrowed=bool(set(wanted.values) - {"craft", "q", "sold"}),
        everything=url_for("shop.list_pieces", lang=speaks),
    )
    is_plain = set(wanted.values) <= {*_MEANT, "sold"} and len(wanted.values) <= 1
    address = dict(values)
    if wanted.page > 1:
        address["page"] = str(wanted.page)
    page = Page(
        "shop.list_pieces",
        title if wanted.page == 1 else f"{title}, {_page_words(wanted.page, pages)}",
        _words(title, found, catalogue),
        address,
        picture=cards[0].picture.src if cards else "",
        told=[
            breadcrumbs(
                home_step(),
                (gettext("Pieces"), url_for("shop.list_pieces", lang=speaks)),
                *([(title, url_for("shop.list_pieces", lang=speaks, **values))] if values else []),
            )
        ],
        is_kept=is_plain and bool(found.ids),
    )
    main = Markup(main)  # noqa: S704 - a template wrote it
    sheets = ("shop", "finding")
    return Part(page.title, head_of(page), main, ways("shop.list_pieces", **address), sheets)


def _quoted(words: str) -> str:
    """Words as somebody typed them, in the marks of the language."""
    return {"fr": f"«\u00a0{words}\u00a0»", "ar": f"«{words}»"}.get(language(), f"“{words}”")


def _page_words(page: int, pages: int) -> str:
    here, most = formats.number(page, language()), formats.number(pages, language())
    return str(gettext("Page %(page)s of %(pages)s", page=here, pages=most))


def _words(title: str, found: Found, catalogue: Catalogue) -> str:
    names = [catalogue.texts.pieces[one].title(language()) for one in found.ids[:3]]
    return f"{title}: {str(gettext(', ')).join(names)}." if names else title


def _title(wanted: Wanted, choices: Mapping[str, list[tuple[str, str]]]) -> str:
    if wanted.asked.words:
        return _quoted(wanted.asked.words)
    for name in ("maker", "technique", "craft", "region"):
        words = dict(choices[name]).get(wanted.values.get(name, ""))
        if words and wanted.values.get(name):
            return words.rpartition(" (")[0] or words
    return str(gettext("Sold pieces") if wanted.asked.is_sold else gettext("All pieces"))


def _choices(
    catalogue: Catalogue, found: Found, wanted: Wanted
) -> dict[str, list[tuple[str, str]]]:
    """The lists to pick from, each with how many pieces it would leave."""
    speaks, texts = language(), catalogue.texts

    def counted(words: str, count: int) -> str:
        return f"{words} ({formats.number(count, speaks)})" if count else words

    regions = {slug(code): str(label) for code, label in REGIONS.items()}
    crafts = {code: str(label) for code, label in CRAFTS.items()}
    makers = {one.code: one.name(speaks) for one in texts.makers.values()}
    techniques = {
        piece.technique: _technique(piece.techniques, speaks)
        for piece in (catalogue.archive if wanted.asked.is_sold else catalogue.for_sale)
        if wanted.asked.craft and piece.craft == wanted.asked.craft
    }

    def offered(name: str, labels: Mapping[str, str], counts: Mapping[str, int]) -> Any:
        own = wanted.values.get(name)
        rows = [
            (value, counted(label, counts.get(value, 0)))
            for value, label in labels.items()
            if counts.get(value) or value == own
        ]
        rows.sort(key=lambda pair: sort_key(pair[1]))
        return [("", gettext("All")), *rows]

    return {
        "craft": offered("craft", crafts, found.crafts),
        "region": offered("region", regions, found.regions),
        "maker": offered("maker", makers, found.makers),
        "technique": offered("technique", techniques, found.techniques) if techniques else [],
        "price": [
            ("", gettext("Any")),
            *(
                (name, counted(_band(name), found.bands[name]))
                for name in BANDS
                if found.bands[name] or name == wanted.asked.price
            ),
        ],
        "sort": [
            ("", gettext("Nearest first") if wanted.asked.words else gettext("Newest first")),
            *([(Sort.NEWEST.value, gettext("Newest first"))] if wanted.asked.words else []),
            (Sort.CHEAPEST.value, gettext("Cheapest first")),
            (Sort.DEAREST.value, gettext("Dearest first")),
        ],
    }


def _technique(techniques: tuple[str, ...], speaks: str) -> str:
    own = dict(zip(("fr", "ar", "en"), techniques, strict=False)).get(speaks) or next(
        (one for one in techniques if one), ""
    )
    for comma in (",", "،"):
        own = own.partition(comma)[0]
    return own


def _band(name: str) -> str:
    least, most = BANDS[name]
    low, high = formats.number(least, language()), formats.number(most or 0, language())
    if most is None:
        return str(gettext("From %(least)s dirhams", least=low))
    if not least:
        return str(gettext("Under %(most)s dirhams", most=high))
    return str(gettext("%(least)s to %(most)s dirhams", least=low, most=high))


def _kept(wanted: Wanted, choices: Mapping[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """What the list is narrowed to now, each with the address without it."""
    told = []
    for name in _FILTERS:
        value = wanted.values.get(name)
        if not value or name in ("sort", "craft"):
            continue
        label = {
            "q": _quoted(value),
            "here": gettext("In the boutique now"),
            "sold": gettext("Sold pieces"),
        }.get(name) or dict(choices.get(name, [])).get(value, value)
        rest: dict[str, Any] = dict(wanted.values)
        del rest[name]
        told.append((label, url_for("shop.list_pieces", lang=language(), **rest)))
    return told


def _craft_tabs(found: Found, wanted: Wanted) -> list[tuple[str, str, bool, int]]:
    """The crafts as tabs: address, words, whether it is this one, and how many."""
    rest: dict[str, Any] = dict(wanted.values)
    for name in ("craft", "technique"):
        rest.pop(name, None)
    speaks = language()
    own = wanted.asked.craft
    tabs = [
        (
            url_for("shop.list_pieces", lang=speaks, **rest),
            gettext("All crafts"),
            not own,
            sum(found.crafts.values()),
        )
    ]
    for code, label in CRAFTS.items():
        if found.crafts[code] or code == own:
            url = url_for("shop.list_pieces", lang=speaks, **{**rest, "craft": code})
            tabs.append((url, str(label), code == own, found.crafts[code]))
    return tabs
