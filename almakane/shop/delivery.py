"""What delivery costs: by city and weight, from a day on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from almakane.errors import Refusal
from almakane.hubs.services import refuse_day
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
        steps = self.fees.get(city) or self.fees.get(ELSEWHERE, ())
        fee = _fee(steps, grams)
        if fee is not None:
            return fee
        if not steps:
            raise Refusal("Nothing is delivered there yet: fetch it in the shop.", field="city")
        raise Refusal(
            "A parcel this heavy is not delivered there: fetch it in the shop, or call us.",
            field="city",
        )

    def serves(self, city: str) -> bool:
        """Whether anything is brought there."""
        return bool(self.fees.get(city) or self.fees.get(ELSEWHERE))

    @property
    def weights(self) -> list[int]:
        """Every weight at which a fee ends, the lightest first."""
        return sorted({most for steps in self.fees.values() for most, _fee in steps})

    @property
    def zones(self) -> list["Zone"]:
        """Cities of the same fees together, the rest of the country last."""
        found: dict[tuple[int | None, ...], list[str]] = {}
        for city, steps in self.fees.items():
            fees = tuple(_fee(steps, grams) for grams in self.weights)
            if city != ELSEWHERE and any(fee is not None for fee in fees):
                found.setdefault(fees, []).append(city)
        zones = [Zone(tuple(cities), fees) for fees, cities in found.items()]
        rest = self.fees.get(ELSEWHERE, ())
        if rest:
            zones.append(Zone((), tuple(_fee(rest, grams) for grams in self.weights)))
        return zones


class Zone(NamedTuple):
    """Cities (none: all the others) and their fee at each of the tariff's weights, if any."""

    cities: tuple[str, ...]
    fees: tuple[int | None, ...]


def _fee(steps: Sequence[tuple[int, int]], grams: int) -> int | None:
    return next((fee for most, fee in steps if grams <= most), None)


def tariff_on(session: Session, hub_id: int, day: date) -> Tariff | None:
    """The hub's tariff on a day; without one nothing is delivered."""
    found = session.scalar(
        select(DeliveryTariff)
        .options(selectinload(DeliveryTariff.fees))
        .where(DeliveryTariff.hub_id == hub_id, DeliveryTariff.valid_from <= day)
        .order_by(DeliveryTariff.valid_from.desc())
        .limit(1)
    )
    return _read(found) if found else None


def _read(row: DeliveryTariff) -> Tariff:
    fees: dict[str, list[tuple[int, int]]] = {}
    for step in row.fees:
        fees.setdefault(step.city, []).append((step.up_to_grams, step.fee))
    return Tariff(row.default_grams, {city: sorted(steps) for city, steps in fees.items()})


def change_tariff(
    session: Session,
    hub_id: int,
    valid_from: date,
    tariff: Tariff,
    *,
    today: date,
    now: datetime,
    actor: str,
) -> DeliveryTariff:
    """
    Let a tariff hold from a day to come; a house that has none yet may begin today.

    The same again is there already. Raises Refusal for a day that has begun or has its own.
    """
    known = select(DeliveryTariff).where(DeliveryTariff.hub_id == hub_id)
    there = session.scalar(known.where(DeliveryTariff.valid_from == valid_from))
    if there and _read(there) == tariff:
        return there
    is_first = session.scalar(known.limit(1)) is None
    if not (is_first and valid_from == today):
        refuse_day(valid_from, today, taken=there is not None)
    return set_tariff(session, hub_id, valid_from, tariff, now=now, actor=actor)


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
