"""Certificates for tests."""

import subprocess
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path


def self_signed(host: str, directory: Path) -> tuple[Path, Path]:
    """Files with a certificate for this host name or address, which is its own authority, and with its key."""
    kind = "DNS"
    with suppress(ValueError):
        ip_address(host)
        kind = "IP"
    certificate, key = directory / f"{host}.crt", directory / f"{host}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={host}", "-addext", f"subjectAltName={kind}:{host}", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key
