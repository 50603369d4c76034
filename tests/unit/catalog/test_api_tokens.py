"""The text of a token: recognisable, unguessable, and refused without a query if a letter of it is wrong."""

import re
import zlib

from catalog import api_tokens


def test_scanners_recognise_a_token_by_its_beginning_and_its_checksum() -> None:
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    token = api_tokens.generate()
    assert re.fullmatch("pcat_[0-9A-Za-z]{49}", token)
    number = 0
    for letter in token[-6:]:
        number = number * 62 + letters.index(letter)
    assert number == zlib.crc32(token[5:-6].encode())


def test_each_token_is_another_one() -> None:
    tokens = [api_tokens.generate() for _ in range(300)]
    assert len(set(tokens)) == 300
    assert len({token[5:13] for token in tokens}) == 300
    assert all(api_tokens.is_well_formed(token) for token in tokens)


def test_a_token_that_was_cut_or_mistyped_is_noticed() -> None:
    token = api_tokens.generate()
    for place in range(len(token)):
        other = "x" if token[place] != "x" else "y"
        assert not api_tokens.is_well_formed(token[:place] + other + token[place + 1 :])
        assert not api_tokens.is_well_formed(token[:place] + token[place + 1 :])
    assert not api_tokens.is_well_formed(token + "0")
    assert not api_tokens.is_well_formed(token + "\n")
    assert not api_tokens.is_well_formed("")


def test_the_stored_hash_is_not_the_token() -> None:
    token = api_tokens.generate()
    assert api_tokens.digest(token) != api_tokens.digest(api_tokens.generate())
    assert token not in api_tokens.digest(token)
    assert len(api_tokens.digest(token)) == 64
