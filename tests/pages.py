"""What tests of the pages see: the pages as a browser without JavaScript does."""

from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


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
