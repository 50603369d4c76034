"""A database server of one's own and a Gateway, instead of MySQL in the cluster and an Ingress."""

import re
import secrets
from pathlib import Path

import pytest
import urllib3

from certificates import self_signed
from e2e.conftest import install_addons, sign_in_keys, write
from e2e.kube import ROOT, Cluster, Release, eventually
from e2e.shop import Browser, names

pytestmark = pytest.mark.cluster

HOST = "catalog.example.com"
DATABASE = "mysql.managed"
VALUES = {
    "replicaCount": 1,
    "mysql": {"enabled": False},
    "externalDatabase": {"host": DATABASE, "tls": {"caSecret": "catalog-database-ca"}},
    "credentials": {"existingSecret": "catalog-database"},
    "httpRoute": {
        "enabled": True,
        "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
        "redirectParentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "http"}],
        "hostnames": [HOST],
    },
}


def documented(number: int) -> str:
    """The SQL that docs/operations.md gives for an external database: before (0) and after (1) the tables are there."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("### External database")[2]
    return re.findall(r"```sql\n(.*?)```", text, re.DOTALL)[number]


class Database(Release):
    """The database server, as its administrator uses it."""

    def run_sql(self, statements: str) -> None:
        """Runs statements as root."""
        client = 'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" exec mysql --socket=/var/run/mysqld/mysqld.sock --user=root'
        self.kubectl("exec", "--stdin", "mysql", "--", "bash", "-c", client, text=statements)


@pytest.fixture(scope="module")
def authorities(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The server and the Gateway are there; files with the authorities of their certificates, by host name."""
    install_addons(cluster, ["gateway-api", "envoy-gateway"])
    directory = tmp_path_factory.mktemp("tls")
    files = {}
    for namespace, host, secret in (("managed", DATABASE, "tls"), ("gateways", HOST, "pages")):
        cluster.kubectl("create", "namespace", namespace)
        files[host], key = self_signed(host, directory)
        pair = (f"--cert={files[host]}", f"--key={key}")
        cluster.kubectl("--namespace", namespace, "create", "secret", "tls", secret, *pair)
    root = ("create", "secret", "generic", "root", f"--from-literal=password={secrets.token_hex(16)}")
    cluster.kubectl("--namespace", "managed", *root)
    cluster.kubectl("apply", "--filename", str(Path(__file__).with_name("external.yaml")))
    return files


@pytest.fixture(scope="module")
def external(cluster: Cluster, authorities: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The catalogue, installed as the documentation says."""
    database = Database(cluster, "managed", "mysql")
    release = Release(cluster, cluster.namespace("external"), "catalog")
    passwords = {user: secrets.token_hex(16) for user in ("migrator", "writer", "reader", "backup")}
    literals = [f"--from-literal={user}-password={password}" for user, password in passwords.items()]
    key = f"--from-literal=secret-key={secrets.token_hex(32)}"
    release.kubectl("create", "secret", "generic", "catalog-database", *literals, key, *sign_in_keys())
    authority = f"--from-file=ca.crt={authorities[DATABASE]}"
    release.kubectl("create", "secret", "generic", "catalog-database-ca", authority)
    database.kubectl("wait", "pod/mysql", "--for=condition=Ready", "--timeout=180s")
    database.run_sql(re.sub(r"<(\w+)-password>", lambda match: passwords[match[1]], documented(0)))
    file = write(tmp_path_factory.mktemp("values") / "values.yaml", VALUES)
    release.install("--values", file, wait=False)
    job = ("job", "--selector=app.kubernetes.io/component=migrate")
    release.kubectl("wait", *job, "--for=condition=Complete", "--timeout=180s")
    database.run_sql(documented(1))
    release.rolled_out()
    return release


def test_the_pages_work_through_a_gateway_and_the_database_keeps_every_character(
    external: Release, cluster: Cluster, authorities: dict[str, Path]
) -> None:
    proxies = Release(cluster, "envoy-gateway-system", "proxies")
    selector = "--selector=gateway.envoyproxy.io/owning-gateway-name=public"
    service = eventually(lambda: proxies.kubectl("get", "service", selector, "--output=name").strip(), 60)
    proxies.kubectl("wait", "pod", selector, "--for=condition=Ready", "--timeout=120s")
    with proxies.forward(service, 443) as https, proxies.forward(service, 80) as http:
        browser = Browser(int(https.rpartition(":")[2]), HOST, str(authorities[HOST]))
        assert eventually(lambda: browser.open("GET", "/").status, 60) == 200
        plain = urllib3.request("GET", f"{http}/products", headers={"Host": HOST}, redirect=False)
        assert (plain.status, plain.headers["Location"]) == (301, f"https://{HOST}/products")
        browser.sign_in_if_asked(external)
        assert "Secure" in browser.open("GET", "/products/new").headers["Set-Cookie"]
        assert browser.add("🍃 Tea 茶 𝒯").status == 303
        assert "🍃 Tea 茶 𝒯" in browser.open("GET", "/products?q=%F0%9F%8D%83").data.decode()
    assert names(external) == ["🍃 Tea 茶 𝒯"]
