"""Where people sign in: what nobody, an editor, a reader and a workload may do, and how an older release gets there."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from e2e.conftest import values, write
from e2e.kube import SERVICES, Cluster, Release, eventually
from e2e.load import Load
from e2e.shop import Browser, names
from serving import credentials

pytestmark = pytest.mark.cluster

HOST = "signed.example.test"
PRODUCTS = "/api/v1/products"
READER, EDITOR = "indexer", "import"
# As a kubelet brings a change of a Secret to a pod.
SECRET_SECONDS = 180


def issuer(cluster: Cluster) -> str:
    """What the cluster calls itself in the tokens of service accounts."""
    found: str = json.loads(cluster.kubectl("get", "--raw", "/.well-known/openid-configuration"))["issuer"]
    return found


@pytest.fixture(scope="module")
def signed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """A release that was installed before there was any sign-in, and then upgraded to have it."""
    release = Release(cluster, cluster.namespace("signed"), "signed")
    own = values(HOST) | {"replicaCount": 1, "networkPolicy": {"apiFrom": [{"podSelector": {}}]}}
    own["ingress"]["tls"][0]["secretName"] = "signed-tls"  # type: ignore[index]
    directory = tmp_path_factory.mktemp("values")
    release.install("--values", write(directory / "before.yaml", own, {"auth": {"enabled": False}}))
    assert "signing-key" not in release.passwords()
    release.before = release.passwords()  # type: ignore[attr-defined]
    accounts = {
        "enabled": True,
        "issuer": issuer(cluster),
        "editors": [f"system:serviceaccount:{release.namespace}:{EDITOR}"],
        "readers": [f"system:serviceaccount:{release.namespace}:{READER}"],
    }
    auth = {"auth": {"enabled": True, "jwt": {"serviceAccounts": accounts}}}
    browser = stranger(release, directory)
    eventually(lambda: browser.open("GET", "/products").status == 200, 60)
    with Load(browser, adding=False) as release.readers:  # type: ignore[attr-defined]
        said = release.install("--values", write(directory / "values.yaml", own, auth))
        # Until they have gone, pods from before the upgrade may answer.
        eventually(lambda: all(len(release.pods(service)) == 1 for service in SERVICES), 60)
    release.said = said  # type: ignore[attr-defined]
    yield release
    cluster.kubectl("delete", "namespace", "signed", "--wait=false")


def stranger(release: Release, directory: Path) -> Browser:
    """A browser in which nobody has signed in."""
    file = directory / "ca.crt"
    file.write_bytes(base64.b64decode(release.secret("signed-ca")["tls.crt"]))
    return Browser(release.cluster.https_port, HOST, str(file))


@pytest.fixture
def nobody(signed: Release, tmp_path: Path) -> Browser:
    """A browser in which nobody has signed in."""
    return stranger(signed, tmp_path)


def test_the_upgrade_costs_whoever_reads_no_request(signed: Release) -> None:
    load = signed.readers  # type: ignore[attr-defined]
    assert load.sent > 100
    assert not load.failures, load.failures[:5]


def test_an_upgrade_keeps_the_passwords_and_adds_what_is_needed_to_sign_in(signed: Release) -> None:
    after = signed.passwords()
    before = signed.before  # type: ignore[attr-defined]
    assert {key: after[key] for key in before} == before
    assert set(after) - set(before) == {"signing-key", "verification-keys", "editors", "readers", "editor-password"}
    assert "refused since this upgrade" in signed.said  # type: ignore[attr-defined]
    assert signed.restarts() == 0


def test_whoever_has_not_signed_in_reads_and_does_not_write(signed: Release, nobody: Browser) -> None:
    eventually(lambda: nobody.open("GET", "/products").status == 200, 60)
    form = nobody.open("GET", "/products/new")
    assert form.status == 303
    assert "/sign-in" in form.headers["Location"]
    with signed.forward("service/signed-read-product", 80) as base:
        assert urllib3.request("GET", base + PRODUCTS).status == 200
    with signed.forward("service/signed-add-product", 80) as base:
        refused = urllib3.request("POST", base + PRODUCTS, json={"name": "x", "price": "1"})
        assert (refused.status, refused.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Bearer")
        assert urllib3.request("DELETE", f"{base}{PRODUCTS}/1", headers={"If-Match": "*"}).status == 401


def test_the_helm_test_finds_it_so(signed: Release) -> None:
    assert "All three services work together." in signed.test()


def test_the_generated_password_lets_the_first_editor_write(signed: Release, nobody: Browser) -> None:
    nobody.sign_in("editor", "wrong", status=422)
    nobody.sign_in("editor", signed.credential("editor-password"))
    assert nobody.add("By the first editor").status == 303
    assert "By the first editor" in names(signed)


def test_people_are_added_and_removed_without_a_restart(signed: Release, nobody: Browser, tmp_path: Path) -> None:
    pods = {pod.metadata.uid for pod in signed.pods("display-product")}
    before = signed.passwords()["editors"]
    zoe = credentials.account("Zoé", "correct horse")
    put(signed, {"editors": base64.b64decode(before).decode() + zoe})
    # Not by trying to sign in, which is slowed down after ten failures.
    (name,) = [pod.metadata.name for pod in signed.pods("display-product")]
    accounts = "print(open('/run/secrets/catalog/editors').read())"
    eventually(lambda: "Zoé" in signed.python(name, accounts).stdout, SECRET_SECONDS, 3)
    nobody.sign_in("Zoé", "correct horse")
    assert nobody.add("By Zoé").status == 303
    put(signed, {"editors": base64.b64decode(before).decode()})
    eventually(lambda: nobody.open("GET", "/products/new").status == 303, SECRET_SECONDS, 3)
    assert {pod.metadata.uid for pod in signed.pods("display-product")} == pods


def put(release: Release, data: dict[str, str]) -> None:
    release.kubectl("patch", "secret", "signed-credentials", "--patch", json.dumps({"stringData": data}))


CALL = """
import sys, urllib3
token = open("/run/secrets/catalog/token").read()
options = {"headers": {"Authorization": f"Bearer {token}"}, "retries": False}
read = urllib3.request("GET", "http://signed-read-product/api/v1/products?limit=1", **options)
write = urllib3.request(
    "POST", "http://signed-add-product/api/v1/products", json={"name": f"By {sys.argv[1]}", "price": "1"}, **options
)
print(read.status, write.status, flush=True)
"""


def pod(name: str, image: str, audience: str) -> str:
    """A pod that calls both APIs with the projected token of its service account."""
    context = {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    container = {
        "name": "call",
        "image": image,
        "command": ["python", "-c", CALL, name],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "token", "mountPath": "/run/secrets/catalog"}],
    }
    token = {"serviceAccountToken": {"path": "token", "audience": audience}}
    spec = {
        "serviceAccountName": name,
        "restartPolicy": "OnFailure",
        "securityContext": context,
        "containers": [container],
        "volumes": [{"name": "token", "projected": {"sources": [token]}}],
    }
    metadata = {"name": f"{name}-{audience}"}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


@pytest.mark.parametrize(
    ("account", "audience", "statuses"),
    [
        (EDITOR, "product-catalog", "200 201"),
        (READER, "product-catalog", "200 403"),
        ("stranger", "product-catalog", "200 403"),
        (EDITOR, "another", "401 401"),
    ],
)
def test_a_workload_does_what_its_service_account_may_with_no_secret_of_its_own(
    signed: Release, account: str, audience: str, statuses: str
) -> None:
    signed.kubectl(
        "apply",
        "-f",
        "-",
        text=f'{{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {{"name": "{account}"}}}}',
    )
    image = signed.pods("display-product")[0].spec.containers[0].image
    signed.kubectl("apply", "-f", "-", text=pod(account, image, audience))
    name = f"pod/{account}-{audience}"
    signed.kubectl("wait", name, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=120s")
    assert signed.kubectl("logs", name).splitlines()[-1] == statuses


def test_a_token_that_the_engineer_makes_writes_until_it_is_revoked(signed: Release) -> None:
    command = ("exec", "deployment/signed-add-product", "--", "python", "-m", "catalog.api_tokens")
    token = signed.kubectl(*command, "create", "--name", "stock", "--role", "editor", "--days", "1").split()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    with signed.forward("service/signed-add-product", 80) as base:
        product = {"name": "By a program", "price": "1.00"}
        assert urllib3.request("POST", base + PRODUCTS, json=product, headers=headers).status == 201
        number = signed.kubectl(*command, "list").split("\t")[0]
        signed.kubectl(*command, "revoke", number)
        again: dict[str, Any] = {"json": product | {"name": "Too late"}, "headers": headers}
        eventually(lambda: urllib3.request("POST", base + PRODUCTS, **again).status == 401, 30)
