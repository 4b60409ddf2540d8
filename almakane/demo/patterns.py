"""Every part of the look on one page, in the reader's language: to choose from, and to look at."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from flask import Blueprint, Flask, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    FileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from almakane.cooperatives.agreement import PricedLine, Regime, Terms, share
from almakane.demo.content import MakerPage, Piece, read_pages
from almakane.demo.hub import IDENTITY
from almakane.demo.pictures import draw_piece
from almakane.gateways.paper import Strip
from almakane.inventory.ean13 import lot_code
from almakane.inventory.labels import Label, label_strip
from almakane.pos.house import House
from almakane.pos.receipt import Seller, receipt
from almakane.sales.ticket import Line, Tender, TenderKind, Ticket
from almakane.web import public
from almakane.web.charts import Lines, draw_lines
from almakane.web.formats import number, percent
from almakane.web.forms import Amount, Filled, Form, Signature
from almakane.web.languages import language
from almakane.web.voices import voice

_AT = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
_DAY = date(2026, 11, 20)
_SHOWN = ("SAF-007", "LAN-002", "BAB-001", "TAZ-001", "ZEL-001", "THU-001", "VAN-001", "BIJ-001")
_EARNED = (21, 24, 26, 31, 33, 32, 37, 42, 45, 44, 49, 53, 55, 58, 61, 64)  # per cent, a month each
_MONTHS = 36
_MAKER_URL = "https://almakane.example/m/casa/SAF"


class Shown(NamedTuple):
    """A piece of the demo as a page shows it."""

    code: str
    picture: str
    title: str
    story: str
    maker: str
    place: str
    price: int


class PatternsForm(Form):
    """A field of each kind."""

    title_fr = StringField()
    title_ar = StringField()
    title_en = StringField()
    price = Amount()
    weight = StringField()
    place = SelectField()
    told = TextAreaField()
    regime = RadioField()
    crafts = SelectMultipleField()
    photo = FileField()
    unique = BooleanField()
    name = StringField()
    hand = Signature()
    rib = StringField(validators=[Filled()])


def open_patterns(app: Flask) -> None:
    """Give the app the page of patterns: the demo has it, a shop needs none."""
    app.register_blueprint(_page())


def _page() -> Blueprint:
    bp = Blueprint("patterns", __name__, url_prefix="/-/patterns")
    bp.before_request(public)

    @bp.get("")
    def show_patterns() -> ResponseReturnValue:
        """All parts, with something of the demo in each."""
        pieces = _pieces(language())
        price = pieces[0].price
        return render_template(
            "demo/patterns.html",
            pieces=pieces,
            form=_form(pieces),
            price=price,
            shares=share(PricedLine(price, price), Terms(Regime.MANDATE, commission_bp=2500), 2000),
            chart=_chart(language()),
            receipts=[_receipt(lang) for lang in dict.fromkeys((language(), "fr", "ar"))],
            label=_label(),
            maker_url=_MAKER_URL,
            at=_AT,
            day=_DAY,
        )

    @bp.get("/picture/<code>.svg")
    def show_picture(code: str) -> ResponseReturnValue:
        """The picture of a piece of the demo."""
        crafts = {piece.code: page.maker["craft"] for page, piece in _all()}
        if code not in crafts:
            abort(404)
        return Response(draw_piece(code, crafts[code]), mimetype="image/svg+xml")

    return bp


def _all() -> list[tuple[MakerPage, Piece]]:
    return [(page, piece) for page in read_pages() for piece in page.pieces]


def _pieces(lang: str) -> list[Shown]:
    by_code = {piece.code: (page, piece) for page, piece in _all()}
    return [
        Shown(
            code,
            f"{request.path}/picture/{code}.svg",
            *piece.texts[lang][:2],
            page.texts[lang][0],
            page.texts[lang][2],
            piece.price,
        )
        for code, (page, piece) in ((code, by_code[code]) for code in _SHOWN)
    ]


def _form(pieces: list[Shown]) -> PatternsForm:
    """The form with its words, half filled in, and one field that was refused."""
    texts = {lang: _pieces(lang)[0].title for lang in ("fr", "ar", "en")}
    form = PatternsForm(
        **{f"title_{lang}": text for lang, text in texts.items()},
        price=pieces[0].price,
        weight="1 400",
        told=pieces[0].story,
        rib="007 780 0001234567890123 44",
    )
    form.place.choices = [("shelf", _("Shelf")), ("reserve", _("Reserve"))]
    form.regime.choices = [("B", _("On commission")), ("C", _("Bought"))]
    form.regime.data = "B"
    form.crafts.choices = [("pottery", _("Pottery")), ("rug", _("Rugs")), ("tray", _("Brass"))]
    form.crafts.data = ["pottery"]
    for field, words in (
        (form.price, _("Price")),
        (form.weight, _("Weight")),
        (form.place, _("Place")),
        (form.told, _("Story")),
        (form.regime, _("How it comes in")),
        (form.crafts, _("Crafts")),
        (form.photo, _("Photo")),
        (form.unique, _("There is only one of it")),
        (form.name, _("Name in full")),
        (form.hand, _("Signature of the maker")),
        (form.rib, "RIB"),
    ):
        field.label.text = words
    refused = _("The key does not fit the 22 digits before it. The RIB kept so far stays.")
    form.rib.errors = [refused]
    return form


def _chart(lang: str) -> Lines:
    plan = [20 + 80 * month // (_MONTHS - 1) for month in range(_MONTHS)]
    return draw_lines(
        _EARNED,
        plan,
        top=100,
        marks=[(value, number(value, lang)) for value in (0, 25, 50, 75, 100)],
        labels=[
            (month - 1, _("month %(month)s", month=number(month, lang)))
            for month in (1, 12, 24, _MONTHS)
        ],
        end_words=percent(_EARNED[-1] * 100, lang),
        plan_words=_("the path that was planned"),
        is_rtl=lang == "ar",
    )


def _receipt(lang: str) -> Strip:
    shown = _pieces(lang)[:3]
    lines = tuple(
        Line(
            n=n,
            code=lot_code(n),
            title=piece.title,
            qty=1,
            list=piece.price,
            unit=piece.price,
            total=piece.price,
            tax_code="exempt_seller",
        )
        for n, piece in enumerate(shown, 1)
    )
    due = sum(line.total for line in lines)
    given = -(-due // 200_00) * 200_00
    ticket = Ticket(
        uid="019a0000-0000-7000-8000-000000000001",
        register="T1",
        at=_AT,
        day=_DAY,
        cashier="أمينة" if lang == "ar" else "Amina",
        lines=lines,
        tenders=(Tender(TenderKind.CASH, given),),
        change=given - due,
        number="T1-2-000123",
        lang=lang,
    )
    sellers = {n: Seller(piece.maker) for n, piece in enumerate(shown, 1)}
    url = "https://almakane.example/t/mJ4bq1v0Qe2cT9xw7LrK5A"
    return receipt(ticket, _house(), voice(lang), sellers=sellers, url=url)


def _house() -> House:
    told = {key: str(value) for key, value in IDENTITY.items()}
    return House(
        "Almakane",
        "Médina de Casablanca",
        told["legal_name"],
        told["address"],
        told["city"],
        told["phone"],
        told["ice"],
        told["tax_id"],
        told["patente"],
    )


def _label() -> Strip:
    french, arabic = _pieces("fr")[0], _pieces("ar")[0]
    return label_strip(
        Label(
            code=lot_code(1),
            title=french.title,
            title_ar=arabic.title,
            price=french.price,
            maker=french.maker,
            url=_MAKER_URL,
        )
    )
