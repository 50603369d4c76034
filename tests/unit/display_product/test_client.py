"""How the pages ask the services."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import g
from urllib3 import Timeout

import display_product
from catalog.settings import Settings
from display_product import client
from pages import Browser
from serving import deadline


@pytest.fixture
def silent() -> Iterator[tuple[str, list[socket.socket]]]:
    """The address of a service that takes every connection and never answers, and the connections."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", taken
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in taken:
        connection.close()


def test_a_service_that_hangs_is_asked_once(
    silent: tuple[str, list[socket.socket]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", Timeout(connect=1, read=0.2))
    url, taken = silent
    (tmp_path / "key").write_text("k" * 64)
    app = display_product.create_app(Settings(read_url=url, add_url=url, secret_key_file=str(tmp_path / "key")))
    assert Browser(app.test_client()).get("/products").status == 503
    assert len(taken) == 1


def test_all_questions_of_a_page_have_the_time_of_one(
    silent: tuple[str, list[socket.socket]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(display_product, "ANSWER_SECONDS", 0.3)
    url, taken = silent
    (tmp_path / "key").write_text("k" * 64)
    app = display_product.create_app(Settings(read_url=url, add_url=url, secret_key_file=str(tmp_path / "key")))
    with app.test_request_context():
        g.request_id = "one"
        for _ in range(3):
            with pytest.raises(client.Away):
                client.get().read(1)
        # Not one of them has waited for as long as it could by itself.
        assert -deadline.left() < client.TIMEOUT.read_timeout
    assert len(taken) <= 3
