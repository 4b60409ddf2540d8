"""
Papers about pieces: what was left, what went back, and what both counted together.

A slip is frozen with its delivery: its lots, floors, terms and days are those it was signed for.
Prices follow what the house and the maker agree on later, so they are on labels and not on slips.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime
from almakane.cooperatives.wording import BEARERS, DISCOUNTS, PAID_TO, REGIMES
from almakane.gateways.sheet import Data, Letterhead, Party, Say, own, party, sheet
from almakane.web import formats


@dataclass(frozen=True, slots=True)
class Terms:
    """What the maker signed, as a slip tells it; rates in basis points."""

    version: int
    since: date
    regime: Regime
    commission_bp: int
    discounts: Discounts
    bearer: Bearer
    paid_to: PaidTo
    shop_days: int  # from a sale in the shop until its money may be paid out
    web_days: int
    unsold_days: int


@dataclass(frozen=True, slots=True)
class Left:
    """A line of a delivery; floor and cost for one unit, in centimes."""

    code: str
    title: str
    quantity: int
    floor: int
    unit_cost: int
    commission_bp: int
    due_back_on: date | None
    artisans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedBy:
    """Who signed for the maker, and what was drawn: the path of an SVG in a box of 600 x 200."""

    signer: str
    mark: str
    moment: datetime
    zone: str
    actor: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it was taken in."""

    number: str
    day: date
    site: str
    received_by: str
    maker: Party
    terms: Terms
    lines: Sequence[Left]
    is_own: bool  # bought, and not left on consignment
    currency: str = "MAD"
    signed: SignedBy | None = None


@dataclass(frozen=True, slots=True)
class Back:
    """A quantity of a lot that went back."""

    code: str
    title: str
    quantity: int
    left_with: str  # number of the delivery that it came with
    left_on: date


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Pieces that went back to their maker."""

    number: str
    day: date
    site: str
    given_by: str
    maker: Party
    lines: Sequence[Back]


@dataclass(frozen=True, slots=True)
class OnHand:
    """A lot that the house has something of, at one of its places."""

    place: str  # kind of the place
    code: str
    title: str
    quantity: int
    left_on: date


@dataclass(frozen=True, slots=True)
class Count:
    """What there is of a maker's, to be counted together with her."""

    maker: Party
    code: str  # the maker's
    site: str
    at: datetime
    zone: str
    lines: Sequence[OnHand]


def delivery_slip(delivery: Delivery, head: Letterhead, language: str, say: Say) -> Data:
    """The bon de dépôt, or where the house bought the pieces the bon d'achat."""
    kind = say("Purchase slip") if delivery.is_own else say("Deposit slip")
    lines, is_own = delivery.lines, delivery.is_own
    comma = "، " if language == "ar" else ", "

    def figure(centimes: int) -> str:
        return formats.figure(centimes, language)

    def day(value: date | None) -> str:
        return formats.day(value, language, "numeric") if value else ""

    if is_own:
        heads = [say("Price, MAD"), say("Sum, MAD")]
        cells = [[figure(x.unit_cost), figure(x.unit_cost * x.quantity)] for x in lines]
        sums = ["", figure(sum(x.unit_cost * x.quantity for x in lines))]
    else:
        heads = [say("Floor, MAD"), say("Commission"), say("To come back by")]
        cells = [
            [
                figure(x.floor) if x.floor else "",
                formats.percent(x.commission_bp, language),
                day(x.due_back_on),
            ]
            for x in lines
        ]
        sums = ["", "", ""]
    return sheet(
        head,
        language,
        kind=kind,
        number=delivery.number,
        day=delivery.day,
        about=party(delivery.maker, say("Left by") if not is_own else say("Bought from"), language),
        told=[
            formats.day(delivery.day, language, "full"),
            own(delivery.site, language),
            say("Received by %(name)s", name=own(delivery.received_by, language)),
        ],
        heads=[say("Lot"), say("Piece"), say("Quantity"), *heads],
        rows=[
            {
                "code": line.code,
                "title": own(line.title, language),
                "note": comma.join(own(name, language) for name in line.artisans),
                "cells": [formats.number(line.quantity, language), *told],
            }
            for line, told in zip(lines, cells, strict=True)
        ],
        sum=[
            _lots(say, len(lines), language),
            formats.number(sum(line.quantity for line in lines), language),
            *sums,
        ],
        words=[] if is_own else terms_in_words(delivery.terms, language, say),
        words_head=say(
            "Under the agreement, version %(version)s of %(day)s",
            version=formats.number(delivery.terms.version, language),
            day=formats.day(delivery.terms.since, language, "year"),
        ),
        signs=[say("For the house, name and signature"), say("For the maker, name and signature")],
        **({"signed": _signed(delivery.signed, language, say)} if delivery.signed else {}),
    )


def _signed(signed: SignedBy, language: str, say: Say) -> Data:
    """What stands in the maker's frame: the hand, the name, and when it was."""
    moment = formats.moment(signed.moment, language, "year", signed.zone)
    return {
        "mark": signed.mark,
        "name": own(signed.signer, language),
        "when": say(
            "On the screen, %(moment)s, before %(name)s",
            moment=moment,
            name=own(signed.actor, language),
        ),
    }


def _lots(say: Say, count: int, language: str) -> str:
    return say("Lots: %(count)s", count=formats.number(count, language))


def terms_in_words(terms: Terms, language: str, say: Say) -> list[str]:
    """What was agreed, in sentences for the maker: she is paid for what is sold, and not before."""
    return [
        say(REGIMES[terms.regime]) + ".",
        say(
            "The house keeps %(rate)s of the price that is paid, or what stands at the line.",
            rate=formats.percent(terms.commission_bp, language),
        ),
        say(DISCOUNTS[terms.discounts]) + ".",
        say("While a piece is here, it is in our care.") + " " + say(BEARERS[terms.bearer]) + ".",
        *([say(PAID_TO[terms.paid_to]) + "."] if terms.paid_to is PaidTo.MEMBERS else []),
        say(
            "What a piece brings may be paid %(shop)s days after it is sold in the shop, and"
            " %(web)s days after it is sold on the web.",
            shop=formats.number(terms.shop_days, language),
            web=formats.number(terms.web_days, language),
        ),
        say(
            "What is not sold after %(days)s days comes back, against the maker’s signature.",
            days=formats.number(terms.unsold_days, language),
        ),
        say("Below the floor nothing is sold without the maker’s consent."),
    ]


def return_slip(back: GivenBack, head: Letterhead, language: str, say: Say) -> Data:
    """The bon de restitution: what the maker signs for when she takes pieces back."""
    return sheet(
        head,
        language,
        kind=say("Return slip"),
        number=back.number,
        day=back.day,
        about=party(back.maker, say("Given back to"), language),
        told=[
            formats.day(back.day, language, "full"),
            own(back.site, language),
            say("Given by %(name)s", name=own(back.given_by, language)),
        ],
        heads=[say("Lot"), say("Piece"), say("Quantity"), say("Left with"), say("Left on")],
        rows=[
            {
                "code": line.code,
                "title": own(line.title, language),
                "note": "",
                "cells": [
                    formats.number(line.quantity, language),
                    line.left_with,
                    formats.day(line.left_on, language, "numeric"),
                ],
            }
            for line in back.lines
        ],
        sum=[
            _lots(say, len(back.lines), language),
            formats.number(sum(line.quantity for line in back.lines), language),
            "",
            "",
        ],
        words=[
            say(
                "With these pieces the house has given back what is written above; it is no longer"
                " in its care."
            )
        ],
        words_head="",
        signs=[say("For the house, name and signature"), say("For the maker, name and signature")],
    )


def count_sheet(
    count: Count, head: Letterhead, language: str, say: Say, *, is_blind: bool = True
) -> Data:
    """
    A sheet on which the house and a maker count her pieces together, place by place.

    A blind one does not say how many the books have, so that nobody counts towards a number.
    """
    places = _place_words(say)
    lines = sorted(count.lines, key=lambda line: (list(places).index(line.place), line.code))
    heads = [say("Place"), say("Left on")]
    if not is_blind:
        heads.append(say("In the books"))
    heads += [say("Counted"), say("What we saw")]
    local = formats.moment(count.at, language, "year", count.zone)

    def cells(line: OnHand) -> list[str]:
        told = [places[line.place], formats.day(line.left_on, language, "numeric")]
        if not is_blind:
            told.append(formats.number(line.quantity, language))
        return [*told, "", ""]

    return sheet(
        head,
        language,
        kind=say("Joint count"),
        number=count.code,
        day=count.at.date(),
        about=party(count.maker, say("Counted with"), language),
        told=[local, own(count.site, language)],
        heads=[say("Lot"), say("Piece"), *heads],
        rows=[
            {
                "code": line.code,
                "title": own(line.title, language),
                "note": "",
                "cells": cells(line),
            }
            for line in lines
        ],
        blind=is_blind,
        sum=[_lots(say, len({line.code for line in lines}), language)],
        words=[
            say("What is sold while we count is taken into account by its hour: write yours down."),
            say("Both sign the same sheet; a difference is written beside its line."),
        ],
        began=say("Began at"),
        ended=say("Ended at"),
        empty=say("The house has nothing of this maker."),
        signs=[say("For the house, name and signature"), say("For the maker, name and signature")],
    )


def _place_words(say: Say) -> dict[str, str]:
    """The places where pieces are on hand, in the order in which one walks through them."""
    return {
        "shelf": say("Shelf"),
        "reserve": say("Store room"),
        "workshop": say("Workshop"),
        "web_pick": say("Packed for the web"),
        "transit": say("On its way"),
    }
