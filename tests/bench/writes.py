"""What writing takes: adding a product, adding it once however often it is asked, and changing one."""

from collections.abc import Iterator

from bench.load import Request
from bench.results import Table
from bench.rounds import Contender, Rounds
from bench.servers import Stage

PART = "writes"
LIST = "/api/v1/products"


def measure(stage: Stage, rounds: Rounds) -> Iterator[Table]:
    """A table for each kind of request."""
    add, naive = stage.service("add_product"), stage.flask_peer("naive")
    for title, kind, peer_kind, ratio in (
        ("POST", "add", "add", 2.5),
        ("POST with Idempotency-Key", "add-once", "add", 2.0),
        ("PATCH of a price", "change", "change", 2.5),
    ):
        contenders = [
            Contender("add-product", add, Request(LIST, kind=kind)),
            Contender("naive: ORM, jsonify", naive, Request("/products", kind=peer_kind), ratio=ratio),
        ]
        yield rounds.table(PART, title, stage.database, contenders)
