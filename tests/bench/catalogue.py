"""Products as a shop of any size has them: words by Zipf's law, prices with ties, SKUs in families, several scripts.

The same number is always the same product, so runs compare.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

COMMON = (
    "steel set black white box large small with cover case holder wall table safe dishwasher light wood cotton cup "
    "bottle glass stainless blue red green grey paper cable double handle kitchen garden metal plastic storage bag "
    "lamp brush tray tape screw filter pump valve hose adapter battery charger mount frame mirror towel pillow chair "
    "desk shelf drawer hook ring seal bolt spring cleaner spray soap oil tea coffee sugar spoon knife fork plate bowl"
)
OTHERS = {
    "fr": "théière acier inoxydable coffret étagère bouilloire rangement poignée crème brûlée cafetière à œufs",
    "de": "Schüssel Größe weiß Edelstahl Tür Geschirr Flasche Löffel Schraube Kabel Spülmaschine",
    "ru": "чайник сталь бутылка чашка набор белый чёрный ложка кабель стол лампа полка",
    "zh": "不锈钢 水壶 茶杯 红色 大号 厨房 收纳盒 陶瓷 碗 筷子 保温杯 台灯",
    "ar": "إبريق شاي زجاج فولاذ كوب أبيض كبير مطبخ",
}
SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"] + ["ster", "lon", "mar", "tek", "vin", "gor"]
VOCABULARY = 60_000
RARE = "zirconium"
RARE_EVERY = 100_000
PAIR = ("dishwasher", "pillow")
"""Two common words that are found together once in so many products."""
PAIR_EVERY = 50_000


class Item(NamedTuple):
    """One product."""

    sku: str | None
    name: str
    description: str
    price: str
    created_at: datetime


def _vocabulary() -> list[str]:
    chance = random.Random(1)
    words = COMMON.split()
    known = set(words)
    while len(words) < VOCABULARY:
        word = "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))
        if word not in known:
            known.add(word)
            words.append(word)
    return words


def items(number: int) -> Iterator[Item]:
    """That many products, each the same in every run."""
    words = _vocabulary()
    weights = list(accumulate(1 / (rank + 3) ** 1.02 for rank in range(len(words))))
    chance = random.Random(2)
    first, second = PAIR
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    languages = [words.split() for words in OTHERS.values()]
    for n in range(number):
        count = chance.randint(8, 24)
        text = chance.choices(words, cum_weights=weights, k=count)
        if first in text and second in text:
            text = [word for word in text if word != second]
        if n % 10 == 3:
            text[:6] = chance.choices(languages[n // 10 % len(languages)], k=6)
        if n % RARE_EVERY == RARE_EVERY // 2:
            text[-1] = RARE
        if n % PAIR_EVERY == PAIR_EVERY // 3:
            text[-2:] = PAIR
        cut = chance.randint(2, 5)
        name = " ".join(text[:cut]).capitalize() + f" {chance.randint(1, 99) * 5} ml"
        sku = None if n % 20 == 7 else f"{'ABDEFGHKLMNPRSTVXZ'[n % 18]}{'QWRTZ'[n % 5]}-{n % 97:02}.{n:07}"
        price = (
            f"{chance.choice((4, 9, 12, 14, 19, 24, 29, 49, 99, 149, 499))}.{chance.choice(('90', '95', '99', '00'))}"
        )
        if n % 3 == 0:
            price = f"{chance.randint(1, 200_000) / 100:.2f}"
        yield Item(sku, name, " ".join(text[cut:]) + ".", price, begin + timedelta(seconds=37 * n))
