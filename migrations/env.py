"""How a migration runs, the same on both engines; afterwards every append-only guard must stand."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from almakane.db import Model, db
from almakane.guards import install_guards

CHANGES = ("upgrade", "downgrade")


def migrate(connection: Connection) -> None:
    """Run the wanted revisions in one transaction, the guards with them."""
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        transactional_ddl=True,  # our SQLite begins by itself, so a broken migration leaves nothing
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
        direction = context.get_context().opts["fn"].__name__
        if direction in CHANGES:
            install_guards(connection, is_downgrade=direction == "downgrade")


if context.is_offline_mode():
    raise SystemExit("Migrations are run on the database, not written as SQL.")
with db.engine.connect() as opened:
    migrate(opened)
