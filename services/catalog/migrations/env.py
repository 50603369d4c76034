"""How Alembic runs the migrations: on the given connection, or as SQL for MySQL."""

from alembic import context

from catalog.models import db

connection = context.config.attributes["connection"]

if context.is_offline_mode():
    context.configure(dialect_name="mysql", literal_binds=True, target_metadata=db.metadata)
else:
    context.configure(connection=connection, target_metadata=db.metadata)

with context.begin_transaction():
    context.run_migrations()
