"""HTML descriptions as plain text: all that a browser shows, and nothing that it hides."""

import time

import pytest

from add_product.imports.markup import to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain,  with\nits lines", "plain,  with\nits lines"),
        ("Salt &amp; pepper", "Salt & pepper"),
        ("https://shop.example/?a=1&b=2", "https://shop.example/?a=1&b=2"),
        ("a < b", "a < b"),
        ("<p>one\n  line</p>next<br/><br>last", "one line\nnext\nlast"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<p>0.3&nbsp;l &lt;b&gt;</p>", "0.3 l <b>"),
        ("<ruby>茶<rt>cha</rt></ruby>", "茶cha"),
        ("<p>a<!-- hidden --></p>", "a"),
        ("<!--[if gte mso 9]><xml>hidden</xml><![endif]--><p>a</p><![if !x]>b<![endif]>", "a\nb"),
        ("<!DOCTYPE html><?xml hidden?><p>a", "a"),
        ("<style>p {}</style><script>x()</script><template><p>x</p></template>a", "a"),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ("<p></p>", ""),
        ("<![x[y]]>a", "a"),
        ("a<![ ", "a<!["),
        ("a <b", "a <b"),
        ("<!-- no end", "<!-- no end"),
        ("<a title=\"x > y\" href='>'>link</a>", "link"),
        ('<a title="no end>link', "link"),
        ("<SCRIPT>if (a < b) {'<p>'}</SCRIPT>a", "a"),
        ("x &#" + "9" * 5000 + ";", "x &#" + "9" * 5000 + ";"),
    ],
)
def test_a_description_is_what_a_browser_shows(html: str, text: str) -> None:
    assert to_text(html) == text


def test_the_time_for_a_description_grows_with_its_length_only() -> None:
    before = time.process_time()
    assert to_text("a<br>" * 20_000) == "\n".join("a" * 20_000)
    for part in ("<a ", '<a "', "<a '>'", "<!--", "<![", "<?", "</", "<", "<script>", "<a\"'", "&#", "<a/<", "<a:"):
        for end in ("", ">", '">', "-->", '"'):
            to_text(part * (60_000 // len(part)) + end)
    assert time.process_time() - before < 10, "seconds; one is usual"
