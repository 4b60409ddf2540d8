"""Opening the demo's hub: people, makers, deliveries, then its trade up to today."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from almakane.cooperatives.amending import By
from almakane.cooperatives.models import Maker, MakerKind
from almakane.cooperatives.services import add_artisan, agree, take_in_maker
from almakane.db import transaction
from almakane.demo.codes import give_codes
from almakane.demo.content import MakerPage, Piece, read_pages
from almakane.demo.costs import enter_costs
from almakane.demo.hanging import draw_faces, draw_pictures, hang_faces, hang_pictures
from almakane.demo.stockroom import work_in_stockroom
from almakane.demo.trade import trade
from almakane.hubs.models import Hub, Site
from almakane.hubs.services import identify_hub, open_hub, set_opening
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.models import LotKind, Product
from almakane.inventory.services import add_product, set_up_places
from almakane.sales.registers import open_registers
from almakane.shop.delivery import ELSEWHERE, Tariff, set_tariff
from almakane.users.models import Role
from almakane.users.pins import set_pin
from almakane.users.services import create_user

PASSWORD = "medina-2026"  # noqa: S105 - printed by the command that makes it, for show only
PEOPLE = (
    ("hind", "Hind", Role.MANAGER),
    ("amina", "Amina", Role.CASHIER),
    ("salma", "Salma", Role.HUB_STAFF),
    ("nadia", "Nadia", Role.ACCOUNTANT),
)
# Who reads the portal, with the code of the maker and the key of the artisan: the president of a
# cooperative and one of its members, who is paid herself; a member whose cooperative is paid for
# her; and one who works alone.
READERS = (
    ("fadma", "Fadma", Role.MAKER, "TAZ", ""),
    ("rkia", "Rkia", Role.ARTISAN, "TAZ", "taz-3"),
    ("malika", "Malika", Role.ARTISAN, "SAF", "saf-3"),
    ("sanae", "Sanae", Role.MAKER, "CAF", ""),
)
PINS = {"hind": "730416", "amina": "4082", "salma": "6195"}  # of those who stand at a till
# Made up, as everything here is: no register knows these numbers.
IDENTITY: dict[str, str | int] = {
    "legal_name": "Almakane SARL au capital de 100 000 MAD",
    "address": "12, rue de la Skala",
    "city": "Casablanca",
    "phone": "+212522000000",
    "ice": "000000000000000",
    "tax_id": "00000000",
    "patente": "00000000",
    "rc": "000000 Casablanca",
    "cnss": "0000000",
    "exchange_days": 14,
}
OPENING = {
    "address": "12, rue de la Skala, près de la Sqala",
    "city": "Casablanca",
    **dict.fromkeys(("tuesday", "wednesday", "thursday", "saturday", "sunday"), "10:00-19:00"),
    "friday": "10:00-12:30 15:00-19:00",
}
# What couriers ask, in centimes, up to so many grams; a piece that nobody has weighed is 800 g.
_NEAR = [(2_000, 20_00), (10_000, 35_00), (30_000, 80_00)]
_FAR = [(2_000, 35_00), (10_000, 60_00), (30_000, 140_00)]
_SOUTH = [(2_000, 55_00), (10_000, 95_00), (30_000, 220_00)]
TARIFF = Tariff(
    800,
    {
        **dict.fromkeys(("Casablanca", "Mohammedia", "Bouskoura", "Dar Bouazza"), _NEAR),
        ELSEWHERE: _FAR,
        **dict.fromkeys(("Laâyoune", "Dakhla"), _SOUTH),
    },
)
_NAMES = UUID("6f1a2f0e-5f0d-4b3f-9d57-2a6a3f5c7b10")
_DELIVERIES = (175, 115, 55)  # days before today
_LAST_DELIVERY = 4
_TURNS = (0, 3, 1, 3, 2, 3)  # with which delivery a piece comes, by its place among its maker's


def seed_demo(today: date, *, argon2_cost: int, vault: str = "", media: Path | None = None) -> bool:
    """
    Fill an empty database with the demo's hub, whole or not at all: it may be cut short.

    Gives False, and touches nothing, where there is a hub already. Who needs a second factor has
    one, sealed for `vault`, if that is said. Its pieces are drawn into `media`, if that is said.
    """
    with transaction() as session:
        if _has_hub(session):
            return False
    pages = read_pages()
    pictures = draw_pictures(pages, media) if media else {}
    faces = draw_faces(pages, media) if media else {}
    with transaction() as session:
        if _has_hub(session):
            return False
        hub = _open(session, argon2_cost)
        if vault:
            give_codes(session, hub.id, vault=vault, now=datetime.now(UTC))
        makers = [_take_in(session, hub, page) for page in pages]
        of = {page.maker["code"]: maker for page, maker in zip(pages, makers, strict=True)}
        _let_read(session, hub, of, argon2_cost)

        def deliver(turn: int, days_ago: int) -> None:
            day = today - timedelta(days=days_ago)
            for page, (maker_id, artisans) in zip(pages, makers, strict=True):
                _deliver(session, hub, page, maker_id, artisans, day, turn)

        for turn, days_ago in enumerate(_DELIVERIES):
            deliver(turn, days_ago)
        # Up to yesterday: what is tried today falls on a day that is still open.
        first, last = today - timedelta(days=_DELIVERIES[0] - 1), today - timedelta(days=1)
        come = today - timedelta(days=_LAST_DELIVERY)
        trade(session, hub, first, come)
        deliver(len(_DELIVERIES), _LAST_DELIVERY)
        trade(session, hub, come + timedelta(days=1), last)
        enter_costs(session, hub, first, today)
        numbers = {code: maker_id for code, (maker_id, _artisans) in of.items()}
        work_in_stockroom(session, hub, numbers, today)
        hang_pictures(session, hub.id, pictures, By("salma", datetime.now(UTC)))
        hang_faces(session, hub.id, faces, By("salma", datetime.now(UTC)))
    return True


def _has_hub(session: Session) -> bool:
    return bool(session.scalar(select(func.count()).select_from(Hub)))


def name_uid(*parts: object) -> str:
    """A uid that is the same each time the demo is seeded."""
    return str(uuid5(_NAMES, "/".join(map(str, parts))))


def _open(session: Session, argon2_cost: int) -> Hub:
    hub = open_hub(session, "casa", "Almakane", sites={"medina": "Médina de Casablanca"})
    identify_hub(session, hub.id, date(2010, 1, 1), **IDENTITY)
    since = date(2010, 1, 1)
    set_opening(session, hub.id, since, OPENING, today=since, now=datetime.now(UTC), actor="hind")
    set_tariff(session, hub.id, since, TARIFF, now=datetime.now(UTC), actor="hind")
    site = session.scalars(select(Site).where(Site.hub_id == hub.id)).one()
    set_up_places(session, site.id)
    open_registers(session, site, tills=2)
    for login, name, role in PEOPLE:
        person = create_user(
            session,
            hub_id=hub.id,
            login=login,
            name=name,
            role=role,
            password=PASSWORD,
            cost=argon2_cost,
        )
        if login in PINS:
            set_pin(session, person, PINS[login], cost=argon2_cost)
    return hub


def _let_read(
    session: Session, hub: Hub, makers: dict[str, tuple[int, dict[str, int]]], argon2_cost: int
) -> None:
    """Accounts of makers and artisans: a maker's code to her number and her artisans'."""
    for login, name, role, code, key in READERS:
        maker_id, artisans = makers[code]
        create_user(
            session,
            hub_id=hub.id,
            login=login,
            name=name,
            role=role,
            password=PASSWORD,
            cost=argon2_cost,
            maker_id=None if key else maker_id,
            artisan_id=artisans[key] if key else None,
        )


def _take_in(session: Session, hub: Hub, page: MakerPage) -> tuple[int, dict[str, int]]:
    """A maker with every agreement version, artisan and product of its page."""
    told = page.maker
    maker = take_in_maker(
        session,
        hub.id,
        told["code"],
        page.texts["fr"][0],
        craft=told["craft"],
        kind=MakerKind(told["kind"]),
        place=told["place"]["fr"],
        region=told["region"],
        phone=told["phone"],
        since=date.fromisoformat(told["since"]),
        texts=page.texts,
    )
    for version in page.versions:
        agree(
            session,
            maker,
            version.terms,
            valid_from=version.valid_from,
            overrides=version.overrides,
            return_days=version.return_days,
            unsold_days=version.unsold_days,
        )
    artisans = {
        told["key"]: add_artisan(
            session,
            maker,
            told["name"],
            told["name_ar"],
            gender=told["gender"],
            born=told["born"],
        ).id
        for told in page.artisans
    }
    for piece in page.pieces:
        add_product(
            session,
            maker,
            piece.code,
            category=piece.category,
            price=piece.price,
            tax_class=piece.tax_class,
            technique=piece.technique,
            weight_grams=piece.weight_grams,
            texts=piece.texts,
        )
    return maker.id, artisans


def _deliver(
    session: Session,
    hub: Hub,
    page: MakerPage,
    maker_id: int,
    artisans: dict[str, int],
    day: date,
    turn: int,
) -> None:
    """
    Part of each batch comes with every delivery, of the single pieces those whose turn it is.

    The last brings as many of these as the three before it, so that the shop is full of new things.
    """
    maker = session.get_one(Maker, maker_id)
    products = {
        product.code: product.id
        for product in session.scalars(select(Product).where(Product.maker_id == maker_id))
    }
    lines = [
        _delivered(products[piece.code], piece, artisans)
        for n, piece in enumerate(page.pieces)
        if piece.kind is LotKind.BATCH or _TURNS[n % len(_TURNS)] == turn
    ]
    if not lines:
        return
    site = session.scalars(select(Site).where(Site.hub_id == hub.id)).one()
    at = datetime.combine(day, time(9, 30), UTC)
    deed = Deed(
        hub.id, site.id, name_uid("delivery", page.maker["code"], day), at, day, at, "salma"
    )
    receive_consignment(session, deed, maker, lines)


def _delivered(product_id: int, piece: Piece, artisans: dict[str, int]) -> Delivered:
    return Delivered(
        product_id,
        quantity=1 if piece.kind is LotKind.PIECE else max(4, piece.quantity * 2 // 3),
        kind=piece.kind,
        floor=piece.floor,
        unit_cost=piece.unit_cost,
        title=piece.texts["fr"][0],
        weights={artisans[key]: weight for key, weight in piece.artisans.items()},
    )
