import pytest
import urllib3

SERVICES = ["add-product", "read-product", "display-product"]


def get(url: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", url, timeout=10, retries=False)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("page", ["livez", "readyz"])
def test_each_service_is_healthy(service: str, page: str) -> None:
    answer = get(f"http://{service}:8080/{page}")
    assert answer.status == 200, answer.data
    assert answer.json()["service"] == service


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_metrics_on_a_port_of_their_own(service: str) -> None:
    get(f"http://{service}:8080/")
    assert get(f"http://{service}:9090/metrics").status == 200
    assert get(f"http://{service}:8080/metrics").status == 404


def test_http_leads_to_https() -> None:
    answer = urllib3.request("GET", "http://proxy:8080/products/?q=a%20b", redirect=False, timeout=10)
    assert answer.status == 308
    assert answer.headers["Location"].startswith("https://")
    assert answer.headers["Location"].endswith("/products/?q=a%20b")
