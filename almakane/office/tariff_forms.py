"""The delivery tariff as a manager types it: weights over the columns, zones down the rows."""

import re
from typing import Any

from flask_babel import lazy_gettext
from wtforms import DateField, FormField

from almakane.errors import Refusal
from almakane.shop.cities import city_name, find_city
from almakane.shop.delivery import ELSEWHERE, Tariff, Zone
from almakane.web.forms import Amount, Filled, Form, Grams, Rows, Text
from almakane.web.languages import language

WEIGHTS = 5
ZONES = 12
_FIGURE = {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}
_COMMAS = re.compile("[,;،\n]+")


class ZoneForm(Form):
    """Cities, and what a parcel there costs at each weight; empty is as the next heavier one."""

    cities = Text(lazy_gettext("Cities"), longest=2_000, lines=True)
    fee_1 = Amount(lazy_gettext("Fee"), render_kw=_FIGURE)
    fee_2 = Amount(lazy_gettext("Fee"), render_kw=_FIGURE)
    fee_3 = Amount(lazy_gettext("Fee"), render_kw=_FIGURE)
    fee_4 = Amount(lazy_gettext("Fee"), render_kw=_FIGURE)
    fee_5 = Amount(lazy_gettext("Fee"), render_kw=_FIGURE)

    @property
    def fees(self) -> list[Amount]:
        """Its fees, the lightest first."""
        return [self[f"fee_{n}"] for n in range(1, WEIGHTS + 1)]

    def read_cities(self) -> list[str]:
        """The cities that were named; raises Refusal for one that we do not know."""
        found = []
        for name in _COMMAS.split(self.cities.data or ""):
            if not name.strip():
                continue
            city = find_city(name)
            if city is None:
                raise Refusal(
                    "We know no town called %(name)s.", field="cities", name=name.strip()[:60]
                )
            found.append(city)
        return found

    def steps(self, weights: list[int | None]) -> list[tuple[int, int]]:
        """Up to which weight for how much; raises Refusal for a fee under no weight."""
        found = []
        for grams, fee in zip(weights, self.fees, strict=True):
            if fee.data is None:
                continue
            if grams is None:
                raise Refusal("This fee stands under no weight.", field=fee.short_name)
            found.append((grams, fee.data))
        return found


class TariffForm(Form):
    """What delivery costs from a day on; the first zone is all that no other one names."""

    valid_from = DateField(lazy_gettext("From which day on"), [Filled()])
    default_grams = Grams(
        lazy_gettext("A piece that nobody has weighed is taken to weigh, g"), [Filled()]
    )
    weight_1 = Grams(lazy_gettext("Up to, g"), [Filled()], render_kw=_FIGURE)
    weight_2 = Grams(lazy_gettext("Up to, g"), render_kw=_FIGURE)
    weight_3 = Grams(lazy_gettext("Up to, g"), render_kw=_FIGURE)
    weight_4 = Grams(lazy_gettext("Up to, g"), render_kw=_FIGURE)
    weight_5 = Grams(lazy_gettext("Up to, g"), render_kw=_FIGURE)
    zones = Rows(FormField(ZoneForm), min_entries=3, max_entries=ZONES)

    @property
    def weights(self) -> list[Grams]:
        """The heads of the columns."""
        return [self[f"weight_{n}"] for n in range(1, WEIGHTS + 1)]

    def read(self) -> Tariff | None:
        """The tariff that was typed; none where something in it is wrong, told at its field."""
        weights: list[int | None] = [field.data for field in self.weights]
        known = [grams for grams in weights if grams is not None]
        if known != sorted(set(known)):
            self.refuse(Refusal("Write the weights from the lightest on.", field="weight_1"))
        fees: dict[str, list[tuple[int, int]]] = {}
        for n, entry in enumerate(self.zones):
            try:
                cities = [ELSEWHERE] if n == 0 else entry.form.read_cities()
                steps = entry.form.steps(weights)
                if n and bool(cities) != bool(steps):
                    raise Refusal("A zone has both: cities, and what they cost.", field="cities")
                for city in cities if steps else ():
                    if city in fees:
                        raise Refusal(
                            "%(city)s stands in two zones.",
                            field="cities",
                            city=city_name(city, language()),
                        )
                    fees[city] = steps
            except Refusal as refusal:
                entry.form.refuse(refusal)
        is_wrong = self.form_errors or any(
            field.errors for form in (self, *(zone.form for zone in self.zones)) for field in form
        )
        if not fees and not is_wrong:
            self.refuse(Refusal("Write at least one fee."))
            return None
        return None if is_wrong else Tariff(self.default_grams.data or 0, fees)


def typed_tariff(tariff: Tariff | None) -> dict[str, Any]:
    """What the form of a tariff begins with: its weights and zones, and two empty rows more."""
    if tariff is None:
        return {"default_grams": 500, "zones": [{}, {}, {}]}
    weights = tariff.weights[:WEIGHTS]
    rest = [zone for zone in tariff.zones if not zone.cities] or [Zone((), ())]
    zones = [*rest, *(zone for zone in tariff.zones if zone.cities)]
    return {
        "default_grams": tariff.default_grams,
        **{f"weight_{n}": grams for n, grams in enumerate(weights, 1)},
        "zones": [
            *(
                {
                    "cities": ", ".join(city_name(city, language()) for city in zone.cities),
                    **{f"fee_{n}": fee for n, fee in enumerate(zone.fees[:WEIGHTS], 1)},
                }
                for zone in zones
            ),
            *({}, {}),
        ][:ZONES],
    }
