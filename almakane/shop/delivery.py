"""What delivery costs: by city and weight, from a day on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from almakane.errors import Refusal
from almakane.money import LARGEST
from almakane.shop.models import DeliveryFee, DeliveryTariff

ELSEWHERE = ""  # the city of the fees of every city that has none of its own
_MOST_GRAMS = 1_000_000


@dataclass(frozen=True, slots=True)
class Tariff:
    """The fees of a day: city to (up to so many grams, fee), the lightest first."""

    default_grams: int
    fees: Mapping[str, Sequence[tuple[int, int]]]

    def weight(self, grams: int | None) -> int:
        """What a piece weighs, or is taken to weigh where nobody has weighed it."""
        return grams or self.default_grams

    def fee(self, city: str, grams: int) -> int:
        """The fee of a parcel to a city; raises Refusal where nobody brings it there."""
        for most, fee in self.fees.get(city) or self.fees.get(ELSEWHERE, ()):
            if grams <= most:
                return fee
        raise Refusal(
            "A parcel this heavy is not delivered there: fetch it in the shop, or call us.",
            field="city",
        )


def tariff_on(session: Session, hub_id: int, day: date) -> Tariff | None:
    """The hub's tariff on a day; without one nothing is delivered."""
    found = session.scalar(
        select(DeliveryTariff)
        .options(selectinload(DeliveryTariff.fees))
        .where(DeliveryTariff.hub_id == hub_id, DeliveryTariff.valid_from <= day)
        .order_by(DeliveryTariff.valid_from.desc())
        .limit(1)
    )
    if found is None:
        return None
    fees: dict[str, list[tuple[int, int]]] = {}
    for row in found.fees:
        fees.setdefault(row.city, []).append((row.up_to_grams, row.fee))
    return Tariff(found.default_grams, {city: sorted(steps) for city, steps in fees.items()})


def set_tariff(
    session: Session,
    hub_id: int,
    valid_from: date,
    tariff: Tariff,
    *,
    now: datetime,
    actor: str,
) -> DeliveryTariff:
    """Write down what delivery costs from a day on; raises Refusal where that day has its own."""
    there = select(DeliveryTariff.id).where(
        DeliveryTariff.hub_id == hub_id, DeliveryTariff.valid_from == valid_from
    )
    if session.scalar(there):
        raise Refusal(
            "That day has its version already: choose the day after it.", field="valid_from"
        )
    steps = [step for fees in tariff.fees.values() for step in fees]
    if not 0 < tariff.default_grams <= _MOST_GRAMS or any(
        not (0 < grams <= _MOST_GRAMS and 0 <= fee <= LARGEST) for grams, fee in steps
    ):
        raise Refusal("An amount is out of range.", field="fees")
    row = DeliveryTariff(
        hub_id=hub_id,
        valid_from=valid_from,
        default_grams=tariff.default_grams,
        set_at=now,
        actor=actor,
        fees=[
            DeliveryFee(city=city, up_to_grams=grams, fee=fee)
            for city, steps in tariff.fees.items()
            for grams, fee in steps
        ],
    )
    session.add(row)
    session.flush()
    return row
