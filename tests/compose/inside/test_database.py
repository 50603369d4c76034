from collections.abc import Callable

import MySQLdb
import pytest

from conftest import Site

Connect = Callable[[str], MySQLdb.Connection]


def run(connection: MySQLdb.Connection, statement: str) -> list[tuple]:
    cursor = connection.cursor()
    cursor.execute(statement)
    return list(cursor.fetchall())


def test_the_schema_is_there_and_in_utf8mb4(database: Connect) -> None:
    connection = database("reader")
    assert run(connection, "SELECT version_num FROM alembic_version")
    assert "utf8mb4" in run(connection, "SHOW CREATE TABLE product")[0][1]


def test_what_the_api_adds_is_in_the_database(site: Site, database: Connect) -> None:
    product = site.add(name="Kept", price="3.20")
    rows = run(database("reader"), f"SELECT name, price FROM product WHERE id = {product['id']}")
    assert [(name, str(price)) for name, price in rows] == [(product["name"], "3.20")]


@pytest.mark.parametrize(
    ("user", "statement"),
    [
        ("reader", "INSERT INTO idempotency_key VALUES ('a', 'b', 1, '', NOW())"),
        ("reader", "UPDATE product SET price = 0"),
        ("reader", "DELETE FROM product"),
        ("reader", "CREATE TABLE more (id INT)"),
        ("writer", "DROP TABLE product"),
        ("writer", "ALTER TABLE product ADD COLUMN more INT"),
        ("writer", "DELETE FROM alembic_version"),
        ("writer", "SELECT * FROM mysql.user"),
    ],
)
def test_no_user_may_do_more_than_its_service_needs(database: Connect, user: str, statement: str) -> None:
    with pytest.raises(MySQLdb.Error, match="denied"):
        run(database(user), statement)
