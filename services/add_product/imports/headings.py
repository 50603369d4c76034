"""Which column of a table is which field: the headings of known programs and languages."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from catalog.cells import unguard
from catalog.text import Invalid, fold, trim

# For each field its headings, folded, the better one first.
KNOWN: dict[str, tuple[str, ...]] = {
    "sku": (
        "sku", "variant sku", "ugs", "reference", "ref", "ref.", "code", "product code", "item code",
        "code article", "code produit", "article number", "item number", "reference article",
    ),
    "name": (
        "name", "title", "product name", "product title", "nom", "titre", "designation", "libelle", "intitule",
        "nom du produit", "nom de l'article",
    ),
    "description": (
        "description", "body (html)", "body html", "product description", "long description", "descriptif",
        "description longue", "description du produit",
    ),
    "price": (
        "price", "regular price", "variant price", "unit price", "prix", "tarif", "tarif regulier", "tarif normal",
        "prix de vente", "prix unitaire",
    ),
}  # fmt: skip
# A price column can name its currency: "Variant Price EUR", "Prix (EUR)".
_PRICED_IN = ("price {}", "price ({})", "variant price {}", "prix {}", "prix ({})", "tarif {}", "tarif ({})")
_VARIANT_HEADINGS = ("variant title", "option1 value", "option2 value", "option3 value")
_GROUP_HEADINGS = ("handle", "product handle")
# Headings by which a program's export is recognised whose descriptions are HTML.
_HTML_HEADINGS = {"body (html)", "body html", "regular price", "tarif regulier"}


class Unknown(Invalid):
    """A heading row that cannot be used."""


@dataclass(frozen=True)
class Columns:
    """Where each field stands in a row."""

    headings: tuple[str, ...]
    fields: dict[str, int]
    ignored: tuple[str, ...] = ()
    variant: tuple[int, ...] = ()
    group: int | None = None
    html: bool = False
    by_field: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_field", {name: self.headings[at] for name, at in self.fields.items()})


def recognise(cells: Sequence[str], currency: str) -> Columns:
    """The columns under these headings; prices in this currency. Raises Unknown."""
    headings = tuple(unguard(trim(cell)) for cell in cells)
    folded = [_folded(heading) for heading in headings]
    _refuse_twins(headings, folded)
    fields = {name: at for name, known in _known(currency).items() if (at := _first(folded, known)) is not None}
    if len(fields) < 2 or not fields.keys() & {"sku", "name"}:
        raise Unknown(
            "no_headings",
            "The first row has no known headings. There must be “name” and “price”, and there may be “sku” and "
            "“description”; headings of WooCommerce and Shopify exports, and French ones, are known too.",
        )
    group = _first(folded, _GROUP_HEADINGS)
    variant = () if group is None else tuple(folded.index(each) for each in _VARIANT_HEADINGS if each in folded)
    used = {*fields.values(), *variant, group}
    return Columns(
        headings,
        fields,
        ignored=tuple(heading for at, heading in enumerate(headings) if at not in used and heading),
        variant=variant,
        group=group,
        html=not _HTML_HEADINGS.isdisjoint(folded),
    )


def count_known(cells: Sequence[str], currency: str) -> int:
    """How many fields these headings name."""
    folded = [_folded(unguard(trim(cell))) for cell in cells]
    return sum(_first(folded, known) is not None for known in _known(currency).values())


def _folded(heading: str) -> str:
    return " ".join(fold(heading).replace("_", " ").split())


def _known(currency: str) -> dict[str, tuple[str, ...]]:
    priced = tuple(pattern.format(currency.lower()) for pattern in _PRICED_IN)
    return {**KNOWN, "price": KNOWN["price"] + priced}


def _first(folded: Sequence[str], known: Sequence[str]) -> int | None:
    return next((folded.index(heading) for heading in known if heading in folded), None)


def _refuse_twins(headings: Sequence[str], folded: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for heading, key in zip(headings, folded, strict=True):
        if key and key in seen:
            detail = f"The columns “{seen[key]}” and “{heading}” have the same name; rename one of them."
            raise Unknown("twin_headings", detail, first=seen[key], second=heading)
        seen[key] = heading
