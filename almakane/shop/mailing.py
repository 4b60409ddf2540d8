"""What buyers are written: once for each piece of news, in the language of their order."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import render_template
from flask_babel import force_locale, gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import db, retried, transaction
from almakane.gateways.mail import Letter, MailFailed, Post, Sender
from almakane.gateways.outbox import Errand, end_errand, open_errands, put_off, take_errand
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.inventory.models import Hold
from almakane.settings import Settings
from almakane.shop.cities import city_name
from almakane.shop.following import makers_of
from almakane.shop.here import seller_on
from almakane.shop.models import WebOrder, WebOrderLine
from almakane.shop.order_words import COURIERS
from almakane.shop.ordering import link_of, placed_under, tell
from almakane.shop.standing import sent_back, standing_of

log = logging.getLogger(__name__)

KINDS = ("claim", "mail")
_MOST = 20
_LEASE = timedelta(minutes=10)  # a letter that nobody says has gone is sent again after that

_TONGUES = {"fr": "", "ar": "/ar", "en": "/en"}

# What a letter is about, and its first sentence.
NEWS = {
    "placed": (
        lazy_gettext("Your order is with us."),
        lazy_gettext("Thank you. Nothing is paid yet; here is what you ordered."),
    ),
    "confirmed": (
        lazy_gettext("Your order is confirmed."),
        lazy_gettext("We prepare it with care."),
    ),
    "ready": (lazy_gettext("Your order waits for you."), lazy_gettext("Fetch it in the shop.")),
    "shipped": (
        lazy_gettext("Your order is on its way."),
        lazy_gettext("The courier calls you before they come."),
    ),
    "delivered": (
        lazy_gettext("Your order is in your hands."),
        lazy_gettext("Thank you, for those who made it too."),
    ),
    "returned": (
        lazy_gettext("This order came back to us."),
        lazy_gettext(
            "The parcel was not taken, and its pieces are on sale again. Nothing is owed."
        ),
    ),
    "cancelled": (
        lazy_gettext("This order is called off."),
        lazy_gettext("Nothing is owed; what you had paid comes back to you."),
    ),
    "preempted": (
        lazy_gettext("Somebody else has your piece."),
        lazy_gettext(
            "It was bought in the shop before it was paid for here. You owe nothing, and what you "
            "had paid comes back to you. We are sorry."
        ),
    ),
    "taken_back": (
        lazy_gettext("What you gave back is with us."),
        lazy_gettext("Your money comes back to you within fifteen days at most."),
    ),
    "refunded": (
        lazy_gettext("Your money was sent back to you."),
        lazy_gettext("It has left our account; the banks take a day or two."),
    ),
}
# Of an order that is still to be paid: how that is done is said again.
_BEFORE = ("placed", "confirmed", "ready", "shipped")
_KEPT = ("placed", "ready")  # until when the pieces wait is told, where their buyer has to do it


def send_mails(settings: Settings, post: Post, *, now: Callable[[], datetime]) -> int:
    """Do what the outbox asks about orders; gives how much was done."""
    done = 0
    for errand in open_errands(db.session(), KINDS, now=now(), most=_MOST):
        db.session.rollback()
        try:
            done += (
                _claim_lost(errand, now())
                if errand.kind == "claim"
                else _mail(errand, settings, post, now)
            )
        except Exception:  # whatever is wrong with one letter, the others go
            log.exception(
                "Outbox row %s (%s %s) could not be done; it is tried again in ten minutes",
                *(errand.id, errand.kind, errand.body),
            )
            _put_off(errand, now() + _LEASE)
    return done


def _put_off(errand: Errand, until: datetime) -> None:
    with transaction() as session:
        if take_errand(session, errand.id):
            put_off(session, errand.id, until=until)


def _claim_lost(errand: Errand, now: datetime) -> bool:
    """A till sold what was claimed: let its buyer know, if it was an order's already."""

    def work() -> bool:
        with transaction() as session:
            if not take_errand(session, errand.id):
                return False
            order = session.scalar(
                select(WebOrder)
                .join(WebOrderLine, WebOrderLine.order_id == WebOrder.id)
                .join(Hold, Hold.uid == WebOrderLine.hold_uid)
                .where(Hold.uid == errand.body)
            )
            if order:
                tell(session, order, "preempted", now=now)
            end_errand(session, errand.id, now=now)
            return True

    return retried(work)


def _mail(errand: Errand, settings: Settings, post: Post, now: Callable[[], datetime]) -> bool:
    """Write one letter and let it go, outside of any transaction."""
    uid, news, nth = f"{errand.body} 1".split(" ")[:3]

    def take() -> tuple[Letter, Sender] | None:
        with transaction() as session:
            if not take_errand(session, errand.id):
                return None
            order = placed_under(session, uid)
            if order is None or not order.contact.email or news not in NEWS:
                end_errand(session, errand.id, now=now())
                return None
            # It is ours for as long as sending may take; then somebody else may try.
            put_off(session, errand.id, until=now() + _LEASE)
            return write_letter(session, order, news, settings, now(), nth=int(nth))

    taken = retried(take)
    if taken is None:
        return False
    try:
        post.send(*taken)
    except MailFailed:
        log.exception("The letter of outbox row %s (%s) did not go yet", errand.id, errand.body)
        return False

    def end() -> None:
        with transaction() as session:
            end_errand(session, errand.id, now=now())

    retried(end)
    return True


def write_letter(
    session: Session,
    order: WebOrder,
    news: str,
    settings: Settings,
    now: datetime,
    *,
    nth: int = 1,
) -> tuple[Letter, Sender]:
    """What an order's buyer is told, as text and as HTML."""
    hub = session.get_one(Hub, order.hub_id)
    key = link_of(order, settings.vault_secret)
    one = standing_of(session, order, now)
    with force_locale(order.language):
        title, words = NEWS[news]
        told = {
            "order": order,
            "house": hub.name,
            "title": str(title),
            "words": str(words),
            "city": city_name(order.city, order.language),
            "link": f"{settings.base_url}/o/{key}" if key else "",
            "terms": f"{settings.base_url}/terms" + _TONGUES[order.language],
            "seller": seller_on(session, hub, local_day(now, hub.zone)),
            "makers": makers_of(session, order, order.language),
            "rib": settings.rib if order.payment == "transfer" else "",
            "due": 0 if one.is_closed or news not in _BEFORE else order.total - one.deposit,
            "kept_until": one.kept_until if news in _KEPT and order.payment != "cod" else None,
            "courier": f"{COURIERS.get(one.courier, '')} {one.tracking}".strip(),
            "sent_back": sent_back(session, order, nth) if news == "refunded" else 0,
            "news": news,
        }
        subject = f"{gettext('Order %(number)s', number=order.number)} · {title}"
        text = render_template("mail/order.txt", **told)
        html = render_template("mail/order.html", **told)
    host = urlsplit(settings.base_url).hostname or "localhost"
    address = settings.mail_from or f"boutique@{host if '.' in host else 'almakane.invalid'}"
    letter = Letter(
        letter_uid(order.uid, news, nth),
        *(order.contact.email, subject, text, html, order.language, now),
    )
    return letter, Sender(hub.name, address)


def letter_uid(uid: str, news: str, nth: int = 1) -> str:
    """What a letter is called: the same news of the same order is the same letter."""
    return f"{uid}/{news}" + (f"/{nth}" if nth > 1 else "")
