"""Style sheets, scripts and images under names that change with their content, so that browsers can cache them."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request

from display_product.web import decisions
from display_product.web.addresses import url_for

FOLDER = Path(__file__).parents[1] / "static"
SUFFIXES = (".css", ".js", ".svg")
A_YEAR = 365 * 24 * 3600

assets = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """A file and its compressed form."""

    public_name: str
    media_type: str
    plain: bytes
    compressed: bytes


def register(app: Flask) -> None:
    """Reads the files, and gives templates `asset("style.css")`."""
    files = {path.name: _read(path) for path in sorted(FOLDER.iterdir()) if path.suffix in SUFFIXES}
    app.extensions["assets"] = {asset.public_name: asset for asset in files.values()}
    app.register_blueprint(assets)

    def address(name: str) -> str:
        return url_for("assets.static", name=files[name].public_name)

    app.jinja_env.globals["asset"] = address


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    media_type = mimetypes.types_map[path.suffix]
    return Asset(f"{path.stem}.{digest}{path.suffix}", media_type, content, gzip.compress(content, mtime=0))


@assets.get("/static/<name>")
@decisions.open_to_all
def static(name: str) -> Response:
    """Serves one file. The name of another version gives 404, since this process does not have its content."""
    found: Asset | None = current_app.extensions["assets"].get(name)
    if found is None:
        abort(404)
    response = Response(found.plain, content_type=f"{found.media_type}; charset=utf-8")
    if request.accept_encodings.quality("gzip"):
        response.set_data(found.compressed)
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.cache_control.public = True
    response.cache_control.max_age = A_YEAR
    response.cache_control.immutable = True
    return response
