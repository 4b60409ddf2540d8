"""Products, consignments and lots; places, moves and levels; holds; deliveries to come."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from almakane.cooperatives.agreement import Bearer, Regime
from almakane.db import Centimes, Id, Model, one_of
from almakane.inventory.stocktake import Outcome


class TaxClass(StrEnum):
    """What the tax law says of a product (MOROCCO section 2); the rate follows class and seller."""

    STANDARD = "standard"  # 20 %
    REDUCED = "reduced"  # 10 %
    EXEMPT = "exempt"  # by its nature: handmade rugs, art. 91


class Product(Model):
    """What the page shows and the price hangs on; one maker's."""

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("hub_id", "code"),
        CheckConstraint("price >= 0", name="price_is_not_negative"),
        Index("ix_product_maker_id", "maker_id"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"))
    code: Mapped[str] = mapped_column(String(20))
    category: Mapped[str] = mapped_column(String(24))
    technique: Mapped[str] = mapped_column(String(120))
    price: Mapped[Centimes]
    tax_class: Mapped[TaxClass | None] = mapped_column(one_of(TaxClass, "tax_class_is_known"))
    weight_grams: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    depth_mm: Mapped[int | None]
    disabled_at: Mapped[datetime | None]  # off sale at every door
    off_web_at: Mapped[datetime | None]  # off the web alone

    texts: Mapped[list["ProductText"]] = relationship()


class ProductText(Model):
    """A product's title and story in one language, and how and of what it is made."""

    __tablename__ = "product_text"

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    story: Mapped[str] = mapped_column(String(2_000))
    technique: Mapped[str] = mapped_column(String(120), default="", server_default="")
    materials: Mapped[str] = mapped_column(String(160), default="", server_default="")


class ProductPrice(Model):
    """A price that a product was given: by whom, from which day; the last is `product.price`."""

    __tablename__ = "product_price"
    __append_only__ = True
    __table_args__ = (
        CheckConstraint("price >= 0 AND before >= 0", name="price_is_not_negative"),
        Index("ix_product_price_product_id", "product_id", "id"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    price: Mapped[Centimes]
    before: Mapped[int | None] = mapped_column(BigInteger)  # none: the product was new
    from_day: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class PhotoForm(StrEnum):
    """How a picture is kept."""

    PHOTOGRAPH = "photograph"  # somebody took it: in several widths
    DRAWING = "drawing"  # the house's own code drew it: one file that fits any width


class Photo(Model):
    """A picture of a product or of a maker; a retired one is shown nowhere, and stays."""

    __tablename__ = "photo"
    __table_args__ = (
        CheckConstraint("(product_id IS NULL) <> (maker_id IS NULL)", name="it_shows_one_thing"),
        CheckConstraint("width > 0 AND height > 0", name="it_has_a_size"),
        CheckConstraint("(retired_at IS NULL) = (retired_by IS NULL)", name="somebody_retired_it"),
        Index("ix_photo_product_id", "product_id", "position"),
        Index("ix_photo_maker_id", "maker_id", "position"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("maker.id"))
    form: Mapped[PhotoForm] = mapped_column(one_of(PhotoForm, "form_is_known"))
    key: Mapped[str] = mapped_column(String(32))  # of its files: almakane/gateways/media.py
    width: Mapped[int]  # of the largest file
    height: Mapped[int]
    position: Mapped[int]
    alt_fr: Mapped[str] = mapped_column(String(160), default="")
    alt_ar: Mapped[str] = mapped_column(String(160), default="")
    alt_en: Mapped[str] = mapped_column(String(160), default="")
    taken_in_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[str | None] = mapped_column(String(80))


class Consignment(Model):
    """One delivery (bon de depot) under the agreement version of its day."""

    __tablename__ = "consignment"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "number"),
        UniqueConstraint("uid"),
        Index("ix_consignment_maker_id", "maker_id"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    uid: Mapped[str] = mapped_column(String(36))
    body_hash: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class LotKind(StrEnum):
    """One of a kind, or several alike."""

    PIECE = "piece"
    BATCH = "batch"


class Lot(Model):
    """
    A line of a consignment, with its own label; whose it is never changes.

    `floor` and `unit_cost` are per unit, in centimes; the commission is frozen with the category's
    override applied. An own lot (regime C) has the cost it was bought at.
    """

    __tablename__ = "lot"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "code"),
        UniqueConstraint("consignment_id", "n"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint("kind = 'batch' OR quantity = 1", name="a_piece_is_one"),
        CheckConstraint("floor >= 0 AND unit_cost >= 0", name="amounts_are_not_negative"),
        CheckConstraint("commission_bp BETWEEN 0 AND 10000", name="commission_is_a_rate"),
        Index("ix_lot_product_id", "product_id"),
        Index("ix_lot_maker", "maker_id", "due_back_on"),
        # The newest of a hub, and of a maker: a page of them is read without the others.
        Index("ix_lot_hub_id", "hub_id", "id"),
        Index("ix_lot_maker_id", "maker_id", "id"),
        Index("ix_lot_due", "hub_id", "due_back_on"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    consignment_id: Mapped[int] = mapped_column(ForeignKey("consignment.id"))
    n: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"))
    code: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(120))
    kind: Mapped[LotKind] = mapped_column(one_of(LotKind, "kind_is_known"))
    regime: Mapped[Regime] = mapped_column(one_of(Regime, "regime_is_known"))
    quantity: Mapped[int]
    floor: Mapped[Centimes]
    unit_cost: Mapped[Centimes]
    commission_bp: Mapped[int]
    due_back_on: Mapped[date | None]


class LotArtisan(Model):
    """Who made a lot, and with which weight the maker's money is divided."""

    __tablename__ = "lot_artisan"
    __append_only__ = True
    __table_args__ = (CheckConstraint("weight > 0", name="weight_is_positive"),)

    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"), primary_key=True)
    weight: Mapped[int]


class ReturnSlip(Model):
    """Pieces that went back to their maker, against her signature."""

    __tablename__ = "return_slip"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("hub_id", "number"), UniqueConstraint("uid"))

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"))
    uid: Mapped[str] = mapped_column(String(36))
    body_hash: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class ReturnSlipLine(Model):
    """A quantity of a lot that went back."""

    __tablename__ = "return_slip_line"
    __append_only__ = True
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_is_positive"),)

    slip_id: Mapped[int] = mapped_column(ForeignKey("return_slip.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    quantity: Mapped[int]


class LossKind(StrEnum):
    """What became of a piece in custody."""

    LOST = "lost"
    DAMAGED = "damaged"


class Loss(Model):
    """
    A quantity of a lot lost or damaged in custody, why, and who bears it.

    `stolen` says of what is lost that somebody took it: for the police and the insurer.
    """

    __tablename__ = "loss"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "number"),
        UniqueConstraint("uid"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        Index("ix_loss_lot_id", "lot_id"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    uid: Mapped[str] = mapped_column(String(36))
    body_hash: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(20))
    kind: Mapped[LossKind] = mapped_column(one_of(LossKind, "kind_is_known"))
    quantity: Mapped[int]
    cause: Mapped[str] = mapped_column(String(200))
    bearer: Mapped[Bearer] = mapped_column(one_of(Bearer, "bearer_is_known"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    day: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    stolen: Mapped[bool] = mapped_column(server_default=false())


class Finding(Model):
    """
    Pieces of a loss that turned up again: back on hand, and what was owed for them taken back.

    A loss may be found in parts; `entry_id` is empty where nobody was owed anything.
    """

    __tablename__ = "finding"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "number"),
        UniqueConstraint("uid"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        Index("ix_finding_loss_id", "loss_id"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    loss_id: Mapped[int] = mapped_column(ForeignKey("loss.id"))
    uid: Mapped[str] = mapped_column(String(36))
    body_hash: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(20))
    quantity: Mapped[int]
    how: Mapped[str] = mapped_column(String(200))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    day: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class PlaceKind(StrEnum):
    """Where a quantity of a lot can be. Only `maker` and `oversold` may stand below zero."""

    MAKER = "maker"
    SHELF = "shelf"
    RESERVE = "reserve"
    WORKSHOP = "workshop"
    TRANSIT = "transit"
    WEB_PICK = "web_pick"
    BUYER = "buyer"
    LOST = "lost"
    DAMAGED = "damaged"
    OVERSOLD = "oversold"


ON_HAND = (
    PlaceKind.SHELF,
    PlaceKind.RESERVE,
    PlaceKind.WORKSHOP,
    PlaceKind.TRANSIT,
    PlaceKind.WEB_PICK,
)
UNBOUNDED = (PlaceKind.MAKER, PlaceKind.OVERSOLD)
COUNTED = (PlaceKind.SHELF, PlaceKind.RESERVE, PlaceKind.WORKSHOP, PlaceKind.WEB_PICK)


class Place(Model):
    """A kind of place at a site."""

    __tablename__ = "place"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("site_id", "kind"),)

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kind: Mapped[PlaceKind] = mapped_column(one_of(PlaceKind, "kind_is_known"))


class StockMove(Model):
    """A quantity of a lot from one place to another, for a reason."""

    __tablename__ = "stock_move"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("uid"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint("source_id <> target_id", name="places_differ"),
        Index("ix_stock_move_lot", "lot_id", "source_id", "target_id", "quantity"),
        # Sales have documents of their own: only what a transfer moved is asked for by its number.
        Index(
            "ix_stock_move_transferred",
            *("hub_id", "document"),
            sqlite_where=text("reason = 'transferred'"),
            postgresql_where=text("reason = 'transferred'"),
        ),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[int]
    source_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    reason: Mapped[str] = mapped_column(String(16))
    document: Mapped[str] = mapped_column(String(60))
    uid: Mapped[str] = mapped_column(String(60))  # of the line that moved it, then what it did
    happened_at: Mapped[datetime]
    day: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class StockLevel(Model):
    """How much of a lot is at a place, proven by the moves; below zero only where it may be."""

    __tablename__ = "stock_level"
    __table_args__ = (
        CheckConstraint("quantity >= 0 OR unbounded", name="a_real_place_is_never_below_zero"),
        Index(
            "ix_stock_level_there",
            *("place_id", "lot_id", "quantity"),  # covering: what stands there is read from it
            sqlite_where=text("quantity <> 0"),
            postgresql_where=text("quantity <> 0"),
        ),
        {"sqlite_with_rowid": False},
    )

    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), primary_key=True)
    quantity: Mapped[int]
    unbounded: Mapped[bool]


class HoldKind(StrEnum):
    """What a claim waits for, which says how long it lives."""

    CHECKOUT = "checkout"  # 36 minutes
    PICKUP = "pickup"  # 48 hours
    DELIVERY = "delivery"  # 24 hours, until the phone call
    PAID = "paid"  # no end: the money is in


class HoldEnd(StrEnum):
    """How a claim ended."""

    EXPIRED = "expired"
    RELEASED = "released"
    TAKEN = "taken"  # became a sale
    PREEMPTED = "preempted"  # the till had the piece in the customer's hand
    BROKEN = "broken"  # paid, and sold at a till that did not know


class Hold(Model):
    """A claim on a quantity of a lot that ends by itself; a piece has one live claim at most."""

    __tablename__ = "hold"
    __table_args__ = (
        UniqueConstraint("uid"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="an_end_has_a_reason"),
        Index(
            "uq_hold_piece",
            "lot_id",
            unique=True,
            sqlite_where=text("piece AND ended_at IS NULL"),
            postgresql_where=text("piece AND ended_at IS NULL"),
        ),
        Index(
            "ix_hold_live",
            "lot_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[int]
    piece: Mapped[bool]
    kind: Mapped[HoldKind] = mapped_column(one_of(HoldKind, "kind_is_known"))
    uid: Mapped[str] = mapped_column(String(60))  # of the claimant: order and line
    placed_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[HoldEnd | None] = mapped_column(one_of(HoldEnd, "end_is_known"))


class IntakeState(StrEnum):
    """How far a delivery came before it is one."""

    ANNOUNCED = "announced"  # somebody said that it comes
    ARRIVING = "arriving"  # it is here, and being counted and written down
    RECEIVED = "received"  # it is a consignment: nothing here changes any more
    DROPPED = "dropped"  # it will not come


class Intake(Model):
    """
    A delivery before it is one: announced, or being written down. No book: it may still change.

    Its uid becomes the consignment's, so that it is taken in once.
    """

    __tablename__ = "intake"
    __table_args__ = (
        UniqueConstraint("uid"),
        UniqueConstraint("consignment_id"),
        CheckConstraint(
            "(state = 'received') = (consignment_id IS NOT NULL)", name="a_received_one_names_it"
        ),
        Index("ix_intake_hub_id", "hub_id", "state", "id"),
        Index("ix_intake_maker_id", "maker_id", "id"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"))
    uid: Mapped[str] = mapped_column(String(36))
    state: Mapped[IntakeState] = mapped_column(one_of(IntakeState, "state_is_known"))
    expected_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(500))  # what the maker wants to say with it
    by_maker: Mapped[bool]  # she announced it herself
    begun_by: Mapped[str] = mapped_column(String(80))
    begun_at: Mapped[datetime]
    arrived_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(80))  # "" until it is received or dropped
    ended_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(String(200))  # it was dropped
    consignment_id: Mapped[int | None] = mapped_column(ForeignKey("consignment.id"))


class IntakeLine(Model):
    """
    A line of a delivery before it is one: of a product that is there, or of one to be added.

    `announced` is what was said to come, `counted` what is here; nobody has counted yet where that
    is empty. The key is made by whoever tells the line, so that telling it again adds nothing. A
    photograph becomes the first one of a product that has none.
    """

    __tablename__ = "intake_line"
    __table_args__ = (
        UniqueConstraint("intake_id", "key"),
        CheckConstraint("announced IS NULL OR announced > 0", name="announced_is_positive"),
        CheckConstraint("counted IS NULL OR counted >= 0", name="counted_is_not_negative"),
        CheckConstraint("price IS NULL OR price >= 0", name="price_is_not_negative"),
        CheckConstraint("floor >= 0 AND unit_cost >= 0", name="amounts_are_not_negative"),
        CheckConstraint(
            "(photo_key IS NULL AND photo_width IS NULL AND photo_height IS NULL)"
            " OR (photo_key IS NOT NULL AND photo_width > 0 AND photo_height > 0)",
            name="a_photo_has_a_size",
        ),
    )

    id: Mapped[Id]
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"))
    key: Mapped[str] = mapped_column(String(64))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    title_ar: Mapped[str] = mapped_column(String(120))
    category: Mapped[str] = mapped_column(String(24))
    technique: Mapped[str] = mapped_column(String(120))
    tax_class: Mapped[TaxClass | None] = mapped_column(one_of(TaxClass, "tax_class_is_known"))
    announced: Mapped[int | None]
    counted: Mapped[int | None]
    price: Mapped[int | None]
    floor: Mapped[Centimes]
    unit_cost: Mapped[Centimes]
    reference: Mapped[str] = mapped_column(String(40))  # the maker's own
    note: Mapped[str] = mapped_column(String(200))
    before: Mapped[str] = mapped_column(Text)  # the line before its last change, as JSON
    dropped_at: Mapped[datetime | None]
    photo_key: Mapped[str | None] = mapped_column(String(32))  # of its files, as `photo.key`
    photo_width: Mapped[int | None]
    photo_height: Mapped[int | None]

    artisans: Mapped[list["IntakeLineArtisan"]] = relationship(
        order_by="IntakeLineArtisan.artisan_id", cascade="all, delete-orphan"
    )


class IntakeLineArtisan(Model):
    """Who made what a line of a delivery brings, and with which weight."""

    __tablename__ = "intake_line_artisan"
    __table_args__ = (CheckConstraint("weight > 0", name="weight_is_positive"),)

    line_id: Mapped[int] = mapped_column(ForeignKey("intake_line.id"), primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"), primary_key=True)
    weight: Mapped[int]


class IntakeSheet(Model):
    """A spreadsheet that was brought with a delivery, kept until somebody takes its lines."""

    __tablename__ = "intake_sheet"
    __table_args__ = (UniqueConstraint("intake_id", "sha256"),)

    id: Mapped[Id]
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    content: Mapped[bytes]
    brought_by: Mapped[str] = mapped_column(String(80))
    brought_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]


class SignatureWay(StrEnum):
    """How somebody signed."""

    DRAWN = "drawn"  # with a finger or a pen, on the screen
    TYPED = "typed"  # the name alone


class ConsignmentSignature(Model):
    """
    The maker's signature under a delivery: who, when, and the hash of the lines that were shown.

    `mark` is what was drawn, as the path of an SVG in a box of 600 x 200.
    """

    __tablename__ = "consignment_signature"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("consignment_id"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    consignment_id: Mapped[int] = mapped_column(ForeignKey("consignment.id"))
    signer: Mapped[str] = mapped_column(String(120))
    way: Mapped[SignatureWay] = mapped_column(one_of(SignatureWay, "way_is_known"))
    mark: Mapped[str] = mapped_column(Text)
    mark_hash: Mapped[str] = mapped_column(String(64))  # of signer and mark: what a seal keeps
    language: Mapped[str] = mapped_column(String(2))  # in which the terms were shown
    lines_hash: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class ReturnSignature(Model):
    """The maker's signature under a return slip: who, when, and what was drawn as it was."""

    __tablename__ = "return_signature"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("slip_id"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    slip_id: Mapped[int] = mapped_column(ForeignKey("return_slip.id"))
    signer: Mapped[str] = mapped_column(String(120))
    way: Mapped[SignatureWay] = mapped_column(one_of(SignatureWay, "way_is_known"))
    mark: Mapped[str] = mapped_column(Text)
    mark_hash: Mapped[str] = mapped_column(String(64))  # of signer and mark: what a seal keeps
    signed_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class StockCount(Model):
    """
    A count that somebody opened: of one place of a site or of all, of one maker or craft or of all.

    A blind one does not tell those who count how many there should be.
    """

    __tablename__ = "stock_count"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("hub_id", "number"), UniqueConstraint("uid"))

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("maker.id"))
    craft: Mapped[str | None] = mapped_column(String(24))
    blind: Mapped[bool]
    uid: Mapped[str] = mapped_column(String(36))
    body_hash: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(20))
    after_move_id: Mapped[int]  # the last move that was recorded before it was opened
    opened_at: Mapped[datetime]
    day: Mapped[date]
    actor: Mapped[str] = mapped_column(String(80))


class CountScan(Model):
    """So many of a lot, seen at a place at a moment; or the word that a scan was a mistake."""

    __tablename__ = "count_scan"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("uid"),
        UniqueConstraint("undoes_id"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        Index("ix_count_scan_count_id", "count_id", "lot_id"),
        Index("ix_count_scan_lot_id", "lot_id"),
    )

    id: Mapped[Id]
    count_id: Mapped[int] = mapped_column(ForeignKey("stock_count.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    quantity: Mapped[int]
    uid: Mapped[str] = mapped_column(String(36))  # made where it was scanned
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("count_scan.id"))
    scanned_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class CountHow(StrEnum):
    """How a count ended."""

    CLOSED = "closed"
    CANCELLED = "cancelled"


class CountEnd(Model):
    """The end of a count: closed, with what followed in its lines, or cancelled without any."""

    __tablename__ = "count_end"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("count_id"),)

    id: Mapped[Id]
    count_id: Mapped[int] = mapped_column(ForeignKey("stock_count.id"))
    how: Mapped[CountHow] = mapped_column(one_of(CountHow, "how_is_known"))
    why: Mapped[str] = mapped_column(String(200))  # it was cancelled, or closed while tills held
    held_by: Mapped[str] = mapped_column(String(200))  # tills with events that had not come
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class CountLine(Model):
    """A difference that a closed count found, and what it became, by its document."""

    __tablename__ = "count_line"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("count_id", "n"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        Index("ix_count_line_lot_id", "lot_id"),
    )

    id: Mapped[Id]
    count_id: Mapped[int] = mapped_column(ForeignKey("stock_count.id"))
    n: Mapped[int]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    missing: Mapped[bool]  # fewer than the books had; else more
    quantity: Mapped[int]
    outcome: Mapped[Outcome] = mapped_column(one_of(Outcome, "outcome_is_known"))
    document: Mapped[str] = mapped_column(String(20))  # empty where nothing was written
