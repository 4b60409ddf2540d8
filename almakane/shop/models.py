"""Orders from afar: what somebody wants, who they are, how far it came; and what delivery costs."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from almakane.db import Centimes, Id, Model, one_of


class Way(StrEnum):
    """How the pieces come to their buyer."""

    PICKUP = "pickup"  # fetched in the shop
    DELIVERY = "delivery"  # brought to them


class Payment(StrEnum):
    """How the buyer means to pay; what was paid is read from deposits and sales."""

    SHOP = "shop"  # at the till, when the pieces are fetched
    COD = "cod"  # cash to the courier
    TRANSFER = "transfer"  # to the bank, before anything leaves the house
    CARD = "card"


class WebOrder(Model):
    """
    What somebody wants from afar, as they confirmed it; not yet a sale.

    `uid` was given to the checkout page: the same page sent again finds the order that is there.
    Amounts in centimes. Nothing in it names a person: that is `OrderContact`, which can be erased.
    """

    __tablename__ = "web_order"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("uid"),
        UniqueConstraint("hub_id", "number"),
        UniqueConstraint("key_hash"),
        CheckConstraint("goods >= 0 AND delivery_fee >= 0", name="sums_are_not_negative"),
        CheckConstraint("total = goods + delivery_fee", name="order_adds_up"),
        CheckConstraint("way = 'delivery' OR delivery_fee = 0", name="fetching_is_free"),
        CheckConstraint("(way = 'delivery') = (city <> '')", name="a_delivery_names_its_city"),
        Index("ix_web_order_hub_id", "hub_id", "id"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    uid: Mapped[str] = mapped_column(String(36))
    number: Mapped[str] = mapped_column(String(20))
    key_hash: Mapped[str] = mapped_column(String(64))  # of the secret in its public link
    language: Mapped[str] = mapped_column(String(2))
    way: Mapped[Way] = mapped_column(one_of(Way, "way_is_known"))
    city: Mapped[str] = mapped_column(String(60))  # "" where it is fetched
    payment: Mapped[Payment] = mapped_column(one_of(Payment, "payment_is_known"))
    goods: Mapped[Centimes]
    delivery_fee: Mapped[Centimes]
    total: Mapped[Centimes]
    weight_grams: Mapped[int]  # what the fee was reckoned on
    placed_at: Mapped[datetime]
    day: Mapped[date]  # the hub's

    lines: Mapped[list["WebOrderLine"]] = relationship(order_by="WebOrderLine.n")
    contact: Mapped["OrderContact"] = relationship(uselist=False)


class OrderContact(Model):
    """
    Who ordered, and where it goes: personal data, beside the facts so that it can be erased alone.

    `link` is the secret of the order's page, locked with the house's key, so that a later mail can
    name it again; `body_hash` tells the same checkout sent twice from another one.
    """

    __tablename__ = "order_contact"
    __table_args__ = (Index("ix_order_contact_phone", "phone"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("web_order.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(20))  # E.164
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(400))  # with a landmark; no postcode is asked
    link: Mapped[str] = mapped_column(Text)
    body_hash: Mapped[str] = mapped_column(String(64))
    erased_at: Mapped[datetime | None]


class WebOrderLine(Model):
    """A quantity of one lot that is wanted, at the price that was confirmed, and its claim."""

    __tablename__ = "web_order_line"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hold_uid"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint("total = unit * quantity", name="line_adds_up"),
        Index("ix_web_order_line_lot_id", "lot_id"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("web_order.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    code: Mapped[str] = mapped_column(String(20))  # the lot's
    title: Mapped[str] = mapped_column(String(200))  # in the language of the order
    quantity: Mapped[int]
    list_price: Mapped[Centimes]
    unit: Mapped[Centimes]
    total: Mapped[Centimes]
    tax_bp: Mapped[int]
    tax_code: Mapped[str] = mapped_column(String(16))
    hold_uid: Mapped[str] = mapped_column(String(60))  # `<order uid>/<n>`


class Step(StrEnum):
    """How far the goods of an order came; that it was placed is the order itself."""

    UNREACHED = "unreached"  # somebody called, and nobody answered
    CONFIRMED = "confirmed"  # somebody of the house spoke with the buyer
    PICKED = "picked"  # taken from the shelf, each piece scanned
    PACKED = "packed"
    READY = "ready"  # to be fetched
    KEPT = "kept"  # its pieces wait longer than they had to
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"  # refused at the door, or sent back
    CANCELLED = "cancelled"


class WebOrderStep(Model):
    """A step of an order: when, and who said so."""

    __tablename__ = "web_order_step"
    __append_only__ = True
    __table_args__ = (Index("ix_web_order_step_order_id", "order_id", "id"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("web_order.id"))
    step: Mapped[Step] = mapped_column(one_of(Step, "step_is_known"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))  # "" is the buyer
    note: Mapped[str] = mapped_column(String(200))  # a courier and the parcel's number, or why


class OpenedCheckout(Model):
    """
    That a checkout was opened, and from where: what the limit of an address counts.

    `visitor` is a keyed hash of the address. Rows of more than two days ago are dropped.
    """

    __tablename__ = "opened_checkout"
    __table_args__ = (
        UniqueConstraint("uid"),
        Index(None, "visitor", "at"),
        Index(None, "at"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    uid: Mapped[str] = mapped_column(String(36))
    visitor: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class DeliveryTariff(Model):
    """What delivery costs from a day on: the latest one not after it holds."""

    __tablename__ = "delivery_tariff"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "valid_from"),
        CheckConstraint("default_grams > 0", name="weight_is_positive"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    valid_from: Mapped[date]
    default_grams: Mapped[int]  # of a piece that nobody has weighed
    set_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))

    fees: Mapped[list["DeliveryFee"]] = relationship(order_by="DeliveryFee.up_to_grams")


class DeliveryFee(Model):
    """The fee to a city up to a weight; a city without rows of its own is at those of ""."""

    __tablename__ = "delivery_fee"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("tariff_id", "city", "up_to_grams"),
        CheckConstraint("up_to_grams > 0", name="weight_is_positive"),
        CheckConstraint("fee >= 0", name="fee_is_not_negative"),
    )

    id: Mapped[Id]
    tariff_id: Mapped[int] = mapped_column(ForeignKey("delivery_tariff.id"))
    city: Mapped[str] = mapped_column(String(60))
    up_to_grams: Mapped[int]
    fee: Mapped[Centimes]
