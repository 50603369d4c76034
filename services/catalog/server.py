"""The gunicorn configuration by its former name, which charts and manifests of earlier versions give in their command.

So a newer image works with them too. The next version can drop it.
"""

from serving.server import *  # noqa: F403
