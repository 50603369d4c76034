"""Whether this service has been told to stop: a flag that the master process sets and every worker sees."""

import mmap

# Anonymous shared memory, inherited by the workers when they are forked.
_flag = mmap.mmap(-1, 1)


def begin() -> None:
    """From now on the service is unready; it goes on serving."""
    _flag[0] = 1


def under_way() -> bool:
    """Whether the service is about to stop."""
    return _flag[0] == 1
