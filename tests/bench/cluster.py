"""Measures the chart on a kind cluster, through the ingress, with one and with two replicas: `make bench-cluster`.

Both numbers of replicas take turns, so that what else the machine does meets both alike. All nodes share its
processors with the load: two replicas can show what they cost, and hardly what they gain.
"""

import json
import shutil
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench import machine, markdown
from bench.catalogue import items
from bench.load import Load, Request, put
from bench.progress import progress
from bench.results import Line, Quartiles, Table
from e2e.conftest import ADDONS, create, values, write
from e2e.kube import SERVICES, Cluster, Release, eventually, run

NAME = "catalog-bench"
HOST = "shop.example.test"
PRODUCTS = 10_000
REPLICAS = (1, 2)
ROUNDS, SECONDS = 4, 5
PAGES = {
    "home": "/", "list": "/products", "list by price, second hundred": "/products?sort=price&limit=100",
    "search": "/products?q=steel+bottle", "product": "/products/500",
}  # fmt: skip
CGROUP = (
    "cd /sys/fs/cgroup; if [ -f memory.peak ]; then sed -n 's/usage_usec //p' cpu.stat; echo 1000000; cat memory.peak; "
    "else cat cpuacct/cpuacct.usage; echo 1000000000; cat memory/memory.max_usage_in_bytes; fi"
)
"""Prints a container's processor time, how many of its units make a second, and the most memory in bytes: by cgroup v2,
or by v1."""


@dataclass
class Turn:
    """What came of one load: the pods' processor seconds by component."""

    load: Load
    cpu: dict[str, float]


@dataclass
class Contest:
    """One page, and its turns by the number of replicas."""

    request: Request
    turns: dict[int, list[Turn]] = field(default_factory=lambda: {number: [] for number in REPLICAS})


def main() -> None:
    """Makes the cluster, measures, prints, and removes the cluster."""
    if shutil.which("wrk") is None:
        sys.exit("wrk, which makes the load, is not on this machine; on Debian: apt-get install wrk")
    print(markdown.facts(machine.facts()), flush=True)
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor() as pool:
        try:
            progress("making the cluster")
            images = pool.submit(run, "make", "images")
            release = _install(create(NAME, Path(directory), {}, ADDONS, images), Path(directory))
            for table in _measure(release):
                progress("")
                print(f"\n### {table.part}: {table.title}\n\n{markdown.table(table)}", flush=True)
        finally:
            run("kind", "delete", "cluster", "--name", NAME)


def _install(cluster: Cluster, directory: Path) -> Release:
    progress("installing the chart")
    release = Release(cluster, cluster.namespace("shop"), "shop")
    file = write(directory / "values.yaml", values(HOST), {"replicaCount": 1})
    release.install("--values", file)
    progress("adding products")
    with release.forward(f"service/{release.prefix}-add-product", 80) as url:
        rows = ({"sku": item.sku, "name": item.name, "description": item.description, "price": item.price}
                for item in items(PRODUCTS))  # fmt: skip
        body = "\n".join(map(json.dumps, rows)).encode()
        headers = {"Content-Type": "application/x-ndjson", **release.bearer()}
        with urllib.request.urlopen(urllib.request.Request(f"{url}/api/v1/products/import", body, headers)):
            pass
    last = f"SELECT COUNT(*) FROM product HAVING COUNT(*) = {PRODUCTS}"
    eventually(lambda: release.sql("reader", last).stdout.strip(), 120)
    return release


def _measure(release: Release) -> Iterator[Table]:
    contests = {name: Contest(Request(path, {"Host": HOST})) for name, path in PAGES.items()}
    peaks: dict[str, float] = {}
    for number in range(ROUNDS):
        for replicas in REPLICAS[:: 1 if number % 2 else -1]:
            progress(f"round {number + 1} of {ROUNDS}, {replicas} replicas")
            _scale(release, replicas)
            for contest in contests.values():
                contest.turns[replicas].append(_turn(release, contest.request))
            for pod, (_, peak) in _usage(release).items():
                peaks[_component(pod)] = max(peaks.get(_component(pod), 0), peak)
    for name, contest in contests.items():
        yield Table("cluster", name, "requests", [_line(contest, replicas) for replicas in REPLICAS])
    lines = [Line(component, memory=peak) for component, peak in sorted(peaks.items())]
    yield Table("cluster", "the most memory that a pod had", "requests", lines)


def _scale(release: Release, replicas: int) -> None:
    for service in SERVICES:
        release.kubectl("scale", f"deployment/{release.prefix}-{service}", f"--replicas={replicas}")
    release.rolled_out()
    eventually(lambda: len(_pods(release)) - _others(release) == replicas * len(SERVICES), 120)
    # Not measured: new pods have nothing prepared yet, and the ingress learns of them after they are ready.
    put(_url(release), Request("/products", {"Host": HOST}), SECONDS)


def _others(release: Release) -> int:
    return sum(_component(name) not in SERVICES for name in _pods(release))


def _turn(release: Release, request: Request) -> Turn:
    before = _usage(release)
    load = put(_url(release), request, SECONDS)
    cpu: dict[str, float] = {}
    for pod, (seconds, _) in _usage(release).items():
        cpu[_component(pod)] = cpu.get(_component(pod), 0) + seconds - before[pod][0]
    return Turn(load, cpu)


def _usage(release: Release) -> dict[str, tuple[float, float]]:
    """Processor seconds, and MiB at most, of each running pod since it began."""
    found = {}
    for name in _pods(release, "--field-selector=status.phase=Running"):
        time, units, memory = map(int, release.kubectl("exec", name, "--", "sh", "-c", CGROUP).split())
        found[name] = time / units, memory / 2**20
    return found


def _pods(release: Release, *options: str) -> list[str]:
    selector = f"--selector=app.kubernetes.io/instance={release.name}"
    return release.kubectl("get", "pods", selector, *options, "--output=jsonpath={.items[*].metadata.name}").split()


def _component(pod: str) -> str:
    return next((name for name in (*SERVICES, "mysql") if f"-{name}-" in pod), pod)


def _url(release: Release) -> str:
    return f"https://127.0.0.1:{release.cluster.https_port}"


def _line(contest: Contest, replicas: int) -> Line:
    turns = contest.turns[replicas]
    requests = sum(turn.load.requests for turn in turns)
    line = Line(
        f"{replicas} of each service",
        rate=statistics.median(turn.load.requests / turn.load.seconds for turn in turns),
        p50=statistics.median(turn.load.p50 for turn in turns),
        p99=statistics.median(turn.load.p99 for turn in turns),
        server_cpu=_cpu(turns, SERVICES) / requests * 1e6,
        database_cpu=_cpu(turns, ["mysql"]) / requests * 1e6,
        requests=requests,
        failed=sum(turn.load.failed for turn in turns),
    )
    if replicas != REPLICAS[0]:
        pairs = zip(contest.turns[REPLICAS[0]], turns, strict=True)
        ratio = Quartiles.of([more.load.requests / one.load.requests for one, more in pairs])
        line.note = f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f}) times the rate of one"
    return line


def _cpu(turns: list[Turn], components: tuple[str, ...] | list[str]) -> float:
    return sum(turn.cpu.get(component, 0) for turn in turns for component in components)


if __name__ == "__main__":
    main()
