"""Decides how to run a search: by a scan of the list in order, or by the index of words.

The scan is quick if many products have the words, the index if few do: with the index, every match must be read before
the first one can be shown, which takes seconds for words that are in most products. A sample of some hundreds of
products tells how common the words are.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select

from catalog.models import Product
from catalog.words import Word
from read_product import search

STRETCHES, STRETCH = 50, 10
"""The sample: the number of places in the range of ids, and the number of ids at each."""

GOLDEN = 0.618

# Costs in microseconds, measured on MySQL 9.7 with a million products: for each index entry of a word, for each product
# that is then read and sorted, and for each product that a scan passes.
ENTRY = 0.5
READ = 15.0
PASS = 10.0


@dataclass(frozen=True)
class Sample:
    """A sample: which of the words each of its products has, and the estimated number of all products."""

    has: Sequence[Sequence[bool]]
    products: float

    def share(self, words: Iterable[int]) -> float:
        """The share of products that have all of these words; never zero, since none in the sample may be by chance."""
        having = sum(all(row[word] for word in words) for row in self.has)
        return (having + 1) / (len(self.has) + 1)


def rare(sample: Sample, words: list[Word]) -> list[Word]:
    """The words that no product of the sample has: so few products have them that the index beats any scan."""
    return [word for place, word in enumerate(words) if not any(row[place] for row in sample.has)]


def narrow(sample: Sample, words: list[Word], met: float, limit: int) -> list[Word]:
    """The words to look up in the index; empty if a scan that finds `limit` products is less work.

    `met` is the share of products with all of the words, as found by a scan.
    """
    rarest = sorted(range(len(words)), key=lambda word: sample.share([word]))
    choices = [rarest[:number] for number in range(1, len(words) + 1)]

    def cost(chosen: list[int]) -> float:
        entries = sum(sample.share([word]) for word in chosen)
        return sample.products * (ENTRY * entries + READ * max(sample.share(chosen), met))

    best = min(choices, key=cost)
    scan = PASS * min(limit / met if met else math.inf, sample.products)
    return [words[word] for word in best] if cost(best) < scan else []


def take_sample(connection: Connection, words: list[Word]) -> Sample:
    """Which of the words some hundreds of products have, from all over the catalogue."""
    first, last = connection.execute(select(func.min(Product.id), func.max(Product.id))).one()
    step = max((last - first + 1) / STRETCHES, STRETCH)
    # At uneven distances, since the contents of the catalogue may repeat at even ones.
    begins = [first + int(step * (number + number * GOLDEN % 1)) for number in range(STRETCHES)]
    places: list[ColumnElement[bool]] = [Product.id.between(begin, begin + STRETCH - 1) for begin in begins]
    has = connection.execute(select(*(search.condition([word]) for word in words)).where(or_(*places))).all()
    return Sample(has, len(has) * step / STRETCH)
