"""How Alembic reaches the operations store: over the connection, and in the transaction, that it is handed."""

from alembic import context

from foreworn.storage.operations.sql.tables import METADATA


def run() -> None:
    """Run what `foreworn.storage.operations.sql.engine` asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        transactional_ddl=True,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name Alembic loads this file under
    run()
