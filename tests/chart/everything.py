"""Values that turn everything on, for tests about every object."""

from typing import Any

EVERYTHING: dict[str, Any] = {
    "auth": {
        "enabled": True,
        "oidc": {
            "issuer": "https://login.example.com",
            "clientId": "catalog",
            "existingSecret": "oidc",
            "caSecret": "login-ca",
            "editorGroups": ["shop"],
            "readerGroups": ["*"],
        },
        "jwt": {
            "issuers": [
                {
                    "issuer": "https://login.example.com",
                    "audience": "catalog",
                    "claim": "client_id",
                    "editors": ["stock-keeping"],
                    "readers": ["search"],
                    "jwksUrl": "https://keys.example.com:8443/jwks",
                    "caSecret": "login-ca",
                }
            ],
            "serviceAccounts": {
                "enabled": True,
                "issuer": "https://cluster.example.com",
                "editors": ["system:serviceaccount:stock:import"],
                "readers": ["system:serviceaccount:stock:export"],
            },
        },
    },
    "networkPolicy": {"apiFrom": [{"namespaceSelector": {}}]},
    "autoscaling": {"enabled": True},
    "serviceMonitor": {"enabled": True},
    "backup": {"enabled": True},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "selfSigned": True,
        "hosts": [{"host": "shop.example.com", "paths": [{"path": "/", "pathType": "Prefix"}]}],
        "tls": [
            {"secretName": "shop-tls", "hosts": ["shop.example.com", "read.example.com", "write.example.com"]},
        ],
        "api": {"enabled": True, "readHost": "read.example.com", "writeHost": "write.example.com"},
    },
    "httpRoute": {
        "enabled": True,
        "parentRefs": [{"name": "gateway", "sectionName": "https"}],
        "redirectParentRefs": [{"name": "gateway", "sectionName": "http"}],
        "hostnames": ["shop.example.com"],
        "api": True,
    },
}

EXTERNAL: dict[str, Any] = {
    "mysql": {"enabled": False},
    "externalDatabase": {"host": "db.example.com"},
    "credentials": {"existingSecret": "passwords"},
}
