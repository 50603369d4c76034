"""Creates the Secret with the catalogue's passwords: `python -m cluster_jobs.credentials NAME [sign-in]`.

A template would generate new ones at every rendering, so this Job generates them once. The Secret is not part of the
Helm release: an upgrade never changes what it holds, and it stays when the release is uninstalled. With `sign-in`, it
also has what people and services need to sign in, which is added to a Secret that this Job created without.
"""

import os
import sys

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from serving import credentials

PASSWORDS = ("root-password", "migrator-password", "writer-password", "reader-password", "backup-password")
COOKIE_KEY = "secret-key"
# Not the password of the first editor in clear, which the engineer may remove.
SIGN_IN_KEYS = ("signing-key", "verification-keys", "editors", "readers")
MAY_BE_EMPTY = ("editors", "readers")
LABELS = {"app.kubernetes.io/part-of": "product-catalog", "app.kubernetes.io/component": "credentials"}
CONFLICT = 409
ATTEMPT_SECONDS = 20
HELP = "https://github.com/product-catalog/product-catalog/blob/main/docs/operations.md#a-secret-of-your-own"


def passwords() -> dict[str, str]:
    """A new value for each key that every installation needs."""
    return {key: credentials.key() for key in (*PASSWORDS, COOKIE_KEY)}


def secret(name: str, data: dict[str, str]) -> client.V1Secret:
    """The Secret to create."""
    return client.V1Secret(metadata=client.V1ObjectMeta(name=name, labels=LABELS), type="Opaque", string_data=data)


def missing_keys(present: client.V1Secret, needed: tuple[str, ...]) -> list[str]:
    """The needed keys that are missing in a Secret, or empty and must not be."""
    data = present.data or {}
    return [key for key in needed if not data.get(key) and not (key in MAY_BE_EMPTY and key in data)]


def is_ours(metadata: client.V1ObjectMeta) -> bool:
    """Whether this Job created the Secret with this metadata."""
    return LABELS.items() <= (metadata.labels or {}).items()


def ensure(api: client.CoreV1Api, namespace: str, name: str, sign_in: dict[str, str]) -> str:
    """Creates the Secret, or adds `sign_in` to one that has nothing of it; returns a sentence about the outcome.

    Raises LookupError if the Secret lacks a key that is not added.
    """
    try:
        made = secret(name, passwords() | sign_in)
        api.create_namespaced_secret(namespace, made, _request_timeout=ATTEMPT_SECONDS)
    except ApiException as error:
        if error.status != CONFLICT:
            raise
    else:
        return f"Secret {name} created."
    present = api.read_namespaced_secret(name, namespace, _request_timeout=ATTEMPT_SECONDS)
    needed = (*PASSWORDS, COOKIE_KEY, *(key for key in SIGN_IN_KEYS if key in sign_in))
    missing = missing_keys(present, needed)
    if not missing:
        return f"Secret {name} already exists."
    # Some of these belong together, such as the two halves of a key pair: a part of them is never replaced.
    metadata = present.metadata or client.V1ObjectMeta()
    if set(missing) != set(SIGN_IN_KEYS) or not is_ours(metadata):
        raise LookupError(f"the Secret {name} lacks the keys {', '.join(missing)}: add them as {HELP} says")
    # With the version that was read: if another Job has added them meanwhile, this one fails, and finds them next time.
    change = {"metadata": {"resourceVersion": metadata.resource_version}, "stringData": sign_in}
    api.patch_namespaced_secret(name, namespace, change, _request_timeout=ATTEMPT_SECONDS)
    return f"Secret {name} lacked what is needed to sign in, which has been added."


def main(arguments: list[str]) -> None:
    """Entry point of `python -m cluster_jobs.credentials`."""
    if arguments[1:] not in ([], ["sign-in"]) or not arguments:
        sys.exit("usage: python -m cluster_jobs.credentials NAME [sign-in]")
    config.load_incluster_config()  # type: ignore[no-untyped-call]
    try:
        sign_in = credentials.sign_in() if arguments[1:] else {}
        print(ensure(client.CoreV1Api(), os.environ["POD_NAMESPACE"], arguments[0], sign_in))
    except LookupError as error:
        sys.exit(f"error: {error}")
    except ApiException as error:
        sys.exit(f"error: the API server refused: {error.status} {error.reason}")


if __name__ == "__main__":
    main(sys.argv[1:])
