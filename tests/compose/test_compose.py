"""`docker compose up` as a user types it; the tests of one installation, in the order in which they stand."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import urllib3

from compose.conftest import EDITOR_PASSWORD, PASSWORD, Compose
from serving import credentials

pytestmark = pytest.mark.compose
SERVICES = ["add-product", "read-product", "display-product"]


def inspect(compose: Compose) -> list[dict]:
    done = subprocess.run(["docker", "inspect", *compose.containers()], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_tests_inside_compose_pass_and_leave_the_catalogue_as_it_was(compose: Compose) -> None:
    own = compose.write("POST", "/api/v1/products", json={"name": "Big", "price": "5.00"}).json()
    assert " passed" in compose.run("run", "--rm", "tests")
    assert compose.get("/api/v1/products").json()["items"] == [own]


def test_a_failing_test_inside_fails_the_command(compose: Compose) -> None:
    failing = (
        "echo 'def test_it(): assert not __name__' > /tmp/test_it.py; exec python -m pytest -p no:cacheprovider /tmp"
    )
    done = compose.call("run", "--rm", "tests", "sh", "-c", failing)
    assert (done.returncode, "1 failed" in done.stdout) == (1, True), done.stdout + done.stderr


def test_http_is_sent_to_https_at_the_port_of_the_host(compose: Compose) -> None:
    answer = urllib3.request("GET", f"http://localhost:{compose.http_port}/products?q=a", redirect=False, timeout=10)
    assert (answer.status, answer.headers["Location"]) == (308, f"{compose.url}/products?q=a")


def test_the_certificate_is_refused_by_those_who_do_not_know_its_authority(compose: Compose) -> None:
    assert compose.get("/").status == 200
    with pytest.raises(urllib3.exceptions.HTTPError, match="certificate"):
        urllib3.request("GET", compose.url, timeout=10, retries=False)


def test_containers_can_do_no_more_than_they_must(compose: Compose) -> None:
    for container in inspect(compose):
        service = container["Config"]["Labels"]["com.docker.compose.service"]
        host = container["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        needed = {"proxy": {"NET_BIND_SERVICE"}, "secrets": {"CHOWN", "DAC_READ_SEARCH"}}.get(service, set())
        assert {name.removeprefix("CAP_") for name in host["CapAdd"] or []} == needed, service
        assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"]), service
        assert host["Memory"] > 0, service
        assert service == "secrets" or container["Config"]["User"] not in ("", "0", "0:0", "root"), service


def test_only_those_who_need_mysql_reach_it(compose: Compose) -> None:
    reach = "import socket; socket.create_connection(('mysql', 3306), 3)"
    compose.run("exec", "-T", "read-product", "python", "-c", reach)
    assert "gaierror" in compose.run("exec", "-T", "display-product", "python", "-c", reach, check=False)


def test_a_service_can_read_its_own_secrets_only(compose: Compose) -> None:
    files = (
        "import os, pathlib; "
        "print(*sorted(f.name for f in pathlib.Path('/run/secrets/catalog').iterdir() if os.access(f, 4)))"
    )
    read = {name: compose.run("exec", "-T", name, "python", "-c", files).split() for name in SERVICES}
    assert read == {
        "add-product": ["verification-keys", "writer-password"],
        "read-product": ["reader-password", "verification-keys"],
        "display-product": ["editors", "readers", "secret-key", "signing-key"],
    }


def test_whoever_has_not_signed_in_reads_and_writes_nothing(compose: Compose) -> None:
    for path in ("/products", "/api/v1/products"):
        assert compose.get(path).status == 200
    refused = compose.get("/api/v1/products", method="POST", json={"name": "Nobody's", "price": "5.00"})
    assert (refused.status, refused.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Bearer")
    form = compose.get("/products/new")
    assert (form.status, form.headers["Location"].partition("?")[0]) == (303, "/sign-in")
    assert compose.get("/products/new", method="POST", fields={"name": "Nobody's"}).status in (303, 400, 401, 403)
    assert "Nobody" not in compose.get("/api/v1/products").data.decode()


def test_the_first_password_is_shown_as_documented_and_what_was_generated_is_kept(compose: Compose) -> None:
    shown = compose.call("run", "--rm", "secrets", "cat", "/run/secrets/catalog/editor-password")
    # Above it, Compose may tell of building the image.
    assert shown.stdout.splitlines()[-1] == EDITOR_PASSWORD, shown.stderr
    said = compose.run("run", "--rm", "secrets")
    assert "signing-key: kept" in said
    assert "editors: kept" in said


def test_accounts_come_and_go_with_their_files(compose: Compose, tmp_path: Path) -> None:
    def accounts(kind: str) -> str:
        return compose.call("exec", "-T", "display-product", "cat", f"/run/secrets/catalog/{kind}").stdout

    before = accounts("editors")
    for kind in ("editors", "readers"):
        file = tmp_path / kind
        file.write_text(credentials.account(f"zoe-of-{kind}", "correct horse"), encoding="utf-8")
        # As careful people keep such a file.
        file.chmod(0o600)
        if os.getuid() == 0:
            os.chown(file, 1000, 1000)
    compose.run("run", "--rm", "--volume", f"{tmp_path}:/given:ro", "secrets")
    assert [accounts(kind).partition(":")[0] for kind in ("editors", "readers")] == ["zoe-of-editors", "zoe-of-readers"]
    compose.run("run", "--rm", "secrets")
    assert accounts("readers").strip() == ""
    assert accounts("editors").startswith("editor:")
    assert accounts("editors").count(":") == before.count(":") == 1


def test_what_the_proxy_answers_itself_can_be_asked_about(compose: Compose) -> None:
    compose.run("stop", "read-product", "display-product")
    try:
        page, problem = (compose.get(path, retries=False) for path in ("/products", "/api/v1/products"))
    finally:
        compose.run("start", "read-product", "display-product")
    for answer in (page, problem):
        assert (answer.status, answer.headers["Retry-After"]) == (502, "5")
        assert answer.headers["X-Request-ID"] in answer.data.decode()
    assert problem.json()["status"] == 502
    assert problem.headers["Content-Type"] == "application/problem+json"


def test_a_restart_of_everything_keeps_the_products(compose: Compose) -> None:
    added = compose.write("POST", "/api/v1/products", json={"name": "Kept 🍃", "price": "5.00"}).json()
    compose.run("down")
    compose.up()
    assert compose.get(f"/api/v1/products/{added['id']}").json() == added


def test_a_backup_brings_back_what_was_deleted_and_takes_away_what_came_later(compose: Compose) -> None:
    kept = compose.write("POST", "/api/v1/products", json={"name": "In the backup 🍃", "price": "5.00"}).json()
    said = compose.run("run", "--rm", "backup")
    assert "restored on trial" in said
    assert "building" not in said.lower()
    backup = re.findall(r"catalog-\S+[.]gz", said)[-1]
    address = f"/api/v1/products/{kept['id']}"
    etag = compose.get(address).headers["ETag"]
    assert compose.write("DELETE", address, headers={"If-Match": etag}).status == 204
    later = compose.write("POST", "/api/v1/products", json={"name": "Later", "price": "5.00"}).json()
    assert backup in compose.run("run", "--rm", "restore")
    compose.run("run", "--rm", "restore", backup)
    assert compose.get(address).json() == kept
    assert compose.get(f"/api/v1/products/{later['id']}").status == 404


def test_passwords_with_reserved_characters_are_in_no_log_process_list_or_page(compose: Compose) -> None:
    # They work, or nothing above would have.
    seen = compose.run("logs", "--no-color")
    for container in inspect(compose):
        if container["State"]["Running"]:
            top = subprocess.run(["docker", "top", container["Id"]], capture_output=True, text=True, check=True)
            seen += top.stdout
    readiness = "import http.client as c; a = c.HTTPConnection('localhost', 8080); a.request('GET', '/readyz'); print(a.getresponse().read())"
    compose.run("stop", "mysql")
    try:
        for path in ("/products", "/api/v1/products"):
            answer = compose.get(path, retries=False)
            assert answer.status == 503, path
            seen += answer.data.decode()
        # The pages stay ready, to explain; the service that needs MySQL says what it lacks.
        assert compose.get("/readyz").status == 200
        answer_of_read = compose.run("exec", "-T", "read-product", "python", "-c", readiness)
        assert "database" in answer_of_read
        seen += answer_of_read
        seen += compose.run("logs", "--no-color", "read-product")
    finally:
        compose.run("start", "mysql")
    assert EDITOR_PASSWORD not in seen
    assert "pcat_" not in seen
    assert PASSWORD not in seen
    assert PASSWORD.split(" ", maxsplit=1)[0] not in seen
