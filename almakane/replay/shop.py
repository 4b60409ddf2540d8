"""The shop that a file is replayed in: a hub of its own, its makers, and what they bring."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime
from almakane.cooperatives.models import Artisan, Maker, MakerKind
from almakane.cooperatives.services import add_artisan, agree, take_in_maker
from almakane.db import retried, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub, Site
from almakane.hubs.services import open_hub
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.models import Consignment, LotKind, Product, ProductText, TaxClass
from almakane.inventory.services import add_product, set_up_places
from almakane.money import divide
from almakane.replay.rules import (
    COST_PERCENT,
    FLOOR_PERCENT,
    MAKERS,
    REGISTERS,
    Plan,
    draw,
    hands_of,
    list_price,
    maker_of,
    plan_of,
    tax_class_of,
    tax_of_code,
    uid_at,
)
from almakane.replay.survey import Need
from almakane.sales.models import Register, RegisterKind
from almakane.sales.tax import LineTax

HUB = "replay"
ACTOR = "replay"

_MAKERS_AT_ONCE = 10

_TOWNS = (
    *(("Tiznit", "Souss-Massa"), ("Taroudant", "Souss-Massa"), ("Tafraout", "Souss-Massa")),
    *(("Safi", "Marrakech-Safi"), ("Essaouira", "Marrakech-Safi"), ("Demnate", "Béni Mellal")),
    *(("Fès", "Fès-Meknès"), ("Sefrou", "Fès-Meknès"), ("Azrou", "Fès-Meknès")),
    *(("Chefchaouen", "Tanger-Tétouan"), ("Tétouan", "Tanger-Tétouan"), ("Salé", "Rabat-Salé")),
    *(("Taznakht", "Drâa-Tafilalet"), ("Rissani", "Drâa-Tafilalet"), ("Figuig", "Oriental")),
    *(("Khémisset", "Rabat-Salé"), ("Guelmim", "Guelmim-Oued Noun")),
)
_HOUSES = (
    *("Tifawin", "Tamounte", "Al Amal", "Assafar", "Toudarte", "Annour", "Tiwizi", "Al Baraka"),
    *("Imlil", "Tadamoun"),
)
_FIRST = (
    *(("Fatima", "فاطمة"), ("Khadija", "خديجة"), ("Aïcha", "عائشة"), ("Zahra", "زهرة")),
    *(("Malika", "مليكة"), ("Rachida", "رشيدة"), ("Naïma", "نعيمة"), ("Saadia", "سعدية")),
)
_FAMILY = (
    *(("Aït Ali", "آيت علي"), ("Bouzid", "بوزيد"), ("El Idrissi", "الإدريسي")),
    *(("Oubaha", "أوباها"), ("Benali", "بنعلي"), ("Amzil", "أمزيل"), ("Tazi", "التازي")),
)


class Label(NamedTuple):
    """What a till knows of a code this month; amounts in centimes."""

    lot: str
    title: str
    price: int
    tax: LineTax


@dataclass(frozen=True, slots=True)
class Shop:
    """The hub that a file is replayed in."""

    hub_id: int
    site_id: int
    zone: ZoneInfo

    def moment(self, local: datetime) -> datetime:
        """The UTC moment of the shop's clock."""
        return local.replace(tzinfo=self.zone).astimezone(UTC)


def find_shop(session: Session, mark: str) -> Shop | None:
    """The hub of an earlier run; Refusal if that run was of another file."""
    hub = session.scalar(select(Hub).where(Hub.code == HUB))
    if hub is None:
        return None
    if not hub.name.endswith(mark):
        raise Refusal(
            "These books hold the replay of another file, or a hub of their own named `replay`; "
            "take an empty database.",
            field="path",
        )
    site = session.scalars(select(Site).where(Site.hub_id == hub.id)).one()
    return Shop(hub.id, site.id, ZoneInfo(hub.zone))


def open_shop(session: Session, mark: str, first_day: date) -> Shop:
    """Open the hub with its registers and all its makers."""
    since = first_day.replace(day=1)
    hub = open_hub(session, HUB, f"Replay {mark}", sites={"medina": "Médina"}, valid_from=since)
    site = session.scalars(select(Site).where(Site.hub_id == hub.id)).one()
    set_up_places(session, site.id)
    session.add_all(
        Register(hub_id=hub.id, site_id=site.id, code=code, kind=RegisterKind.TILL)
        for code in REGISTERS
    )
    for number in range(MAKERS):
        _take_in(session, hub.id, number, since)
    return Shop(hub.id, site.id, ZoneInfo(hub.zone))


def _take_in(session: Session, hub_id: int, number: int, since: date) -> None:
    plan = plan_of(f"R{number + 1:03d}")
    town, region = _TOWNS[number % len(_TOWNS)]
    alone = plan.artisans == 1
    names = [_name(plan.code, i) for i in range(plan.artisans)]
    maker = take_in_maker(
        session,
        hub_id,
        plan.code,
        names[0][0] if alone else f"Coopérative {_HOUSES[number // len(_TOWNS)]} de {town}",
        craft=plan.craft,
        kind=MakerKind.ARTISAN if alone else MakerKind.COOPERATIVE,
        place=town,
        region=region,
        since=since,
    )
    agree(session, maker, plan.terms, valid_from=since)
    for name, name_ar in names:
        add_artisan(session, maker, name, name_ar, gender="f")


def _name(maker: str, number: int) -> tuple[str, str]:
    first, first_ar = _FIRST[draw(f"{maker}/{number}/first", len(_FIRST))]
    family, family_ar = _FAMILY[draw(f"{maker}/{number}/family", len(_FAMILY))]
    return f"{first} {family}", f"{first_ar} {family_ar}"


def stock_up(shop: Shop, month: str, needs: Mapping[str, Need]) -> dict[str, Label]:
    """
    Let every maker bring what the month will sell, and give what tills know of each code.

    A maker's delivery is one consignment, on the first day of the month, and happens once however
    often the run is cut short.
    """
    deliveries: dict[str, list[str]] = {}
    for code in sorted(needs):
        deliveries.setdefault(maker_of(code), []).append(code)
    day = date.fromisoformat(f"{month}-01")
    at = shop.moment(datetime.combine(day, time()))
    uids = {maker: uid_at(at, f"consignment/{month}/{maker}") for maker in deliveries}
    with transaction() as session:
        known = select(Consignment.uid).where(Consignment.uid.in_(uids.values()))
        there = set(session.scalars(known))
    missing = iter(sorted(maker for maker in deliveries if uids[maker] not in there))
    while some := list(islice(missing, _MAKERS_AT_ONCE)):

        def receive(makers: Iterable[str] = tuple(some)) -> None:
            with transaction() as session:
                for maker in makers:
                    deed = Deed(*(shop.hub_id, shop.site_id, uids[maker], at, day, at, ACTOR))
                    _deliver(session, deed, plan_of(maker), month, deliveries[maker], needs)

        retried(receive)
    return _labels(shop, needs, list(uids.values()))


def _deliver(
    session: Session,
    deed: Deed,
    plan: Plan,
    month: str,
    codes: list[str],
    needs: Mapping[str, Need],
) -> None:
    maker = session.scalars(
        select(Maker).where(Maker.hub_id == deed.hub_id, Maker.code == plan.code)
    ).one()
    artisans = list(
        session.scalars(select(Artisan.id).where(Artisan.maker_id == maker.id).order_by(Artisan.id))
    )
    products = _priced_products(session, maker, plan, codes, needs)
    lines = []
    for code in codes:
        price = products[code].price
        lines.append(
            Delivered(
                product_id=products[code].id,
                quantity=needs[code].quantity,
                kind=LotKind.BATCH,
                floor=price * FLOOR_PERCENT // 100 if plan.has_floor else 0,
                unit_cost=(
                    divide(price * COST_PERCENT, 100) if plan.terms.regime is Regime.FIRM else 0
                ),
                title=_title(needs[code]),
                weights={
                    artisans[number]: weight
                    for number, weight in hands_of(code, month, plan.artisans).items()
                },
            )
        )
    receive_consignment(session, deed, maker, lines)


def _priced_products(
    session: Session, maker: Maker, plan: Plan, codes: list[str], needs: Mapping[str, Need]
) -> dict[str, Product]:
    """The products of the codes at the month's price, new ones added."""
    found = session.scalars(
        select(Product).where(Product.hub_id == maker.hub_id, Product.code.in_(codes))
    )
    products = {product.code: product for product in found}
    titles = {}
    for code in codes:
        price = list_price(needs[code].prices)
        if code in products:
            products[code].price = price
            continue
        products[code] = add_product(
            session,
            maker,
            code,
            category=plan.craft,
            price=price,
            tax_class=TaxClass(tax_class_of(code)),
        )
        titles[products[code].id] = _title(needs[code])
    session.add_all(  # many at once: a flush for each product would cost as much as its row
        ProductText(product_id=product, language="fr", title=title, story="")
        for product, title in titles.items()
    )
    session.flush()
    return products


def _title(need: Need) -> str:
    return need.title[:120]


def _labels(shop: Shop, needs: Mapping[str, Need], consignments: list[str]) -> dict[str, Label]:
    with transaction() as session:
        found = rows(
            session,
            "SELECT product.code, lot.code, lot.title FROM consignment "
            "JOIN lot ON lot.consignment_id = consignment.id "
            "JOIN product ON product.id = lot.product_id "
            "WHERE consignment.hub_id = ? AND consignment.uid IN (??)",
            (shop.hub_id, consignments),
        )
    return {
        code: Label(lot, title, list_price(needs[code].prices), tax_of_code(code))
        for code, lot, title in found
        if code in needs
    }
