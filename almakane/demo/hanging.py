"""Hanging the demo's drawings where photographs of its pieces would be."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.amending import By
from almakane.cooperatives.models import Maker
from almakane.demo.content import MakerPage
from almakane.demo.pictures import draw_piece
from almakane.demo.pictures.brush import TALL, WIDE
from almakane.demo.pictures.people import draw_people
from almakane.gateways.media import Picture, keep_drawing
from almakane.inventory.models import PhotoForm, Product
from almakane.inventory.products import Of, add_photos


def draw_pictures(pages: Iterable[MakerPage], folder: Path) -> dict[str, Picture]:
    """Draw every piece into the folder of pictures; gives which one is whose, by its code."""
    return {
        piece.code: keep_drawing(draw_piece(piece.code, page.maker["craft"]), folder, WIDE, TALL)
        for page in pages
        for piece in page.pieces
    }


def draw_faces(pages: Iterable[MakerPage], folder: Path) -> dict[str, Picture]:
    """Draw the people of every maker; gives which picture is whose, by the maker's code."""
    return {
        page.maker["code"]: keep_drawing(
            draw_people(page.maker["code"], [told["gender"] for told in page.artisans]),
            folder,
            WIDE,
            TALL,
        )
        for page in pages
    }


def hang_faces(session: Session, hub_id: int, faces: Mapping[str, Picture], by: By) -> None:
    """Give each maker of the demo her picture."""
    makers = session.scalars(select(Maker).where(Maker.hub_id == hub_id, Maker.code.in_(faces)))
    for maker in makers.all():
        of = Of(hub_id, maker_id=maker.id)
        add_photos(session, of, [faces[maker.code]], by, form=PhotoForm.DRAWING)


def hang_pictures(session: Session, hub_id: int, pictures: Mapping[str, Picture], by: By) -> None:
    """Give each product of the demo its picture."""
    products = session.scalars(
        select(Product).where(Product.hub_id == hub_id, Product.code.in_(pictures))
    )
    for product in products.all():
        of = Of(hub_id, product_id=product.id)
        add_photos(session, of, [pictures[product.code]], by, form=PhotoForm.DRAWING)
