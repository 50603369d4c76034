"""Measures the catalogue on MySQL, in the memory that the chart gives it.

`make bench` fills a thousand, a hundred thousand and a million products, and takes about half an hour;
`make bench QUICK=1` leaves the million out and repeats less.
"""

import configparser
import os
import platform
import tempfile
import time
from pathlib import Path

import MySQLdb

from bench.filling import fill
from bench.searching import search, search_at_once
from catalog import migrate
from catalog.settings import Settings
from mysql_server import PASSWORD, MySQLServer, docker
from processes import running_services

MEMORY = "1g"
"""The chart's `mysql.resources.limits.memory`."""
MY_CNF = Path(__file__).parents[2] / "charts/product-catalog/files/mysql/my.cnf"
# Where files lie differs in a container of its own.
ELSEWHERE = ("datadir", "socket", "pid-file", "secure-file-priv", "local-infile", "bind-address")
QUICK = bool(os.environ.get("QUICK"))
SIZES = (1_000, 100_000) if QUICK else (1_000, 100_000, 1_000_000)
ROUNDS = 3 if QUICK else 10


def main() -> None:
    """Prints what it measures, size by size."""
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for size in SIZES:
        print(f"\n## {size:,} products\n")
        with tempfile.TemporaryDirectory() as directory:
            server = MySQLServer(Path(directory), ("--memory", MEMORY, "--memory-swap", MEMORY), _options())
            try:
                _measure(server, size, Path(directory))
            finally:
                server.remove()


def _options() -> list[str]:
    parser = configparser.ConfigParser(allow_no_value=True)
    parser.read(MY_CNF)
    options = [(name, value) for name, value in parser["mysqld"].items() if name not in ELSEWHERE]
    return [*(f"--{name}={value}" if value else f"--{name}" for name, value in options), "--local-infile=ON"]


def _measure(server: MySQLServer, size: int, directory: Path) -> None:
    password = str(server.password_file)
    migrate.upgrade(Settings(database_url=server.url("migrator"), database_password_file=password))
    connection = MySQLdb.connect(
        host="127.0.0.1", port=server.port, user="root", password=PASSWORD, database="catalog", charset="utf8mb4",
        local_infile=True,
    )  # fmt: skip
    print(f"LOAD DATA into the table with all its indexes: {fill(connection, size):,.0f} rows/s\n")
    connection.close()
    settings = {"CATALOG_DATABASE_URL": server.url("migrator"), "CATALOG_DATABASE_PASSWORD_FILE": password}
    with running_services(directory, **settings) as running:
        started = time.perf_counter()
        search(running.urls["read_product"], ROUNDS)
        print()
        print(search_at_once(running.urls["read_product"]))
        print(f"mysqld: {_memory(server)} of {MEMORY}; all searches in {time.perf_counter() - started:.0f} s")


def _memory(server: MySQLServer) -> str:
    """What the container has, without what its files have in the kernel's cache."""
    used = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", server.name)
    return used.partition(" / ")[0].strip()


if __name__ == "__main__":
    main()
