"""A real MySQL in a container, with the catalogue's users and least privileges, for the tests."""

import contextlib
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import MySQLdb
import MySQLdb.cursors

IMAGE = "mysql:9.7"
PASSWORD = "p@ss:w/rd#1?&%41+ é"
USERS = {
    "migrator": "ALL PRIVILEGES ON catalog.*",
    "writer": "SELECT, INSERT, UPDATE, DELETE ON catalog.*",
    "reader": "SELECT ON catalog.*",
}


class MySQLServer:
    """MySQL whose own default character set is latin1, as old servers have it; every user has the same odd password.

    `container` are options of docker run, `options` those of mysqld.
    """

    def __init__(
        self,
        directory: Path,
        container: Sequence[str] = ("--tmpfs", "/var/lib/mysql"),
        options: Sequence[str] = ("--character-set-server=latin1",),
    ) -> None:
        self.name = f"catalog-test-{uuid.uuid4().hex[:8]}"
        self.password_file = directory / "password"
        self.password_file.write_text(PASSWORD + "\n", encoding="utf-8")
        docker(
            "run", "--detach", "--rm", "--name", self.name, "--publish", "127.0.0.1::3306",
            "--env", f"MYSQL_ROOT_PASSWORD={PASSWORD}", "--env", "MYSQL_DATABASE=catalog",
            *container, IMAGE, *options,
        )  # fmt: skip
        self.port = int(docker("port", self.name, "3306/tcp").splitlines()[0].rpartition(":")[2])
        self._create_users()

    def url(self, user: str, database: str = "catalog") -> str:
        """Database URL for one of the users."""
        return f"mysql://{user}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str) -> None:
        """Runs statements as root."""
        connection = self._connect()
        try:
            for statement in statements:
                connection.cursor().execute(statement)
            connection.commit()
        finally:
            connection.close()

    def break_connections(self, *users: str) -> None:
        """Ends every connection of these users, whatever is under way there."""
        connection = self._connect()
        cursor = connection.cursor()
        cursor.execute("SELECT id FROM information_schema.processlist WHERE user IN %s", (users,))
        for (number,) in cursor.fetchall():
            with contextlib.suppress(MySQLdb.OperationalError):  # It ended by itself.
                cursor.execute(f"KILL {number}")
        connection.close()

    @contextlib.contextmanager
    def locking(self, table: str) -> Iterator[None]:
        """Lets every statement on this table wait."""
        connection = self._connect()
        try:
            connection.cursor().execute(f"LOCK TABLES catalog.{table} WRITE")
            yield
        finally:
            connection.close()

    @contextlib.contextmanager
    def recording(self) -> Iterator[list[tuple[str, str]]]:
        """Gathers what the services' users send: each round trip's command and statement, once the block has ended."""
        commands: list[tuple[str, str]] = []
        self.execute("TRUNCATE mysql.general_log", "SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = ON")
        try:
            yield commands
        finally:
            self.execute("SET GLOBAL general_log = OFF")
        connection = self._connect()
        cursor = connection.cursor()
        cursor.execute(
            "SELECT command_type, CONVERT(argument USING utf8mb4) FROM mysql.general_log "
            "WHERE user_host LIKE 'reader%' OR user_host LIKE 'writer%' ORDER BY event_time"
        )
        commands += cursor.fetchall()
        connection.close()

    def plan(self, statement: str) -> list[dict[str, Any]]:
        """How the server would run a statement: one row for each table of it (EXPLAIN)."""
        connection = self._connect()
        cursor = connection.cursor(MySQLdb.cursors.DictCursor)
        cursor.execute("USE catalog")
        cursor.execute(f"EXPLAIN FORMAT=TRADITIONAL {statement}")
        rows: list[dict[str, Any]] = list(cursor.fetchall())
        connection.close()
        return rows

    def pause(self) -> None:
        """Stops the server where it is: connections stay open and nothing answers."""
        docker("pause", self.name)

    def resume(self) -> None:
        """Lets a paused server go on."""
        docker("unpause", self.name)

    def remove(self) -> None:
        """Stops the server; its data are gone."""
        docker("rm", "--force", self.name)

    def _create_users(self) -> None:
        deadline = time.monotonic() + 90
        while True:
            try:
                self._connect().close()
                break
            except MySQLdb.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        quoted = PASSWORD.replace("'", "''")
        self.execute(
            *(f"CREATE USER {user} IDENTIFIED BY '{quoted}'" for user in USERS),
            *(f"GRANT {what} TO {user}" for user, what in USERS.items()),
        )

    def _connect(self) -> MySQLdb.Connection:
        return MySQLdb.connect(
            host="127.0.0.1", port=self.port, user="root", password=PASSWORD, charset="utf8mb4", connect_timeout=3
        )


def docker(*arguments: str) -> str:
    """Output of a docker command; raises with its error when it fails."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr}")
    return done.stdout
