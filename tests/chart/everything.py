"""Values that turn everything on, for tests about every object."""

from typing import Any

EVERYTHING: dict[str, Any] = {
    "autoscaling": {"enabled": True},
    "serviceMonitor": {"enabled": True},
    "backup": {"enabled": True},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "selfSigned": True,
        "hosts": [{"host": "shop.example.com", "paths": [{"path": "/", "pathType": "Prefix"}]}],
        "tls": [{"secretName": "shop-tls", "hosts": ["shop.example.com"]}],
    },
    "httpRoute": {
        "enabled": True,
        "parentRefs": [{"name": "gateway", "sectionName": "https"}],
        "redirectParentRefs": [{"name": "gateway", "sectionName": "http"}],
        "hostnames": ["shop.example.com"],
    },
}

EXTERNAL: dict[str, Any] = {
    "mysql": {"enabled": False},
    "externalDatabase": {"host": "db.example.com"},
    "credentials": {"existingSecret": "passwords"},
}
