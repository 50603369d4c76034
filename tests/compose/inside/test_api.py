import json

from conftest import PRODUCTS, Site


def test_a_product_can_be_added_read_changed_and_deleted_at_one_address(site: Site) -> None:
    product = site.add(name="Lamp", price="9.90")
    path = f"{PRODUCTS}/{product['id']}"
    read = site.request("GET", path, headers={"Accept-Encoding": "gzip, zstd"})
    assert read.json() == product
    etag = read.headers["ETag"]
    assert site.request("GET", path, headers={"If-None-Match": etag}).status == 304
    changed = site.request("PATCH", path, json={"price": "0"}, headers={"If-Match": etag})
    assert (changed.status, changed.json()["price"]) == (200, "0.00")
    assert site.request("DELETE", path, headers={"If-Match": etag}).status == 412
    assert site.request("DELETE", path, headers={"If-Match": changed.headers["ETag"]}).status == 204
    assert site.request("GET", path).status == 404


def test_emoji_are_stored_found_and_exported(site: Site) -> None:
    name = site.add(name="🍃 Tea 茶 𝒯")["name"]
    assert "🍃 Tea 茶 𝒯" in name
    found = site.request("GET", PRODUCTS, fields={"q": f"🍃 {site.mark}"})
    assert name in [item["name"] for item in found.json()["items"]]
    assert name in site.request("GET", f"{PRODUCTS}/export?format=ndjson").data.decode()


def test_ten_megabytes_can_be_imported_though_the_root_is_read_only(site: Site) -> None:
    # In JSON each of these leaves is written as twelve characters.
    product = {"name": f"Big {site.mark}", "price": "1.00", "description": "🍃" * 9000}
    rows = b"".join(json.dumps({"sku": f"{site.mark}-{row}", **product}).encode() + b"\n" for row in range(100))
    assert len(rows) > 10_000_000
    headers = {"Content-Type": "application/x-ndjson"}
    report = site.request("POST", f"{PRODUCTS}/import?name=installation-test.ndjson", body=rows, headers=headers)
    assert report.status == 200, report.data
    assert report.json()["created"] == 100


def test_methods_that_nobody_serves_are_refused(site: Site) -> None:
    assert site.request("PUT", PRODUCTS).status == 405
