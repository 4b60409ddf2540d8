"""The lines of a file, matched with what the house knows of a maker by the words one may use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from almakane.errors import Refusal
from almakane.inventory.intake import Brought
from almakane.inventory.models import TaxClass
from almakane.inventory.piece_list import Row, plain_word


@dataclass(frozen=True, slots=True)
class Known:
    """
    What a file is matched with: a maker's artisans and products, kinds of pieces, and the delivery.

    `otherwise` and `tax_class` are for lines that say neither. Words are as `plain_word` has them.
    """

    otherwise: str
    tax_class: str
    usual: Mapping[str, str]  # category to the tax class of its last product
    kinds: Mapping[str, str]
    products: Mapping[str, int]
    artisans: Sequence[Sequence[int | str]]  # number, name, name in Arabic
    there: Mapping[str, bool]  # keys of the delivery's lines: still in it, or taken out


def as_line(row: Row, known: Known) -> Brought:
    """A row as a line of the delivery; raises Refusal for words that nobody here has."""
    weights = {_artisan(name, known): part for name, part in row.artisans}
    product_id = known.products.get(plain_word(row.reference)) if row.reference else None
    category = _kind(row.category, known)
    if product_id is not None:
        title, title_ar, category, technique = "", "", "", ""
    else:
        title, title_ar, technique = row.title, row.title_ar, row.technique
        if not title:
            raise Refusal(
                "No piece of this maker has the code %(said)s: write what it is called.",
                field="title",
                said=row.reference,
            )
    tax_class = row.tax_class or known.usual.get(category) or known.tax_class
    return Brought(
        key=row.key,
        quantity=row.quantity,
        product_id=product_id,
        title=title,
        title_ar=title_ar,
        category=category,
        technique=technique,
        tax_class=TaxClass(tax_class) if tax_class else None,
        price=row.price,
        floor=row.floor,
        unit_cost=row.unit_cost,
        weights=weights,
        reference=row.reference,
        note=row.note,
    )


def bare(word: str) -> str:
    """A word without the article and the s of its plural."""
    return plain_word(word).removeprefix("ال").removesuffix("s")


def _kind(said: str, known: Known) -> str:
    if not said:
        return known.otherwise
    found = known.kinds.get(bare(said))
    if found is None:
        raise Refusal("Nobody here knows this kind of piece.", field="category", said=said)
    return found


def _artisan(name: str, known: Known) -> int:
    said = plain_word(name)
    found = [one for one, *names in known.artisans if said in names]
    if not found:  # the first name alone, or the names the other way round
        words = set(said.split())
        found = [
            one
            for one, *names in known.artisans
            if words and any(words <= set(str(called).split()) for called in names)
        ]
    if len(found) == 1:
        return int(found[0])
    if found:
        raise Refusal(
            "Several of this maker’s artisans are called like that: write the whole name.",
            field="artisans",
            said=name,
        )
    raise Refusal("Nobody of this maker’s is called like that.", field="artisans", said=name)
