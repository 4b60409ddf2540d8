"""A delivery of 500 lines, from the bytes of a spreadsheet to its labels as PDF."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep
from uuid import uuid4

from sqlalchemy import select

from almakane.cooperatives.models import Maker
from almakane.db import db, transaction
from almakane.gateways.documents import typeset
from almakane.hubs.models import Hub
from almakane.inventory.deed import Deed
from almakane.inventory.intake import start_intake
from almakane.inventory.labels import label_sheets
from almakane.inventory.long_sheets import look_into
from almakane.inventory.models import Consignment, Intake, IntakeSheet, TaxClass
from almakane.inventory.papers import labels_of_delivery
from almakane.inventory.sheets import keep_sheet, known_to, propose, read_sheet, take_sheet
from almakane.inventory.taking_in import Signed, draft_of, receive
from bench.databases import Databases, opened
from bench.report import Goal, Section, table
from bench.world import NOW, TODAY, make_world

_LINES = 500
_SECONDS = 5
_ROWS = 100_000


def run(databases: Databases, _postings: int) -> list[Section]:
    """Take a delivery in as its pages do: a look, the lines, the signature, the labels."""
    with opened(databases.create()):
        with transaction() as session:
            make_world(session, registers=1, shelves=1)
        steps = _Steps()
        with transaction() as session:
            maker = session.scalars(select(Maker).order_by(Maker.id)).all()[0]
            intake_id = start_intake(session, maker, "bench", uid=str(uuid4()), now=NOW).id
        content = _sheet(_LINES)
        number = _take_in(steps, intake_id, content)
        labels = _labels(steps, number)
        if labels < _LINES:
            raise RuntimeError("Not all of it was measured.")
        _look_at_many(steps, intake_id)
        db.session.rollback()
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    own = steps.taken[:-1]
    wall, cpu = sum(step[1] for step in own), sum(step[2] for step in own)
    return [
        Section(
            f"A delivery from a spreadsheet, {engine}",
            table(
                ("what", "took", "CPU"),
                *(
                    (what, f"{1_000 * w:.0f} ms", f"{1_000 * c:.0f} ms")
                    for what, w, c in steps.taken
                ),
            )
            + f"\n{_LINES} lines, each a product and a lot of its own by two artisans. CPU is"
            " that of this process: PostgreSQL's own is in what it took.\n",
            (
                Goal(
                    f"{_LINES} lines with their labels, {engine}: <= {_SECONDS} s of CPU",
                    f"{cpu:.2f} s, {wall:.2f} s by the clock",
                    cpu <= _SECONDS,
                ),
            ),
        )
    ]


class _Steps:
    """What was done, and the seconds of the clock and of the processor that each took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, float, float]] = []

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        """Time a step."""
        wall, cpu = perf_counter(), process_time()
        try:
            yield
        finally:
            self.taken.append((what, perf_counter() - wall, process_time() - cpu))


def _sheet(lines: int) -> bytes:
    made = "Artisane 0.0 2, Artisane 0.1"
    rows = (f"Tapis {n};1;{100 + n % 900},50;90;{made};Tapis;20;R{n}\r\n" for n in range(lines))
    head = "Titre;Quantité;Prix;Plancher;Artisans;Sorte;TVA;Code\r\n"
    return (head + "".join(rows)).encode("cp1252")


def _take_in(steps: _Steps, intake_id: int, content: bytes) -> str:
    session = db.session()
    with steps("the file is kept"):
        read_sheet(content)
        with transaction() as writing:
            kept = keep_sheet(
                *(writing, writing.get_one(Intake, intake_id), "a.csv", content),
                by="bench",
                now=NOW,
            ).id
    with steps("a look at it"):
        propose(read_sheet(content), known_to(session, session.get_one(Intake, intake_id)))
    with steps("its lines are written down"):
        reading = read_sheet(content)
        with transaction() as writing:
            intake = writing.get_one(Intake, intake_id)
            known = known_to(writing, intake, tax_class=TaxClass.STANDARD)
            sheet = writing.get_one(IntakeSheet, kept)
            take_sheet(writing, intake, sheet, propose(reading, known).proposal, now=NOW)
    with steps("they are shown to be signed"):
        shown = draft_of(session, session.get_one(Intake, intake_id), TODAY).hash
    with steps("they are taken in, signed"), transaction() as writing:
        intake = writing.get_one(Intake, intake_id)
        deed = Deed(intake.hub_id, intake.site_id, intake.uid, NOW, TODAY, NOW, "bench")
        signed = Signed("Zohra Alami", shown, "fr", NOW, "M1 1L2 2")
        return receive(writing, intake, deed, signed).number


def _look_at_many(steps: _Steps, intake_id: int) -> None:
    """A long file is looked at by a program of its own: the server's own time is what counts."""
    content = _sheet(_ROWS)
    known = known_to(db.session(), db.session().get_one(Intake, intake_id))
    with TemporaryDirectory() as folder, steps(f"a file of {_ROWS:,} lines is looked at"):
        look = look_into(content, known, Path(folder))
        while not look.is_done:
            sleep(0.1)
        if look.proposal().lines != _ROWS:
            raise RuntimeError("Some of its lines were not looked at.")


def _labels(steps: _Steps, number: str) -> int:
    session = db.session()
    hub = session.scalars(select(Hub)).one()
    with steps("their labels are set, `a4-24`"):
        consignment = session.scalars(select(Consignment).filter_by(number=number)).one()
        page_of: Callable[[str], str] = "https://almakane.example/m/{}".format
        labels = labels_of_delivery(session, hub, consignment, page_of)
        typeset("labels", label_sheets(labels, "a4-24", TODAY))
    return len(labels)
