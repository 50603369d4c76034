"""Every sentence of the pages in every language, and the compiled catalogues up to date."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.checkers import checkers
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import display_product
from catalog import amount
from display_product.web.languages import DEFAULT, LANGUAGES

FOLDER = Path(display_product.__file__).parent
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None}

TRANSLATED = sorted(set(LANGUAGES) - {DEFAULT})


def texts(message: Message) -> list[str]:
    """The translation, once for each plural."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def sentences() -> set[str | tuple[str, ...]]:
    """What the pages say, as code and templates have it."""
    with (FOLDER / "translations" / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    return {message for _, _, message, _, _ in extract_from_dir(FOLDER, methods, options, KEYWORDS)}


def catalogue(language: str) -> Catalog:
    """The translations into a language."""
    with _file(language, "po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _file(language: str, suffix: str) -> Path:
    return FOLDER / "translations" / language / "LC_MESSAGES" / f"messages.{suffix}"


def test_the_search_for_sentences_finds_those_of_code_templates_and_plurals() -> None:
    assert {
        "Enter a name.",
        "What are you looking for?",
        ("%(count)s row", "%(count)s rows"),
        "Newest first",
    } <= sentences()


def test_imports_know_currencies_in_every_language_of_the_pages() -> None:
    assert set(amount.LANGUAGES) == set(LANGUAGES), "name the language in catalog/amount.py, too"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_left_over(language: str) -> None:
    known = {message.id for message in catalogue(language) if message.id}
    assert known == sentences(), "run `make messages`, then translate what is new in messages.po"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_empty_fuzzy_or_broken(language: str) -> None:
    translations = catalogue(language)
    for message in translations:
        assert all(texts(message)), f"translate {message.id!r} in messages.po, then run `make translations`"
        # The header, which has no id, is the one message that tools mark as fuzzy by themselves.
        assert not (message.fuzzy and message.id), f"{message.id} is fuzzy"
        for check in checkers:
            check(translations, message)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_translations_are_those_of_the_text_file(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    assert _file(language, "mo").read_bytes() == compiled.getvalue(), "run `make translations`"


def test_french_has_a_no_break_space_where_its_typography_wants_one() -> None:
    for message in catalogue("fr"):
        for string in texts(message):
            # The header, which has no id, is for programs; a line of a CSV file is no sentence.
            if message.id and ";nom;" not in string:
                assert not re.search(r"(?<!\xa0)[;:!?»]|«(?!\xa0)", string), string


def test_the_guide_names_buttons_and_headings_as_the_pages_do() -> None:
    guide = (FOLDER.parents[1] / "docs" / "pages.md").read_text(encoding="utf-8")
    headings = re.findall(r"^\| ([A-Z][^|]*) \|", guide, re.MULTILINE)
    named = set(re.findall(r"\*\*([^*]+)\*\*", guide)) | set(headings)
    assert len(headings) == 6
    assert named - sentences() == set()
