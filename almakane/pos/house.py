"""Who sells: what every paper of the till begins with."""

from dataclasses import dataclass

from almakane.gateways.paper import Align, Part, Size, Text
from almakane.pos.wording import Say, ltr


@dataclass(frozen=True, slots=True)
class House:
    """
    The seller as papers must name it; what is not filled in is not printed.

    An association has no RC and no capital, and not every hub a CNSS number: each is optional.
    """

    name: str  # as over the door
    site: str = ""  # the place where it sells
    legal_name: str = ""
    address: str = ""
    city: str = ""
    phone: str = ""
    ice: str = ""
    tax_id: str = ""  # identifiant fiscal, IF
    patente: str = ""  # taxe professionnelle, TP
    rc: str = ""
    cnss: str = ""
    currency: str = "MAD"
    zone: str = "Africa/Casablanca"
    exchange_days: int = 0  # how long the shop exchanges; 0 says nothing about it
    withdrawal_days: int = 0  # law 31-08, for what was sold from afar


def head(house: House, language: str, say: Say) -> list[Part]:
    """The name, the address and the numbers that art. 145 of the CGI asks for."""
    lines = [
        house.legal_name if house.legal_name != house.name else "",
        house.address,
        house.city,
        say("Tel. %(phone)s", phone=ltr(house.phone, language)) if house.phone else "",
        _numbers(house, language),
    ]
    return [
        Text(house.name, Align.CENTRE, bold=True, size=Size.LARGE),
        *(Text(line, Align.CENTRE, size=Size.SMALL) for line in lines if line),
    ]


def _numbers(house: House, language: str) -> str:
    numbers = (
        ("ICE", house.ice),
        ("IF", house.tax_id),
        ("TP", house.patente),
        ("RC", house.rc),
        ("CNSS", house.cnss),
    )
    # A no-break space keeps a number with its name where the line is broken; nothing but white
    # stands between two of them, or it would hang at the end of that line.
    told = [f"{name}\u00a0{number}" for name, number in numbers if number]
    return "\u00a0 ".join(ltr(number, language) for number in told)
