"""MySQL with the chart's configuration."""

import configparser
from collections.abc import Sequence
from pathlib import Path

import MySQLdb

from bench import usage
from catalog import migrate, settings
from mysql_server import PASSWORD, MySQLServer, docker

LIMITED = ("--memory", "1g", "--memory-swap", "1g")
"""The chart's `mysql.resources.limits.memory`; files lie on the disk."""
WITHOUT_DISK = ("--tmpfs", "/var/lib/mysql")
"""Files lie in memory: how long a disk takes for a commit would hide what the servers take."""
PEER = "peer"
MY_CNF = Path(__file__).parents[2] / "charts/product-catalog/files/mysql/my.cnf"
# Where files lie differs in a container of its own.
ELSEWHERE = ("datadir", "socket", "pid-file", "secure-file-priv", "local-infile", "bind-address")


class Database(MySQLServer):
    """A server with an empty catalogue."""

    def __init__(self, directory: Path, container: Sequence[str]) -> None:
        super().__init__(directory, container, _options())
        self._pid = int(docker("inspect", "--format", "{{.State.Pid}}", self.name))
        migrate.upgrade(settings.load(self.environ("migrator")))
        # asyncmy cannot send a password with an é, such as the other users have.
        self.execute(
            f"CREATE USER {PEER} IDENTIFIED BY '{PEER}'", f"GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.* TO {PEER}"
        )

    def environ(self, user: str) -> dict[str, str]:
        """The environment of a service with this user."""
        return {
            "CATALOG_DATABASE_URL": self.url(user),
            "CATALOG_DATABASE_PASSWORD_FILE": str(self.password_file),
        }

    @property
    def peer_url(self) -> str:
        """Where a peer finds it."""
        return f"mysql://{PEER}:{PEER}@127.0.0.1:{self.port}/catalog?charset=utf8mb4"

    def connect(self) -> MySQLdb.Connection:
        """A connection that may load files, as root."""
        return MySQLdb.connect(
            host="127.0.0.1", port=self.port, user="root", password=PASSWORD, database="catalog", charset="utf8mb4",
            local_infile=True,
        )  # fmt: skip

    def cpu(self) -> float:
        """Seconds of processor time since its start."""
        return usage.cpu([self._pid])

    def memory(self) -> float:
        """MiB, without what its files have in the kernel's cache."""
        return usage.resident([self._pid])


def _options() -> list[str]:
    parser = configparser.ConfigParser(allow_no_value=True)
    parser.read(MY_CNF)
    options = [(name, value) for name, value in parser["mysqld"].items() if name not in ELSEWHERE]
    return [*(f"--{name}={value}" if value else f"--{name}" for name, value in options), "--local-infile=ON"]
