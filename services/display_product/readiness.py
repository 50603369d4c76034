"""When the pages are ready: once they have reached both services, and from then on whatever happens to those.

A pod whose addresses of the services are wrong must not replace one that works, so a fresh process waits for both.
Later an outage of theirs says nothing about this process: to take every replica out of the proxy would only replace
a page that explains, and that keeps what was typed, by the proxy's own error.
"""

from catalog import wire
from catalog.service import Probe
from display_product.client import Client


def probes(client: Client) -> list[Probe]:
    """One probe for each service that the pages talk to."""
    return [_Reached(client, service) for service in client.services]


class _Reached:
    """Probe that passes for good once the service has answered."""

    def __init__(self, client: Client, service: str) -> None:
        self._client = client
        self._service = service
        self._reached = False

    def __call__(self) -> wire.Check:
        self._reached = self._reached or self._client.is_alive(self._service)
        detail = "" if self._reached else "has not been reached since this process started"
        return wire.Check(self._service, ok=self._reached, detail=detail)
