"""Certificates for tests."""

import subprocess
from pathlib import Path


def self_signed(host: str, directory: Path) -> tuple[Path, Path]:
    """Files with a certificate for this host name, which is its own authority, and with its key."""
    certificate, key = directory / f"{host}.crt", directory / f"{host}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key
