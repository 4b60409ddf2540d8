"""The `almakane` command."""

import logging
import os
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from threading import Event
from typing import Any

import click
from flask import Flask
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from almakane.app import bring_up_to_date, create_app
from almakane.check import prove, report
from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.gateways.mail import kept_letters
from almakane.guards import missing_guards
from almakane.hubs.models import Hub, Site
from almakane.hubs.queries import local_day, the_hub
from almakane.hubs.services import identify_hub, open_hub
from almakane.inventory.services import set_up_places
from almakane.journal.customers import erase_customer
from almakane.sales.registers import open_registers
from almakane.settings import Settings, read_settings
from almakane.shop.forgetting import forget_buyer
from almakane.users.links import give_link
from almakane.users.models import PORTAL_ROLES, Act, LinkKind, Role, User
from almakane.users.pins import set_pin
from almakane.users.queries import users_named
from almakane.users.second_factor import reset
from almakane.users.services import (
    SERVER,
    account_name,
    create_user,
    end_sessions,
    hash_password,
    record,
)


def _in_the_shop(
    settle: Callable[..., Settings] = lambda settings, **_: settings, *, with_books: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Run a command with the shop's context open; a Refusal is a sentence and exit code 2.

    `settle` may change the settings by what the command line says; `with_books` are commands that
    come to a database which is there.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(**options: Any) -> None:
            try:
                app = create_app(settle(read_settings(with_books=with_books), **options))
                with app.app_context():
                    try:
                        command(app, **options)
                    finally:
                        db.session.remove()
                        db.engine.dispose()
            except Refusal as refusal:
                click.echo(f"almakane: {refusal}", err=True)
                sys.exit(2)
            except OSError as error:
                click.echo(f"almakane: {error.filename}: {error.strerror}", err=True)
                sys.exit(3)
            except DatabaseError as error:
                if type(error) not in (OperationalError, DatabaseError):
                    raise  # a constraint that speaks is a defect of ours, with a traceback
                click.echo(f"almakane: {_say(error)}", err=True)
                sys.exit(3)

        return run

    return decorate


def _say(error: DatabaseError) -> str:
    """What went wrong with the database, in a sentence."""
    text = str(error.orig).splitlines()[0]
    if "full" in text or "disk I/O" in text:
        return f"The disk takes no more ({text}). What was acknowledged is kept; nothing is half."
    if "no such table" in text or "does not exist" in text:
        return f"The database is not set up ({text}): run `almakane migrate`."
    return f"The database does not answer: {text}"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Almakane: the shop, the tills and the two books."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=9100, show_default=True, type=click.IntRange(0, 65535))
@click.option("--profile", default="TM-T88V", show_default=True, help="Which printer it is.")
@click.option(
    "--tape",
    default="tape",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for pictures of what it prints.",
)
def printer(host: str, port: int, profile: str, tape: Path) -> None:
    """Be a receipt printer that draws its paper, for trying a till without one."""
    from almakane.gateways.virtual_printer import serve_to_folder  # noqa: PLC0415 - it is alone

    try:
        serve_to_folder(host, port, profile, tape, tell=click.echo)
    except Refusal as refusal:
        click.echo(f"almakane: {refusal}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"almakane: {host}:{port}: {error.strerror}", err=True)
        sys.exit(3)


@main.command()
@_in_the_shop()
def migrate(app: Flask) -> None:
    """Bring the database's tables up to date, and its guards with them."""
    bring_up_to_date(app)
    click.echo(f"The books at {_where(app)} are up to date.")


def _where(app: Flask) -> str:
    return db.engine.url.render_as_string(hide_password=True)


@main.command()
@_in_the_shop()
def seed(app: Flask) -> None:
    """Fill an empty database with the demo's hub."""
    bring_up_to_date(app)
    if _seed(app):
        click.echo("The demo's hub is open, with half a year of trade.")
        _draw_keys(app)
    else:
        click.echo("There is a hub already; nothing was changed.")


def _served_at(settings: Settings, *, host: str, port: int, **_: int) -> Settings:
    """Where pages think they are, unless ALMAKANE_BASE_URL says it."""
    if os.environ.get("ALMAKANE_BASE_URL", "").strip():
        return settings
    return replace(settings, base_url=f"http://{host}:{port}")


def _demo_at(settings: Settings, *, host: str, port: int) -> Settings:
    """The demo keeps to a database of its own, unless ALMAKANE_DATABASE_URL names one."""
    settings = _served_at(settings, host=host, port=port)
    if os.environ.get("ALMAKANE_DATABASE_URL", "").strip():
        return settings
    return replace(settings, database_url=f"sqlite:///{settings.data_dir / 'demo.sqlite3'}")


def _seed(app: Flask) -> bool:
    from almakane.demo import seed_demo  # noqa: PLC0415 - a server need not hold it

    settings: Settings = app.extensions["almakane"]
    today = local_day(datetime.now(UTC), "Africa/Casablanca")
    return seed_demo(
        today,
        argon2_cost=settings.argon2_cost,
        vault=settings.vault_secret,
        media=settings.data_dir / "media",
    )


def _draw_keys(app: Flask) -> None:
    """What an authenticator reads, of each of the demo's people who need a second factor."""
    from almakane.demo.codes import qr_text, shown_codes  # noqa: PLC0415 - as above

    settings: Settings = app.extensions["almakane"]
    people = shown_codes(db.session(), vault=settings.vault_secret, now=datetime.now(UTC))
    for one in people:
        click.echo(f"\n  {one.login} ({one.role}): secret {one.secret}\n")
        click.echo(textwrap.indent(qr_text(one.address), "  "))
    if people:
        now = ", ".join(f"{one.code} ({one.login})" for one in people)
        click.echo(f"  Codes now     {now}")
    db.session.rollback()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--processes",
    default=1,
    show_default=True,
    type=click.IntRange(1, 32),
    help="How many answer; several need PostgreSQL.",
)
@_in_the_shop(_served_at, with_books=True)
def serve(app: Flask, host: str, port: int, processes: int) -> None:
    """Serve the shop."""
    if processes > 1 and app.extensions["almakane"].is_sqlite:
        raise Refusal("SQLite is served by one process: several need PostgreSQL.")
    _serve(app, host, port, processes)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@_in_the_shop(_demo_at)
def demo(app: Flask, host: str, port: int) -> None:
    """Set up, fill with the demo's hub when empty, and serve."""
    from almakane.demo import PEOPLE, READERS  # noqa: PLC0415 - no other command needs it
    from almakane.demo.agent import open_agent  # noqa: PLC0415 - the same
    from almakane.demo.codes import open_codes  # noqa: PLC0415 - the same
    from almakane.demo.enrolling import first_code, open_tills  # noqa: PLC0415 - the same
    from almakane.demo.hub import PASSWORD, PINS  # noqa: PLC0415 - the same
    from almakane.demo.patterns import open_patterns  # noqa: PLC0415 - the same
    from almakane.demo.tape import open_tape  # noqa: PLC0415 - printers take half a second to know

    bring_up_to_date(app)
    if not inspect(db.engine).has_table("hub"):
        raise Refusal("The database could not be set up.")
    click.echo("Opening the demo's hub ...")
    _seed(app)
    _draw_keys(app)
    click.echo(f"\n  The shop      http://{host}:{port}/")
    click.echo(f"  The books     http://{host}:{port}/makers")
    open_patterns(app)
    open_codes(app)
    open_tills(app)
    tape = open_tape(app)
    open_agent(app, tape, f"http://{_reached_at(host)}:{port}")
    free = first_code()
    code = f" (code for {free[0]}: {free[1]}; others on /-/tills)" if free else ""
    click.echo(f"  The till      http://{host}:{port}/pos/{code}")
    click.echo(f"  The printer   http://{host}:{port}/-/tape (it listens on port {tape.port})")
    click.echo(f"  The look      http://{host}:{port}/-/patterns\n")
    people = [*PEOPLE, *(reader[:3] for reader in READERS)]
    click.echo("  Sign in as    " + ", ".join(f"{login} ({role})" for login, _, role in people))
    click.echo(f"  Password      {PASSWORD}")
    click.echo(
        f"  Codes         http://{host}:{port}/-/codes (who is near money types one besides)"
    )
    click.echo("  PIN           " + ", ".join(f"{pin} ({login})" for login, pin in PINS.items()))
    click.echo()
    _serve(app, host, port)


def _serve(app: Flask, host: str, port: int, processes: int = 1) -> None:
    from almakane import serving  # noqa: PLC0415 - no other command needs it

    missing = missing_guards(db.session.connection())
    if missing:
        raise Refusal("Guards of the books are missing: %(names)s.", names=", ".join(missing))
    violations = prove(db.session.connection(), fast=True)
    db.session.remove()
    if violations:
        click.echo(report(violations), err=True)
    listener = serving.listen(host, port)
    if app.extensions["almakane"].is_sqlite:  # one process; a PostgreSQL has workers of its own
        _start_worker(app)
    click.echo(f"Serving on http://{host}:{port} (Ctrl+C stops)")
    serving.answer(app, listener, processes)


def _start_worker(app: Flask) -> None:
    from almakane.pos.worker import start_worker  # noqa: PLC0415 - printers take half a second
    from almakane.shop.worker import start_worker as start_letters  # noqa: PLC0415 - as that

    start_worker(app)
    start_letters(app)


def _reached_at(host: str) -> str:
    """Where this very machine reaches a server that listens on `host`."""
    return "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 - it is read, not opened


@main.command()
@_in_the_shop(with_books=True)
def worker(app: Flask) -> None:
    """
    Print what was sold, and let letters go.

    Beside `serve` on PostgreSQL; on SQLite `serve` does it by itself.
    """
    from almakane.pos.worker import work  # noqa: PLC0415 - printers take half a second to know
    from almakane.shop.worker import start_worker as start_letters  # noqa: PLC0415 - as that

    click.echo(f"Working for {_where(app)} (Ctrl+C stops)")
    start_letters(app)
    with suppress(KeyboardInterrupt):
        work(app, Event())


@main.command()
@click.option("--server", required=True, help="Where the shop is: https://...")
@click.option(
    "--token-file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the agent's token is, or comes when it is paired.",
)
@click.option("--code", help="Pair first, with the code that a manager opened.")
@click.option(
    "--printer",
    "way",
    required=True,
    help="network:HOST:PORT, usb:VVVV:PPPP, serial:DEVICE or file:PATH.",
)
@click.option("--profile", default="TM-T88V", show_default=True, help="Which printer it is.")
@click.option("--mute", is_flag=True, help="The printer never says how it is.")
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of what it began, and of the tills' second copies.",
)
@click.option(
    "--door",
    type=click.IntRange(0, 65535),
    is_flag=False,
    flag_value=9109,
    help="Open a door for tills on this machine, on port 9109 unless said.",
)
@click.option("--origin", multiple=True, help="Another address under which tills run.")
@click.option(
    "--silence",
    default=600.0,
    show_default=True,
    type=click.FloatRange(1),
    help="Seconds until a silent till's copy is delivered.",
)
def agent(
    server: str,
    token_file: Path,
    code: str | None,
    way: str,
    profile: str,
    mute: bool,
    data: Path,
    door: int | None,
    origin: tuple[str, ...],
    silence: float,
) -> None:
    """Print beside a printer, and keep a second copy of the tills' journals."""
    from almakane.agent.program import Set, run_agent  # noqa: PLC0415 - it is alone
    from almakane.agent.server import Unanswered  # noqa: PLC0415
    from almakane.gateways.transports import read_way  # noqa: PLC0415

    logging.basicConfig(level=logging.WARNING, format="almakane: %(message)s")
    try:
        printer_way = read_way(way, tells=not mute)
        given = Set(*(server, token_file, printer_way, data, profile, door, origin, code, silence))
        with suppress(KeyboardInterrupt):
            run_agent(given, Event(), click.echo)
    except (Refusal, Unanswered) as error:
        click.echo(f"almakane: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"almakane: {error}", err=True)
        sys.exit(3)


@main.command()
@click.option("--fast", is_flag=True, help="Only what start-up proves.")
@_in_the_shop(with_books=True)
def check(app: Flask, fast: bool) -> None:
    """Prove the books with plain SQL; exits with 1 and names each row that breaks an invariant."""
    violations = prove(db.session.connection(), fast=fast)
    click.echo(report(violations))
    if violations:
        sys.exit(1)


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--days", type=click.IntRange(1), help="Stop after so many trading days.")
@click.option("--journal", is_flag=True, help="Let registers sign journals, and deliver them.")
@_in_the_shop()
def replay(app: Flask, path: Path, days: int | None, journal: bool) -> None:
    """Run a year of a real shop's trade through the books."""
    from almakane.replay import run  # noqa: PLC0415 - no other command needs it

    bring_up_to_date(app)
    click.echo(run(path, days=days, journal=journal))


@main.group()
def hub() -> None:
    """The legal entity whose books these are."""


@hub.command("open")
@click.argument("code")
@click.option("--name", required=True, help="As documents name the hub.")
@click.option("--site", required=True, help="As documents name its first place.")
@click.option("--tills", default=1, show_default=True, type=click.IntRange(1, 20))
@click.option("--vat/--no-vat", default=True, show_default=True, help="Liable for VAT.")
@_in_the_shop()
def open_own_hub(app: Flask, code: str, name: str, site: str, tills: int, vat: bool) -> None:
    """Open the hub of your own shop on an empty database, with its tills."""
    bring_up_to_date(app)
    with transaction() as session:
        if session.scalar(select(func.count()).select_from(Hub)):
            raise Refusal("There is a hub here already; nothing was changed.")
        opened = open_hub(session, code, name, sites={"main": site}, vat_liable=vat)
        place = session.scalars(select(Site).where(Site.hub_id == opened.id)).one()
        set_up_places(session, place.id)
        open_registers(session, place, tills)
    click.echo(f"{name} is open. Tills: {tills}. Add people with `almakane user add`.")


@hub.command("identity")
@click.option("--legal-name", default="", help="With the legal form, and the capital.")
@click.option("--address", default="")
@click.option("--city", default="")
@click.option("--phone", default="")
@click.option("--ice", default="", help="15 digits.")
@click.option("--tax-id", default="", help="Identifiant fiscal.")
@click.option("--patente", default="", help="Taxe professionnelle.")
@click.option("--rc", default="", help="Registre de commerce: number and court.")
@click.option("--cnss", default="")
@click.option("--exchange-days", default=0, type=click.IntRange(0, 365))
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="Today unless said.")
@_in_the_shop()
def say_identity(app: Flask, since: datetime | None, **told: str | int) -> None:
    """Say who the hub is in the eyes of the law: what its tickets and invoices name."""
    with transaction() as session:
        own = the_hub(session)
        day = since.date() if since else local_day(datetime.now(UTC), own.zone)
        identify_hub(session, own.id, day, **told)
    click.echo(f"Papers name {told['legal_name'] or own.name} from {day.isoformat()} on.")


@main.group()
def customer() -> None:
    """Whom a ticket's customer number stands for."""


@customer.command("erase")
@click.argument("uid")
@_in_the_shop()
def forget_customer(app: Flask, uid: str) -> None:
    """Forget a customer's name and phone; their tickets stay, and say nothing of them."""
    with transaction() as session:
        erase_customer(session, the_hub(session).id, uid, now=datetime.now(UTC))
    click.echo("The customer is forgotten. Their tickets and the journal are as they were.")


@main.group()
def order() -> None:
    """What was ordered on the web."""


@order.command("erase")
@click.argument("whom")
@_in_the_shop(with_books=True)
def forget_orders(app: Flask, whom: str) -> None:
    """
    Forget who ordered, by their telephone, their e-mail or the number of one order (law 09-08).

    The orders, their tickets and both books stay, and say nothing of them.
    """
    settings: Settings = app.extensions["almakane"]
    with transaction() as session:
        told = forget_buyer(session, the_hub(session).id, whom, now=datetime.now(UTC))
    for letter in told.letters:
        kept_letters(settings.data_dir).forget(letter)
    if told.numbers:
        click.echo(f"Forgotten: {', '.join(told.numbers)}. The orders and both books stay.")
    if told.waiting:
        click.echo(
            f"Still needed: {', '.join(told.waiting)}. Bring them to an end, then say this again."
        )
        sys.exit(1)


@main.group()
def user() -> None:
    """Who may sign in."""


@user.command("add")
@click.argument("login")
@click.option("--name", required=True, help="As receipts and pages name the person.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.password_option()
@_in_the_shop(with_books=True)
def add_user(app: Flask, login: str, name: str, role: str, password: str) -> None:
    """Give a person an account."""
    settings: Settings = app.extensions["almakane"]
    with transaction() as session:
        person = create_user(
            session,
            hub_id=the_hub(session).id,
            login=login,
            name=name,
            role=Role(role),
            password=password,
            cost=settings.argon2_cost,
        )
        record(session, person, Act.CREATED, datetime.now(UTC), actor=SERVER, told=role)
    click.echo(f"{name} may sign in as {login}.")


@user.command("pin")
@click.argument("login")
@click.password_option("--pin", prompt="PIN", help="4 digits or more; 6 for a manager.")
@_in_the_shop(with_books=True)
def set_user_pin(app: Flask, login: str, pin: str) -> None:
    """Give a person a PIN for the tills."""
    settings: Settings = app.extensions["almakane"]
    with transaction() as session:
        person = _account(session, login)
        set_pin(session, person, pin, cost=settings.argon2_cost)
        record(session, person, Act.PIN, datetime.now(UTC), actor=SERVER)
    click.echo(f"{person.name} has a PIN for the tills.")


def _account(session: Session, login: str) -> User:
    """Somebody of the hub by the name they sign in with."""
    hub_id = the_hub(session).id
    people = [one for one in users_named(session, account_name(login)) if one.hub_id == hub_id]
    if not people:
        raise Refusal("Nobody signs in as %(login)s.", field="login", login=login)
    return people[0]


@user.command("link")
@click.argument("login")
@_in_the_shop(with_books=True)
def link_user(app: Flask, login: str) -> None:
    """Make a link: makers and artisans come in by it, others choose a password."""
    settings: Settings = app.extensions["almakane"]
    with transaction() as session:
        person, now = _account(session, login), datetime.now(UTC)
        kind = LinkKind.ENTRY if person.role in PORTAL_ROLES else LinkKind.PASSWORD
        token = give_link(session, person, kind, actor=SERVER, now=now)
    way = "enter" if kind is LinkKind.ENTRY else "new-password"
    address = f"{settings.base_url}/{way}/{token}"
    from almakane.demo.codes import qr_text  # noqa: PLC0415 - as in `seed`

    click.echo(qr_text(address))
    click.echo(f"{address}\nFor {person.name} alone. It opens once; it is shown this once.")


@user.command("password")
@click.argument("login")
@click.password_option()
@_in_the_shop(with_books=True)
def set_user_password(app: Flask, login: str, password: str) -> None:
    """Give a person a new password, and end their sessions."""
    settings: Settings = app.extensions["almakane"]
    hashed = hash_password(password, account_name(login), settings.argon2_cost)
    with transaction() as session:
        person, now = _account(session, login), datetime.now(UTC)
        person.password_hash = hashed
        end_sessions(session, person, now)
        record(session, person, Act.PASSWORD, now, actor=SERVER)
    click.echo(f"{person.name} has a new password, and is signed out everywhere.")


@user.command("factor")
@click.argument("login")
@_in_the_shop(with_books=True)
def reset_user_factor(app: Flask, login: str) -> None:
    """Take a lost second factor away; another is chosen at the next sign-in."""
    with transaction() as session:
        person = _account(session, login)
        reset(session, person, actor=SERVER, now=datetime.now(UTC))
    click.echo(f"{person.name} chooses another second factor at the next sign-in.")


if __name__ == "__main__":
    main()
