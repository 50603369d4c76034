"""How Alembic runs the migrations: on the connection that it is given, or as SQL for MySQL."""

from alembic import context

from catalog.models import db

connection = context.config.attributes["connection"]
common = {"target_metadata": db.metadata, "compare_type": True}

if context.is_offline_mode():
    context.configure(dialect_name="mysql", literal_binds=True, **common)
else:
    context.configure(connection=connection, **common)

with context.begin_transaction():
    context.run_migrations()
