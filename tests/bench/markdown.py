"""Tables for a terminal and for docs/performance.md."""

from collections.abc import Callable, Iterable, Sequence

from bench.results import Line, Quartiles, Table, Target

Cell = Callable[[Line], str]


def table(table: Table) -> str:
    """One table; columns of which no line has anything are left out."""
    columns: dict[str, Cell] = {
        "": lambda line: line.name,
        f"{table.unit}/s": lambda line: _number(line.rate),
        "catalogue ÷ this": lambda line: _ratio(line.ratio),
        "target": lambda line: _targets(line.targets),
        "p50 ms": lambda line: _number(line.p50),
        "p99 ms": lambda line: _number(line.p99),
        "CPU of server, µs": lambda line: _number(line.server_cpu),
        "CPU of mysqld, µs": lambda line: _number(line.database_cpu),
        "memory, MiB": lambda line: _number(line.memory),
        "growth, MiB": lambda line: "" if line.growth is None else f"{line.growth:.1f}",
        "requests": lambda line: "" if line.requests is None else f"{line.requests:,}",
        "failed": lambda line: str(line.failed) if line.failed else "",
        "note": lambda line: line.note,
    }
    filled = {name: cells for name, cell in columns.items() if any(cells := [cell(line) for line in table.lines])}
    return _rows(list(filled), zip(*filled.values(), strict=True))


def facts(machine: dict[str, str]) -> str:
    """The machine as a table."""
    return _rows(["", "the run"], machine.items())


def targets(tables: Iterable[Table]) -> str:
    """Each target, in one table."""
    lines = [
        (f"{each.part}: {each.title}", line.name, _wanted(target), _number(target.measured), _met(target))
        for each in tables
        for line in each.lines
        for target in line.targets
    ]
    return _rows(["subject", "line", "target", "measured", ""], lines)


def _rows(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---", *["---:" for _ in heading[1:]]], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float | None) -> str:
    """Three digits are what such figures are good for."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _ratio(ratio: Quartiles | None) -> str:
    return "" if ratio is None else f"{_number(ratio.median)} ({_number(ratio.low)}–{_number(ratio.high)})"


def _targets(targets: Iterable[Target]) -> str:
    return ", ".join(f"{_wanted(target)}: {_met(target)}" for target in targets)


def _wanted(target: Target) -> str:
    return f"{'≥' if target.least else '≤'} {_number(target.bound)} {target.unit}"


def _met(target: Target) -> str:
    return "met" if target.met else "**missed**"
