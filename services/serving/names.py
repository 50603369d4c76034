"""The names of a service."""


def of(package: str) -> str:
    """The service's name outside Python: `my-service` for the package `my_service`."""
    return package.replace("_", "-")
