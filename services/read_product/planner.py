"""How to find what a search asks for: along the order of the list, or by the index of words.

Walking the list is quick where many products have the words, the index where few do: it has to read every product that
it finds before the first can be shown, and for words that are in most products that takes seconds. How common words
are, some hundreds of products tell.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select

from catalog.models import Product
from catalog.words import Word
from read_product import search

STRETCHES, STRETCH = 50, 10
"""Products that are looked at lie in so many places, so many in each."""

GOLDEN = 0.618

# Microseconds of MySQL 9.7, as measured with a million products: for each product that an index has under a word, for
# each that is then read and sorted, and for each that a walk passes.
ENTRY = 0.5
READ = 15.0
PASS = 10.0


@dataclass(frozen=True)
class Sample:
    """Some products: which of the words each has, and of how many they are taken."""

    has: Sequence[Sequence[bool]]
    products: float

    def share(self, words: Iterable[int]) -> float:
        """The part of the products that have all of these words; more than none, since it may be by chance."""
        having = sum(all(row[word] for word in words) for row in self.has)
        return (having + 1) / (len(self.has) + 1)


def narrow(connection: Connection, words: list[Word], met: float, limit: int) -> list[Word]:
    """The words to look up in the index; none where a walk to so many products is less work.

    `met` is the part of the products that a walk has found to have all of the words.
    """
    sample = _look(connection, words)
    rarest = sorted(range(len(words)), key=lambda word: sample.share([word]))
    choices = [rarest[:number] for number in range(1, len(words) + 1)]

    def cost(chosen: list[int]) -> float:
        entries = sum(sample.share([word]) for word in chosen)
        return sample.products * (ENTRY * entries + READ * max(sample.share(chosen), met))

    best = min(choices, key=cost)
    walk = PASS * min(limit / met if met else math.inf, sample.products)
    return [words[word] for word in best] if cost(best) < walk else []


def _look(connection: Connection, words: list[Word]) -> Sample:
    first, last = connection.execute(select(func.min(Product.id), func.max(Product.id))).one()
    step = max((last - first + 1) / STRETCHES, STRETCH)
    # Not at even distances, which what is in the catalogue may have as well.
    begins = [first + int(step * (number + number * GOLDEN % 1)) for number in range(STRETCHES)]
    places: list[ColumnElement[bool]] = [Product.id.between(begin, begin + STRETCH - 1) for begin in begins]
    has = connection.execute(select(*(search.condition([word]) for word in words)).where(or_(*places))).all()
    return Sample(has, len(has) * step / STRETCH)
