"""The migrations make the tables that the models describe."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from apps import Apps
from catalog.models import db


def test_the_models_and_the_migrated_schema_agree(apps: Apps) -> None:
    with apps.add.app_context(), db.engine.connect() as connection:
        # The search index of SQLite is a virtual table, which Alembic does not know.
        ours = {
            "include_object": lambda _, name, *__: not (name or "").startswith(("product_search", "ix_product_search"))
        }
        differences = compare_metadata(MigrationContext.configure(connection, opts=ours), db.metadata)
    assert differences == []


def test_readiness_names_a_schema_that_is_missing(apps: Apps) -> None:
    assert apps.add.test_client().get("/readyz").json["checks"] == [{"name": "database", "ok": True}]
