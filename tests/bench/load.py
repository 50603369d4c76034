"""Load on one address by wrk, over connections that it keeps."""

import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

import msgspec

CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("load.lua")


class Load(msgspec.Struct, frozen=True):
    """What wrk found: requests that were answered, in so many seconds; milliseconds; and answers that were errors."""

    requests: int
    seconds: float
    p50: float
    p99: float
    failed: int


class Request(msgspec.Struct, frozen=True):
    """What is asked: `kind` is one of load.lua."""

    path: str
    headers: Mapping[str, str] = {}
    kind: str = "get"


def put(url: str, request: Request, seconds: int) -> Load:
    """Asks a server as fast as it answers."""
    headers = [word for name, value in request.headers.items() for word in ("--header", f"{name}: {value}")]
    command = [
        "wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", "--timeout", "30s",
        "--script", str(SCRIPT), *headers, url + request.path, "--", request.kind, uuid.uuid4().hex[:12],
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return msgspec.json.decode(done.stdout.rstrip().rpartition("\n")[2], type=Load)
