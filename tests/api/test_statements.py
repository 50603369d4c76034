"""Statements that go past SQLAlchemy to the driver: they give what SQLAlchemy would."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Select, bindparam, column, insert, select, table
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from apps import Api, Apps
from catalog import products
from catalog.models import IdempotencyKey, Product, db
from catalog.statements import Statement
from read_product import listing

if TYPE_CHECKING:
    from mysql_server import MySQLServer

TABLE = Product.__table__
EACH: dict = {each.name: bindparam(each.name) for each in TABLE.c}
ADD = Statement(insert(TABLE).values(EACH))
ALL = Statement(select(*TABLE.c).where(TABLE.c.id >= bindparam("least")).order_by(TABLE.c.id))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
rows = st.fixed_dictionaries(
    {
        "sku": st.none() | texts,
        "sku_key": st.none(),
        "name": texts | st.sampled_from(["%s", "%(name)s", "?", ":name", "\\", "'", '"', "100%", "\x00", "𠮷☕"]),
        "description": texts,
        "price": st.decimals(0, Decimal("9999999999.99"), places=2),
        "search_text": texts,
        "version": st.integers(1, 2**31 - 1),
        "created_at": st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),
        "updated_at": st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
            lambda instant: instant.replace(microsecond=0)
        ),
    }
)


@pytest.fixture
def connection(apps: Apps, api: Api) -> Iterator[Connection]:
    """A connection of the writer in a transaction that is undone."""
    with apps.add.app_context(), db.engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=rows)
def test_what_is_written_and_read_is_what_sqlalchemy_writes_and_reads(connection: Connection, row: dict) -> None:
    with connection.begin_nested() as savepoint:
        assert ADD.insert(connection, id=7, **row) == 7
        connection.execute(insert(TABLE).values(id=8, **row))
        expected = connection.execute(select(*TABLE.c).order_by(TABLE.c.id)).all()
        assert ALL.rows(connection, least=1) == expected
        assert [tuple(each)[1:] for each in expected] == [tuple(row[name] for name in EACH if name != "id")] * 2
        savepoint.rollback()


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(rows, min_size=1, max_size=5))
def test_many_rows_are_written_as_sqlalchemy_writes_them(connection: Connection, several: list[dict]) -> None:
    found = []
    for write in (ADD.insert_all, lambda connection, rows: connection.execute(insert(TABLE), rows)):
        with connection.begin_nested() as savepoint:
            write(connection, [{"id": number, **row} for number, row in enumerate(several, 1)])
            found.append(ALL.rows(connection, least=1))
            savepoint.rollback()
    assert found[0] == found[1]
    assert len(found[0]) == len(several)


@pytest.mark.parametrize("sort", listing.SORT_NAMES)
def test_a_page_is_what_sqlalchemy_finds(apps: Apps, api: Api, sort: str) -> None:
    for number in range(6):
        api.create(name=f"n{number % 3}", price=f"{number % 2}.50", sku=None if number % 2 else f"S{number}")
    with apps.read.app_context(), db.engine.connect() as connection:
        everything: Select = select(*products.COLUMNS).order_by(*listing._order(listing.Query(0, sort, None, None)))
        expected = connection.execute(everything).all()
        values = {"limit": 4, "value": None, "id": None}
        assert listing._list(sort, False).rows(connection, **values) == expected[:4]
        last = dict(zip((each.key for each in products.COLUMNS), expected[1], strict=True))
        values |= {"value": last[sort.removeprefix("-")], "id": last["id"]}
        assert listing._list(sort, True).rows(connection, **values) == expected[2:]


def test_faults_are_those_of_sqlalchemy(connection: Connection) -> None:
    row = {"key": "k", "request_hash": "h", "product_id": 1, "body": b"", "created_at": datetime.now(UTC)}
    add = Statement(insert(IdempotencyKey.__table__).values({name: bindparam(name) for name in row}))
    add.insert(connection, **row)
    with pytest.raises(IntegrityError) as theirs:
        connection.execute(insert(IdempotencyKey).values(row))
    with pytest.raises(IntegrityError) as ours:
        add.insert(connection, **row)
    assert ours.value.orig.args == theirs.value.orig.args
    nowhere = select(table("nowhere", column("x")))
    with pytest.raises((OperationalError, ProgrammingError)) as theirs_too:
        connection.execute(nowhere)
    with pytest.raises(type(theirs_too.value)):
        Statement(nowhere).rows(connection)


@pytest.mark.parametrize("apps", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
def test_a_lost_connection_is_not_used_again(apps: Apps, api: Api, mysql_server: "MySQLServer") -> None:
    with apps.read.app_context(), db.engine.connect() as connection:
        mysql_server.break_connections("reader")
        with pytest.raises(OperationalError) as lost:
            ALL.rows(connection, least=1)
        assert lost.value.connection_invalidated
        assert connection.invalidated
    assert api.names() == []
