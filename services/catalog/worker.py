"""The worker of gunicorn that serves a service: threads, and an end that idle clients do not hold up."""

from types import FrameType

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]
    """Closes idle connections when it is told to stop.

    gunicorn's own worker waits for them too, for the whole `graceful_timeout`, although nothing is under way there.
    A request that has arrived by then is still answered: the worker looks for those first.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handles SIGTERM."""
        for connection in (*self.keepalived_conns, *self.pending_conns):
            connection.timeout = 0.0
        super().handle_exit(sig, frame)
