"""Certificates by ACME: issued though http is sent on to https, and a mistake in the issuer's name is easily seen."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.conftest import load_images, values, write
from e2e.kube import Cluster, Release, eventually
from e2e.shop import Browser

pytestmark = pytest.mark.cluster

HOST = "shop.acme.svc.cluster.local"


def issuer(authority: str) -> str:
    """The ClusterIssuer `acme`; `authority` is the certificate of the ACME server's own authority."""
    solver = {"http01": {"ingress": {"ingressClassName": "nginx"}}}
    acme = {
        "server": "https://acme.acme.svc.cluster.local/acme/local/directory",
        "caBundle": base64.b64encode(authority.encode()).decode(),
        "privateKeySecretRef": {"name": "acme-account"},
        "solvers": [solver],
    }
    body = {"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": {"name": "acme"}}
    return yaml.safe_dump(body | {"spec": {"acme": acme}})


@pytest.fixture
def authority(cluster: Cluster, tmp_path: Path) -> Iterator[Path]:
    """An ACME server in the cluster, known to cert-manager as `acme`; the file holds its authority's certificate."""
    # What docs/operations.md says for releases of ingress-nginx that take the dot of `.well-known` for a mistake.
    relaxed = '{"data": {"strict-validate-path-type": "false"}}'
    cluster.kubectl(
        "--namespace", "ingress-nginx", "patch", "configmap", "ingress-nginx-controller", "--patch", relaxed
    )
    load_images(cluster.name, ["caddy:2"])
    manifest = str(Path(__file__).with_name("acme.yaml"))
    cluster.kubectl("apply", "--filename", manifest)
    cluster.kubectl("--namespace", "acme", "rollout", "status", "deployment/acme", "--timeout=120s")
    root = ["cat", "/data/caddy/pki/authorities/local/root.crt"]
    certificate = eventually(lambda: cluster.kubectl("--namespace", "acme", "exec", "deployment/acme", "--", *root), 30)
    cluster.kubectl("apply", "--filename", "-", text=issuer(certificate))
    file = tmp_path / "authority.crt"
    file.write_text(certificate, encoding="utf-8")
    yield file
    cluster.kubectl("delete", "clusterissuer", "acme")
    cluster.kubectl("delete", "--filename", manifest, "--wait=false")


def test_a_certificate_is_issued_though_http_is_sent_to_https(
    cluster: Cluster, authority: Path, tmp_path: Path
) -> None:
    release = Release(cluster, cluster.namespace("with-acme"), "catalog")
    own = values(HOST) | {"replicaCount": 1}
    annotations = {"cert-manager.io/cluster-issuer": "acmee"}
    own["ingress"] |= {"selfSigned": False, "annotations": annotations}  # type: ignore[operator]
    file = write(tmp_path / "values.yaml", own)
    said = release.install("--values", file)
    # The issuer's name is wrong: the command that the notes name says so.
    command = "kubectl --namespace with-acme describe certificate,certificaterequest,order,challenge"
    assert command in said
    described = eventually(lambda: _not_found(release.kubectl(*command.split()[3:])), 30)
    assert 'Referenced "ClusterIssuer" not found' in described
    release.install("--values", file, "--set", r"ingress.annotations.cert-manager\.io/cluster-issuer=acme")
    release.kubectl("wait", "certificate/shop-tls", "--for=condition=Ready", "--timeout=120s")
    browser = Browser(cluster.https_port, HOST, str(authority))
    assert eventually(lambda: browser.open("GET", "/").status, 30) == 200
    cluster.kubectl("delete", "namespace", "with-acme", "--wait=false")


def _not_found(described: str) -> str | None:
    return described if "not found" in described else None
