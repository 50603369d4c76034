"""Where and of what a run was made."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from catalog import __version__
from mysql_server import IMAGE


def facts() -> dict[str, str]:
    """Names and values, for readers."""
    return {
        "Date (UTC)": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "Catalogue": f"{__version__}, commit {_commit()}",
        "Processor": f"{_found('/proc/cpuinfo', 'model name') or platform.machine()}, {os.cpu_count()} cores, which "
        "load, servers and MySQL share",
        "Memory": f"{int(_found('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB",
        "System": f"Linux {platform.release()}",
        "Python": platform.python_version(),
        "MySQL": f"{IMAGE}, the chart's my.cnf",
        "Load before": f"{os.getloadavg()[0]:.2f}",
    }


def _found(file: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.*)$", Path(file).read_text(), re.MULTILINE)
    return found[1] if found else ""


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
