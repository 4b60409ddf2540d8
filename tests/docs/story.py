"""The potters' story of docs/money-book.md, told by its tables and run through the services."""

from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime, Terms
from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.services import add_artisan, agree, take_in_maker
from almakane.db import rows
from almakane.hubs.models import Hub
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.losses import record_loss
from almakane.inventory.models import Consignment, Loss, LossKind, Lot, LotKind, PlaceKind, TaxClass
from almakane.inventory.services import add_product
from almakane.ledger.book import Posting
from almakane.ledger.models import Seal
from almakane.ledger.services import Fact, post_once
from almakane.payouts.models import Statement
from almakane.payouts.services import draw_statements
from almakane.sales.sealing import seal_day
from almakane.sales.services import Recorded, record_sale
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket
from tests.docs.pages import Row, basis_points, centimes, day, table
from tests.factories import make_hub, new_uid, the_site

BOOK = "money-book"
THE_DELIVERY = "The delivery"
THE_SALE = "The sale"
THE_REFUND = "The partial refund"
THE_LOSS = "The loss"
ANOTHER_SALE = "One more sale"
THE_STATEMENT = "The statement"
THE_PAYOUT = "The payout"
THE_LAST_REFUND = "What comes back last"


def at(day_: date, hour: int = 11) -> datetime:
    """A moment of a day, UTC."""
    return datetime.combine(day_, time(hour), UTC)


class Story:
    """Each method is a section of the page: it reads what happened there and lets it happen."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.hub: Hub = make_hub(session)
        self.maker, self.artisans = self._agree()
        self.lots: dict[str, Lot] = {}
        self.tickets: dict[str, Ticket] = {}
        self.recorded: dict[str, Recorded] = {}
        self.statements: dict[str, Statement] = {}
        self.seals: dict[date, Seal] = {}

    def _agree(self) -> tuple[Maker, dict[str, Artisan]]:
        [told] = table(BOOK, "The terms", "commission", "paid to")
        assert basis_points(told["VAT on it"]) == 2_000  # what the hub of every test has
        maker = take_in_maker(self.session, self.hub.id, "SAF", "Les potiers", craft="pottery")
        terms = Terms(
            Regime.MANDATE,
            basis_points(told["commission"]),
            Discounts(told["who bears a discount"]),
            paid_to=PaidTo(told["paid to"]),
            loss_bearer=Bearer(told["who bears a loss"]),
        )
        agree(self.session, maker, terms, return_days=int(told["days of return"]))
        names = ("Aïcha", "Zohra")
        return maker, {name: add_artisan(self.session, maker, name) for name in names}

    def deliver(self) -> Consignment:
        """All pieces of the delivery, each a product of its own."""
        told = table(BOOK, THE_DELIVERY, "lot", "made by")
        lines = [self._delivered(row) for row in told]
        consignment = receive_consignment(
            self.session, self._deed(day(told[0]["day"]), 9), self.maker, lines
        )
        lots = self.session.query(Lot).filter_by(consignment_id=consignment.id).order_by(Lot.n)
        self.lots = {row["piece"]: lot for row, lot in zip(told, lots, strict=True)}
        return consignment

    def _delivered(self, row: Row) -> Delivered:
        product = add_product(
            self.session,
            self.maker,
            row["piece"].upper(),
            category="pottery",
            price=centimes(row["list price"]),
            tax_class=TaxClass.STANDARD,
        )
        weights = [part.rsplit(" ", 1) for part in row["made by"].split(", ")]
        quantity = int(row["quantity"])
        return Delivered(
            product.id,
            quantity,
            LotKind.PIECE if quantity == 1 else LotKind.BATCH,
            title=row["piece"],
            weights={self.artisans[name].id: int(weight) for name, weight in weights},
        )

    def sell(self, section: str) -> Recorded:
        """The ticket of a section, paid as its second table says."""
        told = table(BOOK, section, "line", "piece", "unit", "total")
        paid = table(BOOK, section, "tender", "kept")
        lines = tuple(self._line(row) for row in told)
        tenders = tuple(Tender(TenderKind(t["tender"]), centimes(t["given"])) for t in paid)
        change = sum(centimes(row["change"]) for row in paid)
        kept = sum(centimes(row["kept"]) for row in paid)
        assert kept == sum(tender.amount for tender in tenders) - change
        return self._record(
            told[0],
            lines=lines,
            tenders=tenders,
            change=change,
            rounding=kept - sum(line.total for line in lines),
        )

    def _line(self, row: Row) -> Line:
        lot = self.lots[row["piece"]]
        [told] = [r for r in table(BOOK, THE_DELIVERY, "lot") if r["piece"] == row["piece"]]
        return Line(
            n=int(row["line"]),
            code=lot.code,
            title=lot.title,
            qty=int(row["quantity"]),
            list=centimes(told["list price"]),
            unit=centimes(row["unit"]),
            total=centimes(row["total"]),
        )

    def refund(self, section: str) -> Recorded:
        """What a section takes back, paid from the drawer as its postings say."""
        told = table(BOOK, section, "of ticket", "of line")
        written = table(BOOK, section, "debit", "credit", "amount")
        [out] = [row["amount"] for row in written if row["credit"] == "cash:T1"]
        given = -centimes(out)
        returns = tuple(
            Return(
                n,
                self.tickets[row["of ticket"]].uid,
                row["of ticket"],
                int(row["of line"]),
                self.lots[row["piece"]].code,
                int(row["quantity"]),
                centimes(row["total"]),
            )
            for n, row in enumerate(told, 1)
        )
        return self._record(
            told[0],
            returns=returns,
            tenders=(Tender(TenderKind.CASH, given),),
            rounding=given + sum(line.total for line in returns),
        )

    def _record(self, told: Row, **said: object) -> Recorded:
        on = day(told["day"])
        ticket = Ticket(uid=new_uid(), register="T1", at=at(on), day=on, cashier="amina", **said)  # type: ignore[arg-type]
        recorded = record_sale(self.session, self.hub.id, ticket, now=at(on))
        assert recorded.number == told["ticket"]
        self.tickets[recorded.number] = ticket
        self.recorded[recorded.number] = recorded
        return recorded

    def lose(self) -> Loss:
        """The dish that fell."""
        [told] = table(BOOK, THE_LOSS, "report", "what happened")
        return record_loss(
            self.session,
            self._deed(day(told["day"])),
            self.lots[told["piece"]].id,
            int(told["quantity"]),
            LossKind(told["what happened"]),
            "It fell from the shelf.",
            place=PlaceKind(told["place"]),
        )

    def seal(self, on: date) -> Seal:
        """The end of a day."""
        self.seals[on] = seal_day(self.session, self.hub.id, on, now=at(on, 19), actor="hind")
        return self.seals[on]

    def state(self, section: str) -> Statement:
        """The potters' statement of a section."""
        [told] = table(BOOK, section, "statement", "closing")
        on = day(told["day"])
        [self.statements[section]] = draw_statements(
            self.session, self.hub.id, on, now=at(on, 20), actor="nadia"
        )
        return self.statements[section]

    def pay_out(self) -> list[int]:
        """The entries of the payout, which no room writes yet."""
        return [self._post(row) for row in table(BOOK, THE_PAYOUT, "kind", "debit")]

    def _post(self, row: Row) -> int:
        moment = at(day(row["day"]))
        fact = Fact(
            *(self.hub.id, None, row["kind"], row["document"], moment, moment.date(), moment),
            *("nadia", f"{row['kind']}/{new_uid()}", "-"),
        )
        debit, credit = (self.named(row[side]) for side in ("debit", "credit"))
        return post_once(self.session, fact, [Posting(debit, credit, centimes(row["amount"]))])

    def tell(self) -> None:
        """The whole of it, each day sealed at its end."""
        self.deliver()
        self.seal_after(self.sell(THE_SALE))
        self.seal_after(self.refund(THE_REFUND))
        self.seal(self.lose().day)
        self.seal_after(self.sell(ANOTHER_SALE))
        self.state(THE_STATEMENT)
        self.pay_out()
        self.seal_after(self.refund(THE_LAST_REFUND))
        self.state(THE_LAST_REFUND)

    def seal_after(self, recorded: Recorded) -> None:
        """The end of the day of a ticket."""
        self.seal(self.tickets[recorded.number].day)

    def named(self, account: str) -> str:
        """An account of the page by its real name."""
        return account.replace("owed:m", f"owed:m{self.maker.id}")

    def entry_of(self, document: str) -> int:
        """The entry that bears a document's number."""
        [(entry_id,)] = rows(self.session, "SELECT id FROM entry WHERE document = ?", (document,))
        return int(entry_id)

    def _deed(self, on: date, hour: int = 12) -> Deed:
        site = the_site(self.session, self.hub)
        moment = at(on, hour)
        return Deed(self.hub.id, site.id, new_uid(), moment, on, moment, "salma")
