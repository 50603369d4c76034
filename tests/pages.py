"""What tests of the pages see: the API as another program does, and the pages as a browser without JavaScript does."""

import json
from dataclasses import dataclass
from typing import Any

import urllib3
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from processes import Running

PRODUCTS = "/api/v1/products"


class Api:
    """What another program sees: the API of the two services."""

    def __init__(self, running: Running) -> None:
        self._add, self._read = running.urls["add_product"], running.urls["read_product"]
        self._http = urllib3.PoolManager()

    def create(self, **fields: object) -> dict:
        """Adds a product and returns it."""
        answer = self._http.request("POST", self._add + PRODUCTS, json={"name": "Thing", "price": "1.00", **fields})
        assert answer.status == 201, answer.data
        return answer.json()

    def load(self, products: list[dict]) -> None:
        """Adds many products."""
        body = "".join(json.dumps(product) + "\n" for product in products).encode()
        assert self.load_file(body, "application/x-ndjson") == len(products)

    def load_file(self, content: bytes, media_type: str = "text/csv") -> int:
        """Imports a file without an error in it, and returns how many products it made."""
        headers = {"Content-Type": media_type}
        answer = self._http.request("POST", f"{self._add}{PRODUCTS}/import", body=content, headers=headers)
        report = answer.json()
        assert report["errors"] == [], report
        return report["created"]

    def change(self, product: dict, **fields: object) -> dict:
        """Changes a product and returns it."""
        headers = {"If-Match": f'"{product["id"]}-{product["version"]}"'}
        address = f"{self._add}{PRODUCTS}/{product['id']}"
        answer = self._http.request("PATCH", address, json=fields, headers=headers)
        assert answer.status == 200, answer.data
        return answer.json()

    def delete(self, product: dict) -> None:
        """Deletes a product, whatever its version."""
        self._http.request("DELETE", f"{self._add}{PRODUCTS}/{product['id']}", headers={"If-Match": "*"})

    def all(self) -> list[dict]:
        """Every product, by id."""
        items, following = [], f"{PRODUCTS}?limit=100"
        while following:
            page = self._http.request("GET", self._read + following).json()
            items += page["items"]
            following = page["next"]
        return items


@dataclass
class Page:
    """An answer, parsed."""

    response: TestResponse

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def soup(self) -> BeautifulSoup:
        """The page's elements."""
        return BeautifulSoup(self.response.text, "html.parser")

    @property
    def title(self) -> str:
        """The page's title."""
        return str(self.soup.title.string)

    @property
    def text(self) -> str:
        """What stands on the page, without the elements."""
        return " ".join(self.soup.get_text(" ").split())

    def one(self, selector: str) -> Tag:
        """The first such element, which must be there."""
        found = self.soup.select_one(selector)
        assert found is not None, f"no {selector} in {self.response.text}"
        return found

    def attribute(self, selector: str, name: str) -> str:
        """An attribute of the first such element; both must be there."""
        return str(self.one(selector)[name])

    def texts(self, selector: str) -> list[str]:
        """The texts of such elements."""
        return [" ".join(each.get_text().split()) for each in self.soup.select(selector)]

    def fields(self, selector: str = "main form[method=post]") -> dict[str, str]:
        """What the form would send."""
        form = self.one(selector)
        sent = form.select("input[name]:not([type=radio]), input[type=radio][checked]")
        values = {str(each["name"]): str(each.get("value", "")) for each in sent}
        return values | {str(each["name"]): _typed(each.get_text()) for each in form.select("textarea")}


def _typed(text: str) -> str:
    """What a browser makes of a textarea: it reads all line breaks alike, drops the first one, and sends CRLF."""
    return text.replace("\r\n", "\n").removeprefix("\n").replace("\n", "\r\n")


class Browser:
    """A person's browser without JavaScript. It reads each answer to its end, and closes it."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str, **options: Any) -> Page:
        """Opens an address."""
        return Page(self.client.get(address, buffered=True, **options))

    def send(self, page: Page, address: str, **fields: Any) -> Page:
        """Sends the page's form with some fields changed; files make it multipart."""
        answer = self.client.post(address, data={**page.fields(), **fields}, buffered=True)
        # The client has its own copy of what it sent, a file when that is large, and leaves it open.
        answer.request.environ["wsgi.input"].close()
        return Page(answer)
