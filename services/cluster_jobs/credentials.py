"""Creates the Secret with the catalogue's passwords if it does not exist: `python -m cluster_jobs.credentials NAME`.

A template would generate new passwords at every rendering, so this Job generates them once. The Secret is not part of
the Helm release: an upgrade never touches it, and it stays when the release is uninstalled.
"""

import os
import secrets
import sys

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

PASSWORDS = ("root-password", "migrator-password", "writer-password", "reader-password", "backup-password")
SIGNING_KEY = "secret-key"
CONFLICT = 409
ATTEMPT_SECONDS = 20


def generate() -> dict[str, str]:
    """A new value for each key: 256 random bits, in letters and digits that never need quoting."""
    return {key: secrets.token_hex(32) for key in (*PASSWORDS, SIGNING_KEY)}


def secret(name: str) -> client.V1Secret:
    """The Secret to create."""
    labels = {"app.kubernetes.io/part-of": "product-catalog", "app.kubernetes.io/component": "credentials"}
    return client.V1Secret(
        metadata=client.V1ObjectMeta(name=name, labels=labels), type="Opaque", string_data=generate()
    )


def missing_keys(present: client.V1Secret) -> list[str]:
    """The keys that are missing or empty in a Secret."""
    return [key for key in (*PASSWORDS, SIGNING_KEY) if not (present.data or {}).get(key)]


def ensure(api: client.CoreV1Api, namespace: str, name: str) -> str:
    """Creates the Secret unless it exists; returns a sentence about the outcome.

    Raises LookupError if the Secret exists and lacks a key.
    """
    try:
        api.create_namespaced_secret(namespace, secret(name), _request_timeout=ATTEMPT_SECONDS)
    except ApiException as error:
        if error.status != CONFLICT:
            raise
    else:
        return f"Secret {name} created."
    missing = missing_keys(api.read_namespaced_secret(name, namespace, _request_timeout=ATTEMPT_SECONDS))
    if missing:
        raise LookupError(f"the Secret {name} lacks the keys {', '.join(missing)}: add them")
    return f"Secret {name} already exists."


def main(arguments: list[str]) -> None:
    """Entry point of `python -m cluster_jobs.credentials`."""
    if len(arguments) != 1:
        sys.exit("usage: python -m cluster_jobs.credentials NAME")
    config.load_incluster_config()  # type: ignore[no-untyped-call]
    try:
        print(ensure(client.CoreV1Api(), os.environ["POD_NAMESPACE"], arguments[0]))
    except LookupError as error:
        sys.exit(f"error: {error}")
    except ApiException as error:
        sys.exit(f"error: the API server refused: {error.status} {error.reason}")


if __name__ == "__main__":
    main(sys.argv[1:])
