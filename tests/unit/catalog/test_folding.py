"""What people do not tell apart when they search is folded to the same text."""

import sys

import pytest

from catalog.folding import fold

CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("CAFÉ Crème Ｔea ﬁn straße STRAẞE Йод ①² Ångström", "cafe creme tea fin strasse strasse иод 12 angstrom"),
        ("O’Brien O´Brien O`Brien OʼBrien O‘Brien O′Brien", " ".join(["o'brien"] * 6)),
        ("3″ 3” 3“ 3'' 3’’ 3′′ 3״ ＂", '3" 3" 3" 3" 3" 3" 3" "'),
        ("«Thé» „Tee“ ‹x› ‚y‘", "\"the\" \"tee\" 'x' 'y'"),
        ("Coca‑Cola Coca–Cola Coca—Cola Coca−Cola Coca‐Cola Coca﹣Cola", " ".join(["coca-cola"] * 6)),
        ("co\u00adop\u200bera\u2060ti\ufeffon\u200d \u202eabc\u202c", "cooperation abc"),
        ("Œuf Ærø Łódź Đorđe ħ ŧ ŋ ı ƙ ɓ Þórður ǿ", "oeuf aero lodz dorde h t n i k b thordur o"),
        ("KAHVALTI Kahvaltı İstanbul ISTANBUL", "kahvalti kahvalti istanbul istanbul"),
        ("Қазақ Ғалым Ґрунт", "казак галым грунт"),
        ("شَاي أَخْضَر إبراهيم آلة", "شاي اخضر ابراهيم اله"),
        ("مـــاء سؤال شئ مصطفى قهوة", "ما سوال شي مصطفي قهوه"),
        ("کتاب فارسی", "كتاب فارسي"),
        ("שָׁלוֹם ייִדיש ײדיש", "שלום יידיש יידיש"),
        ("٣ ۳ ３ ३ ①", "3 3 3 3 1"),
        ('1½" ¾" 10×15', '1 1/2"  3/4" 10x15'),
        ("1\ufe0f\u20e3 ❤\ufe0f", "1 ❤"),
        ("がぎ ｶﾞ кий क्षि น้ำ", "がぎ ガ кии क्षि น้ํา"),
    ],
)
def test_variants_are_folded_to_one_spelling(text: str, plain: str) -> None:
    assert fold(text) == plain


def test_every_character_is_folded_once_and_for_all() -> None:
    for character in CHARACTERS:
        folded = fold(character)
        assert fold(folded) == folded == fold(character.upper()) == fold(character.lower())
    whole = "".join(CHARACTERS)
    assert fold(fold(whole)) == fold(whole)
