"""Maps columns to fields by their headings, as known programs and languages write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from catalog import amount
from catalog.cells import unguard
from catalog.folding import fold
from catalog.text import trim
from serving import bodies
from serving.bodies import Invalid

# The folded headings of each field, in order of preference.
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
        "prix de vente", "prix unitaire", "preis", "verkaufspreis", "precio", "prezzo", "preco", "prijs", "pris",
    ),
}  # fmt: skip
# What a price heading may add to its name: with or without taxes.
_TAXES = {
    "ttc",
    "ht",
    "hors",
    "taxe",
    "taxes",
    "toutes",
    "comprises",
    "brutto",
    "netto",
    "gross",
    "net",
    "incl",
    "inc",
    "inkl",
    "including",
    "included",
    "excl",
    "exkl",
    "excluding",
    "excluded",
    "vat",
    "tax",
    "tva",
    "mwst",
}
# "Prix en euros", "Price in EUR".
_BETWEEN = {"en", "in"}
# "T.T.C." is "TTC". Numbers are tokens too: "Price 2" suggests several prices, and nothing says which one is meant.
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_TOKENS = re.compile(r"[^\W\d_]+|\d+|[^\w\s()\[\],.:/-]")
_VARIANT_HEADINGS = ("variant title", "option1 value", "option2 value", "option3 value")
_GROUP_HEADINGS = ("handle", "product handle")
# Programs that export descriptions as HTML: the headings that identify an export, and headings that accompany them.
_PROGRAMS = (
    ({"body (html)", "body html"},
     {"handle", "title", "vendor", "variant sku", "variant price", "option1 value", "option1 name"}),
    ({"regular price", "tarif regulier"},
     {"type", "published", "publie", "short description", "description courte", "sale price", "tarif promo", "parent",
      "visibility in catalog", "tax status", "categories", "images", "in stock?", "en stock ?", "id"}),
)  # fmt: skip
_OTHERS_NEEDED = 2
SHOWN = 80
IGNORED_SHOWN = 100


class Unknown(Invalid):
    """A heading row that cannot be used."""


@dataclass(frozen=True)
class Columns:
    """The position of each field in a row."""

    headings: tuple[str, ...]
    fields: dict[str, int]
    ignored: tuple[str, ...] = ()
    variant: tuple[int, ...] = ()
    group: int | None = None
    html: bool = False
    similar: tuple[str, ...] = ()
    by_field: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_field", {name: self.headings[at] for name, at in self.fields.items()})


def recognise(cells: Sequence[str], currency: str) -> Columns:
    """Maps these headings to fields; a price heading may name this currency only. Raises Unknown."""
    whole = [unguard(trim(cell)) for cell in cells]
    headings = tuple(bodies.shortened(heading, SHOWN) for heading in whole)
    folded = [_folded(heading) for heading in whole]
    fields = _fields(folded, currency)
    if len(fields) < 2 or not fields.keys() & {"sku", "name"}:
        raise Unknown(
            "no_headings",
            "The first row has no known headings. It must have “name” and “price”, and may have “sku” and "
            "“description”; French headings, and those of WooCommerce and Shopify exports, are known too.",
        )
    _refuse_duplicates(headings, folded, currency)
    group = _first(folded, _GROUP_HEADINGS)
    variant = (
        () if group is None else tuple(folded.index(heading) for heading in _VARIANT_HEADINGS if heading in folded)
    )
    used = {*fields.values(), *variant, group}
    ignored = [at for at, heading in enumerate(headings) if at not in used and heading]
    return Columns(
        headings,
        fields,
        ignored=tuple(headings[at] for at in ignored[:IGNORED_SHOWN]),
        variant=variant,
        group=group,
        html=any(
            not identifying.isdisjoint(folded) and len(accompanying.intersection(folded)) >= _OTHERS_NEEDED
            for identifying, accompanying in _PROGRAMS
        ),
        similar=tuple(headings[at] for at in ignored[:IGNORED_SHOWN] if _looks_known(folded[at])),
    )


def count_known(cells: Sequence[str], currency: str) -> int:
    """Counts the fields that these headings name."""
    return len(_fields([_folded(unguard(trim(cell))) for cell in cells], currency))


def _fields(folded: Sequence[str], currency: str) -> dict[str, int]:
    """The column of each field."""
    found = {name: at for name, known in KNOWN.items() if (at := _first(folded, known)) is not None}
    if "price" not in found:
        prices = [at for at, heading in enumerate(folded) if _is_price(heading, currency)]
        found |= {"price": prices[0]} if prices else {}
    return found


def _is_price(folded: str, currency: str) -> bool:
    """Whether a heading names a price, and adds nothing but taxes and this currency: “Prix TTC (€)”."""
    name, currencies = _split(folded)
    return name in KNOWN["price"] and all(currency in possible for possible in currencies)


def _split(folded: str) -> tuple[str, list[frozenset[str]]]:
    """The heading without taxes and currencies, and the currencies that each of its signs can mean."""
    undotted = _DOTTED.sub(lambda found: found.group().replace(".", ""), folded)
    tokens = [token for token in _TOKENS.findall(undotted) if token not in _TAXES | _BETWEEN]
    currencies = [named for token in tokens if (named := amount.named(token))]
    return " ".join(token for token in tokens if not amount.named(token)), currencies


def _looks_known(folded: str) -> bool:
    """Whether a heading is known, or starts like a known one: “price old”, “Price USD”."""
    return folded in _KNOWN or folded.startswith(_BEGINNINGS)


_KNOWN = frozenset(heading for headings in KNOWN.values() for heading in headings)
_BEGINNINGS = tuple(f"{known} " for known in ("name", "nom", "sku", "price", "prix", "preis"))


def _folded(heading: str) -> str:
    return " ".join(fold(heading).replace("_", " ").split())


def _first(folded: Sequence[str], known: Sequence[str]) -> int | None:
    return next((folded.index(heading) for heading in known if heading in folded), None)


def _refuse_duplicates(headings: Sequence[str], folded: Sequence[str], currency: str) -> None:
    """Refuses two columns with the same name, and two price columns when neither is preferable."""
    seen: dict[str, str] = {}
    alone = _first(folded, KNOWN["price"]) is not None
    for heading, key in zip(headings, folded, strict=True):
        key = "price" if not alone and _is_price(key, currency) else key
        if key and key in seen:
            detail = f"The columns “{seen[key]}” and “{heading}” have the same name; rename one of them."
            raise Unknown("twin_headings", detail, first=seen[key], second=heading)
        seen[key] = heading
