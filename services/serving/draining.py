"""Whether this service is shutting down: a flag that the master process sets and every worker sees."""

import mmap

# Anonymous shared memory, which the forked workers inherit.
_flag = mmap.mmap(-1, 1)


def begin() -> None:
    """Makes the service unready; it continues to serve requests."""
    _flag[0] = 1


def under_way() -> bool:
    """Whether the service is shutting down."""
    return _flag[0] == 1
