"""Import files as people have them: what is taken, what is refused, and that the report says so."""

import pytest

from apps import Api

PATH = "/api/v1/products"
NDJSON = "application/x-ndjson"


def stored(api: Api) -> dict[str, dict]:
    """The catalogue by SKU."""
    return {product["sku"]: product for product in api.all()}


def prices(api: Api) -> dict[str, str]:
    """Price by SKU."""
    return {sku: product["price"] for sku, product in stored(api).items()}


def faults(report: dict) -> list[tuple[int, str | None, str]]:
    """Row, field and code of each error."""
    return [(error["row"], error["field"], error["code"]) for error in report["errors"]]


def test_a_decimal_comma_is_no_factor(api: Api) -> None:
    report = api.load("sku;name;price\nT-1;Savon;4,20\nT-2;Miel;2,4\nT-3;Vin;1234,50\nT-4;Sel;1.50\n")
    assert (report["created"], report["errors"]) == (4, [])
    assert prices(api) == {"T-1": "4.20", "T-2": "2.40", "T-3": "1234.50", "T-4": "1.50"}


@pytest.mark.parametrize(
    ("written", "price"),
    [("12,50", "12.50"), ("1 299,00 €", "1299.00"), ("1\u00a0299,00\u00a0€", "1299.00"), ("1\u202f299,00", "1299.00"),
     ("1.299,00", "1299.00"), ("1,299.00", "1299.00"), ("1’299.00", "1299.00"), ("1.299.000", "1299000.00"), ("€ 5", "5.00"),
     ("5 EUR", "5.00"), (".8800", "0.88"), ("1431.5000", "1431.50"), ("0", "0.00"), ("007,5", "7.50")],
)  # fmt: skip
def test_prices_are_read_as_people_write_them(api: Api, written: str, price: str) -> None:
    assert api.load(f"sku;name;price\nP;n;{written}\n")["errors"] == []
    assert prices(api) == {"P": price}


@pytest.mark.parametrize(
    ("written", "code"),
    [("1,299", "ambiguous"), ("1.299", "ambiguous"), ("12.500", "ambiguous"), ("12,500", "ambiguous"), ("1.005", "ambiguous"),
     ("0,123", "decimals"), ("60.7450", "decimals"), ("1E3", "number"), ("NaN", "number"), ("free", "number"),
     ("-5", "negative"), ("(5)", "negative"), ("1,2,3", "number"), ("1 29,00", "number"), ("12345678901", "digits"), ("", "required")],
)  # fmt: skip
def test_a_price_that_could_mean_two_things_or_none_is_refused(api: Api, written: str, code: str) -> None:
    report = api.load(f"sku;name;price\nbad;n;{written}\ngood;n;1,00\n")
    assert faults(report) == [(2, "price", code)]
    assert report["errors"][0] | {"detail": "", "params": {}} == {
        "row": 2, "line": 2, "column": "price", "field": "price", "value": written, "detail": "", "code": code,
        "params": {},
    }  # fmt: skip
    assert (report["created"], report["failed"], prices(api)) == (1, 1, {"good": "1.00"})


def test_a_foreign_currency_is_refused(api: Api) -> None:
    report = api.load("sku;name;price\nA;n;$1,299.00\nB;n;5 USD\nC;n;5 €\nD;n;12,50 euros\n")
    assert (faults(report), report["warnings"]) == ([(2, "price", "currency"), (3, "price", "currency")], [])
    assert prices(api) == {"C": "5.00", "D": "12.50"}


@pytest.mark.parametrize("heading", ["sku,name,price", '"sku",name,price'])
def test_a_byte_order_mark_hides_no_column(api: Api, heading: str) -> None:
    report = api.load(b"\xef\xbb\xbf" + heading.encode() + b"\r\nB-1,Cup,3.00\r\n")
    assert report["ignored_columns"] == []
    assert prices(api) == {"B-1": "3.00"}


def test_headings_and_cells_are_trimmed(api: Api) -> None:
    api.load("SKU , Name,DESCRIPTION ,price\n H-1 , Lamp , Warm light , 9.90 \n")
    product = stored(api)["H-1"]
    assert (product["name"], product["description"], product["price"]) == ("Lamp", "Warm light", "9.90")


def test_an_unknown_column_is_named(api: Api) -> None:
    assert api.load("sku,name,price,colour\nA,n,1.00,red\n")["ignored_columns"] == ["colour"]


@pytest.mark.parametrize("heading", ["sku,Name, name ,price", "sku,name,price,PRICE", "SKU,sku,name,price"])
def test_two_columns_of_one_name_are_refused(api: Api, heading: str) -> None:
    problem = api.load(f"{heading}\nA,b,1.00,2.00\n", status=422)
    assert "same name" in problem["detail"]
    assert api.all() == []


def test_windows_1252_comes_out_as_it_was(api: Api) -> None:
    text = "sku;name;description;price\nW-1;Thé « bio » – 5 €;“curly” ‘quotes’ œuvre…;4,20\n"
    report = api.load(text.encode("cp1252"))
    assert report["encoding"] == "windows-1252"
    product = stored(api)["W-1"]
    assert (product["name"], product["description"]) == ("Thé « bio » – 5 €", "“curly” ‘quotes’ œuvre…")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8", "utf-8-sig"])
def test_unicode_encodings_are_recognised(api: Api, encoding: str) -> None:
    api.load("sku\tname\tprice\nU-1\tThé 茶 🍃\t4,20\n".encode(encoding))
    assert stored(api)["U-1"]["name"] == "Thé 茶 🍃"


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ("sku;name;price\nA;n;1,00\nB;caf\xe9;1,00\nC;\x81;1,00\n".encode("latin-1"), "Line 4"),
        (b"sku;name;price\n" + "A;Thé glacé à la pêche;1,00\n".encode() * 3 + b"B;caf\xe9;1,00\n", "line 5 is damaged"),
        (("sku;name;price\n" + "R;Мыло душистое хозяйственное;4,20\n" * 9).encode("cp1251"), "may be windows-1251"),
        (("sku;name;price\n" + "M;Pâté à l’été, crème;4,20\n" * 9).encode("mac_roman"), "macintosh"),
        (b"PK\x03\x04" + bytes(100), "workbook"),
        (bytes(range(256)) * 10, "binary"),
        (b"\xff\xfes\x00k\x00u\x00,\x00n\x00a\x00m\x00e\x00\n\x00\x00\xd8\n\x00", "Line 2 is not UTF-16"),
        (b"\xef\xbb\xbfsku,name,price\nA,caf\xe9,1.00\n", "Line 2 is not UTF-8"),
    ],
)
def test_an_encoding_is_never_guessed(api: Api, data: bytes, part: str) -> None:
    problem = api.load(data, status=422)
    assert part in problem["detail"]
    assert api.all() == []


def test_a_named_charset_is_taken_at_its_word(api: Api) -> None:
    text = "sku;name;price\nR-1;Мыло;4,20\n"
    api.load(text.encode("cp1251"), kind="text/csv; charset=windows-1251")
    assert stored(api)["R-1"]["name"] == "Мыло"
    assert "Line 2" in api.load(text.encode("cp1251"), kind="text/csv; charset=utf-8", status=422)["detail"]
    for unknown in ("klingon", "x" * 100, '"' + "é" * 70 + '"'):
        for kind in ("text/csv", NDJSON):
            assert "not known" in api.load(text, kind=f"{kind}; charset={unknown}", status=422)["detail"]
    api.load(text, kind=f'text/csv; charset="UTF8{" " * 100}"', on_conflict="skip")


def test_what_does_not_show_makes_no_second_product(api: Api) -> None:
    product = api.create(sku="INV-1")
    skus = ("\ufeffINV-1", "INV-1\u200b", "\u200eINV-1", "INV-1\u2060", "\u202aINV-1\u202c", "\u00a0INV-1\u00ad")
    for number, sku in enumerate(skus):
        api.load(f"\ufeff\ufeffsku,name,price\n{sku},{sku},{number}.00\n", on_conflict="update")
        api.load(f'{{"sku": "{sku}", "price": "{number}.50"}}\n', NDJSON, on_conflict="update")
        assert api.add.post(PATH, json={"sku": sku, "name": "x", "price": "1"}).status_code == 409
    assert [(each["id"], each["sku"], each["name"], each["price"]) for each in api.all()] == [
        (product["id"], "INV-1", "INV-1", "5.50")
    ]
    report = api.load("sku,name,price\nINV\u00ad-1,x,1.00\n,\ufffe,1.00\n\u200b,no SKU,1.00\n")
    assert faults(report) == [(2, "sku", "invisible_character"), (3, "name", "control_character")]
    assert api.names() == ["INV-1", "no SKU"]


def test_blanks_make_no_second_product_and_stay_as_they_are(api: Api) -> None:
    report = api.load("sku,name,price\nINV\u00a07,first,1.00\nINV 7,twin,1.00\n")
    assert (report["created"], faults(report)) == (1, [(3, "sku", "repeated")])
    assert api.load("sku,price\nINV  7,1.00\n", on_conflict="update")["skipped"] == 1
    assert [(each["sku"], each["name"]) for each in api.all()] == [("INV\u00a07", "first")]
    assert api.load("sku,price\ninv\u2009\u20097,7.00\n", on_conflict="update")["updated"] == 1
    assert [(each["sku"], each["name"], each["price"]) for each in api.all()] == [("INV\u00a07", "first", "7.00")]
    assert api.add.post(PATH, json={"sku": "inv  7", "name": "x", "price": "1"}).status_code == 409


@pytest.mark.parametrize("on_conflict", ["fail", "skip", "update"])
def test_a_repeated_row_makes_no_second_product(api: Api, on_conflict: str) -> None:
    file = "sku,name,price\nZ-1,One,1.00\nZ-1,One,1.00\nZ-2,Two,2.00\nz-1,Three,3.00\n"
    dry = api.load(file, on_conflict=on_conflict, dry_run="true")
    assert api.all() == []
    real = api.load(file, on_conflict=on_conflict)
    assert {**dry, "dry_run": False} == real
    assert (real["created"], faults(real)) == (2, [(3, "sku", "repeated"), (5, "sku", "repeated")])
    assert [error["params"] for error in real["errors"]] == [{"line": 2, "row": 2}] * 2
    assert "line 2" in real["errors"][0]["detail"]
    assert prices(api) == {"Z-1": "1.00", "Z-2": "2.00"}


def test_a_broken_row_does_not_count_as_the_first(api: Api) -> None:
    report = api.load("sku,name,price\nZ-1,One,bad\nZ-1,One,1.00\n")
    assert (report["created"], faults(report)) == (1, [(2, "price", "number")])


def test_rows_of_one_name_without_a_sku_are_told_apart_by_all_they_say(api: Api) -> None:
    rows = ["Thing,1.00,a", "thing,1.00,a", "Thing,1.00,A", "Thing,1.00,", "Thing,2.00,a", "Thíng,1.00,a"]
    file = "name,price,description\n" + "\n".join(rows) + "\n"
    api.load("sku,name,price,description\nS-1,Thing,1.00,a\n")
    assert api.load(file)["created"] == len(rows)
    assert api.load(file, on_conflict="skip")["skipped"] == len(rows)
    assert [fault[2] for fault in faults(api.load(file))] == ["exists_alike"] * len(rows)
    assert len(api.all()) == len(rows) + 1


def test_rows_without_a_sku_repeat_when_all_is_alike(api: Api) -> None:
    file = "name,price,description\nCup,1.00,a\nCup,1.00,a\nCup,1.00,b\nCup,2.00,a\n"
    report = api.load(file)
    assert (report["created"], faults(report)) == (3, [(3, None, "repeated")])
    again = api.load(file, on_conflict="skip")
    assert (again["created"], again["skipped"], again["failed"]) == (0, 3, 1)
    assert len(api.all()) == 3


@pytest.mark.parametrize("on_conflict", ["fail", "skip", "update"])
def test_a_dry_run_tells_what_the_run_does(api: Api, on_conflict: str) -> None:
    api.load("sku,name,price\nold,Old,1.00\nsame,Same,2.00\n")
    file = "sku,name,price\nold,Changed,3.00\nsame,Same,2.00\nnew,New,4.00\nbad,,5.00\nworse,x,-1\n"
    before = api.all()
    dry = api.load(file, on_conflict=on_conflict, dry_run="true")
    assert api.all() == before
    real = api.load(file, on_conflict=on_conflict)
    assert {**dry, "dry_run": False} == real
    assert [real[name] for name in ("rows", "created", "updated", "skipped", "failed")] == {
        "fail": [5, 1, 0, 0, 4], "skip": [5, 1, 0, 2, 2], "update": [5, 1, 1, 1, 2],
    }[on_conflict]  # fmt: skip
    assert stored(api)["old"]["name"] == ("Changed" if on_conflict == "update" else "Old")
    assert stored(api)["same"]["version"] == 1


def test_a_row_that_differs_by_its_skus_letter_case_only_changes_nothing(api: Api) -> None:
    api.create(sku="ABC-1", name="Name", price="1.00")
    report = api.load("sku,name,price\nabc-1,Name,1.00\n", on_conflict="update")
    assert (report["skipped"], stored(api)["ABC-1"]["version"]) == (1, 1)


def test_an_update_leaves_alone_what_the_file_has_no_column_for(api: Api) -> None:
    api.create(sku="U-1", name="Name", description="Text", price="1.00")
    api.load("sku,price\nU-1,2.00\n", on_conflict="update")
    assert [stored(api)["U-1"][name] for name in ("name", "description", "price")] == ["Name", "Text", "2.00"]
    api.load("sku,description\nU-1,\n", on_conflict="update")
    assert stored(api)["U-1"]["description"] == ""
    report = api.load("sku,price\nnew,2.00\n", on_conflict="update")
    assert faults(report) == [(2, "name", "no_column")]


def test_an_import_can_set_a_price_to_zero(api: Api) -> None:
    api.create(sku="Z0", price="5.00")
    api.load("sku,price\nZ0,0\n", on_conflict="update")
    assert prices(api) == {"Z0": "0.00"}


def test_skus_keep_their_zeros_through_files(api: Api) -> None:
    skus = ["0017", "0017A", "00000000", "4006381333931"]
    api.load("sku,name,price\n" + "".join(f'"{sku}",n,1.00\n' for sku in skus))
    assert sorted(stored(api)) == sorted(skus)
    for kind, media_type in (("csv", "text/csv"), ("ndjson", NDJSON)):
        exported = api.read.get(f"{PATH}/export?format={kind}").data
        report = api.load(exported, media_type, on_conflict="update")
        assert (report["created"], report["updated"], report["skipped"]) == (0, 0, 4)


def test_a_number_is_no_sku(api: Api) -> None:
    report = api.load('{"sku": 17, "name": "n", "price": "1"}\n', NDJSON)
    assert faults(report) == [(1, "sku", "type")]


def test_quotes_commas_and_line_breaks_stay_in_their_cell(api: Api) -> None:
    report = api.load(
        "sku,name,description,price\n"
        'Q-1,"Pipe 3/4"" x 2 m","Cut, threaded\nsecond line",7.10\n'
        'Q-2,Pipe 3/4" bare,plain,7.20\n'
        "Q-3,Next,plain,7.30\n"
    )
    assert report["errors"] == []
    products = stored(api)
    assert (products["Q-1"]["name"], products["Q-1"]["description"]) == (
        'Pipe 3/4" x 2 m',
        "Cut, threaded\nsecond line",
    )
    assert products["Q-2"]["name"] == 'Pipe 3/4" bare'
    assert products["Q-3"]["price"] == "7.30"


def test_a_wrong_quote_costs_its_own_row_only(api: Api) -> None:
    report = api.load('sku,name,price\nA,"3/4" pipe,1.00\nB,fine,2.00\n')
    assert (faults(report), prices(api)) == ([(2, None, "quotation_marks")], {"B": "2.00"})


def test_a_quote_that_never_ends_is_reported_with_the_lines_it_took(api: Api) -> None:
    report = api.load('sku,name,price\nA,fine,1.00\nB,"open,2.00\nC,x,3.00\n')
    assert (faults(report), prices(api)) == ([(3, None, "quotation_marks")], {"A": "1.00"})
    assert "lines 3 to 4" in report["errors"][0]["detail"]


def test_rows_and_lines_are_counted_as_people_see_them(api: Api) -> None:
    report = api.load('\n\nsku,name,price\nA,"two\nlines",1.00\n\nB,b,bad\n')
    assert [(error["row"], error["line"]) for error in report["errors"]] == [(4, 4), (6, 7)]


def test_a_row_of_another_length_is_refused(api: Api) -> None:
    report = api.load("sku,name,price\nA,Miel,2,4\nB,short\nC,blank,1.00,,\n,,\nD,fine,1.00\n")
    assert faults(report) == [(2, None, "cells"), (3, None, "cells")]
    assert prices(api) == {"C": "1.00", "D": "1.00"}


def test_rows_are_read_as_spreadsheets_leave_them(api: Api) -> None:
    report = api.load(
        'sep=,;;\nsku,name,price,description,\nX-1, "Cup",3.00\n"=""0012""",Mug,4.00,d\nX-3,cut\nX-4,y,\n'
    )
    assert (report["created"], faults(report)) == (2, [(5, None, "cells"), (6, "price", "required")])
    assert {sku: each["name"] for sku, each in stored(api).items()} == {"X-1": "Cup", "0012": "Mug"}


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        ("Référence;Désignation;Descriptif;Prix", {"sku", "name", "description", "price"}),
        ("UGS;Nom;Description;Tarif régulier", {"sku", "name", "description", "price"}),
        ("code;libellé;prix (EUR)", {"sku", "name", "price"}),
        ("PRODUCT_NAME;Unit price", {"name", "price"}),
    ],
)
def test_french_and_other_headings_are_known(api: Api, heading: str, fields: set[str]) -> None:
    cells = ["1,00" if "pri" in name.lower() or "tarif" in name.lower() else "x" for name in heading.split(";")]
    report = api.load(f"{heading}\n{';'.join(cells)}\n")
    assert (set(report["columns"]), report["created"]) == (fields, 1)


def test_a_woocommerce_export_is_taken(api: Api) -> None:
    api.load(
        "ID,Type,SKU,Name,Published,Short description,Description,Sale price,Regular price,Parent\n"
        '1,variable,,Hoodie,1,s,"<p>Warm &amp; soft.</p><ul><li>Red</li><li>Blue</li></ul>",,,\n'
        '2,variation,H-R,Hoodie - Red,1,,"Line one\\nline <b>two</b>",40.00,45.00,id:1\n'
        '3,simple,S-1,Scarf,1,,"<script>alert(1)</script>Plain",,12.00,\n'
    )
    products = stored(api)
    assert set(products) == {"H-R", "S-1"}
    assert (products["H-R"]["price"], products["H-R"]["description"]) == ("45.00", "Line one\nline two")
    assert products["S-1"]["description"] == "Plain"


def test_a_shopify_export_is_taken(api: Api) -> None:
    report = api.load(
        "Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src\n"
        "mug,Mug,<p>Holds <em>0.3 l</em>.<br>Round.</p>,Title,Default Title,M-1,12.50,a.jpg\n"
        "tee,Tee,<p>Soft.</p>,Size,S,T-S,20.00,b.jpg\ntee,,,,M,T-M,21.00,\ntee,,,,,,,c.jpg\n"
    )
    products = stored(api)
    assert {sku: product["name"] for sku, product in products.items()} == {
        "M-1": "Mug",
        "T-S": "Tee – S",
        "T-M": "Tee – M",
    }
    assert products["M-1"]["description"] == "Holds 0.3 l.\nRound."
    assert products["T-M"]["description"] == "Soft."
    assert [(warning["row"], warning["code"]) for warning in report["warnings"]] == [(5, "no_product")]


def test_markup_in_a_plain_file_is_text(api: Api) -> None:
    api.load('sku,name,description,price\nA,Salt & "Pepper" <mill> &amp;,<p>kept</p>,1.00\n')
    product = stored(api)["A"]
    assert (product["name"], product["description"]) == ('Salt & "Pepper" <mill> &amp;', "<p>kept</p>")


def test_the_separator_hint_of_a_spreadsheet_is_followed(api: Api) -> None:
    report = api.load("sep=;\r\nsku;name;price\r\nA;a, b;bad\r\nB;b;1,00\r\n")
    assert [(error["row"], error["line"]) for error in report["errors"]] == [(3, 3)]
    assert prices(api) == {"B": "1.00"}


@pytest.mark.parametrize(
    ("data", "part"),
    [("", "empty"), ("\n \n", "empty"), ("a,b,c\n1,2,3\n", "no known headings"), ("1;2;3\n", "no known headings"),
     ("name\nx\n", "no known headings"), ('[{"name": "x"}]', "NDJSON"), ('{"name": "x"}', "NDJSON"),
     ('"sku","na"me,price\n', "heading row"), ("x" * 2_000_000, "no table")],
)  # fmt: skip
def test_a_file_that_is_no_table_of_products_is_refused_whole(api: Api, data: str, part: str) -> None:
    assert part in api.load(data, status=422)["detail"]
    assert api.all() == []


@pytest.mark.parametrize(
    "data", ['[{"name": "x", "price": 1}]', '[\n{"name": "x"},\n{"name": "y"}\n]', '{\n"name": "x"\n}']
)
def test_ndjson_that_is_one_document_is_told_so_once(api: Api, data: str) -> None:
    problem = api.load(data, NDJSON, status=422)
    assert (problem["errors"][0]["code"], "one product on each line" in problem["detail"]) == ("json", True)


def test_what_concerns_the_whole_file_is_said_once_and_first(api: Api) -> None:
    api.create(sku="A", price="1.00")
    report = api.load("sku,name,Price USD,price old\nA,x,2.00,1\nA-2,y,3.00,2\nA-3,z,-1,0\n", on_conflict="update")
    assert [(each["row"], each["column"], each["field"], each["code"]) for each in report["warnings"]] == [
        (1, "Price USD", None, "similar_heading"), (1, "price old", None, "similar_heading"), (1, None, "price", "missing_column"),
    ]  # fmt: skip
    assert prices(api) == {"A": "1.00"}
    assert report["ignored_columns"] == ["Price USD", "price old"]


def test_a_woocommerce_export_keeps_its_backslashes(api: Api) -> None:
    api.load("ID,Type,SKU,Name,Description,Regular price\n1,simple,A,x,C:\\\\new\\nline,1.00\n")
    assert stored(api)["A"]["description"] == "C:\\new\nline"


def test_one_heading_of_a_program_makes_no_html_of_a_file(api: Api) -> None:
    api.load("sku,name,description,regular price\nA,x,use <M8> bolts & 3 < 4 &amp;,1.00\n")
    assert stored(api)["A"]["description"] == "use <M8> bolts & 3 < 4 &amp;"


def test_a_json_document_is_told_what_is_accepted(api: Api) -> None:
    problem = api.load("{}", "application/json", status=415)
    assert "application/x-ndjson" in problem["detail"]


def test_ndjson_is_taken_exactly_and_reported_by_line(api: Api) -> None:
    report = api.load(
        b'{"sku": "N-1", "name": "  =2+3 ", "description": "a\\nb", "price": 12.5}\r\n\n'
        b'{"sku": "N-2", "name": "x", "price": "1.005", "colour": "red"}\n'
        b"not json\n"
        b"[1]\n" + b'{"name": "' + b"x" * 300_000 + b'"}\n' + b'{"name": "\xff", "price": 1}\n'
        b'{"sku": "N-3", "name": "last", "price": "1"}',
        NDJSON,
    )
    assert (report["created"], report["rows"]) == (2, 7)
    assert stored(api)["N-1"]["name"] == "=2+3"
    assert faults(report) == [
        (3, "price", "decimals"), (3, "colour", "unknown"), (4, None, "malformed"), (5, None, "type"),
        (6, None, "line_too_long"), (7, None, "malformed"),
    ]  # fmt: skip


def test_a_broken_row_loses_none_of_a_thousand_neighbours(api: Api) -> None:
    rows = [f"S-{n},Thing {n},{'bad' if n == 700 else '1.00'}" for n in range(1300)]
    report = api.load("sku,name,price\n" + "\n".join(rows))
    assert (report["created"], report["failed"], len(api.all())) == (1299, 1, 1299)


def test_a_long_list_of_errors_is_cut_and_counted(api: Api) -> None:
    report = api.load("sku,name,price\n" + "".join(f"S-{n},x,bad\n" for n in range(1500)))
    assert (report["failed"], len(report["errors"]), report["errors_omitted"]) == (1500, 1000, 500)


def test_a_long_value_is_shortened_in_the_report(api: Api) -> None:
    report = api.load(f"sku,name,price\nA,{'n' * 300},1.00\n")
    assert (len(report["errors"][0]["value"]), report["errors"][0]["code"]) == (80, "too_long")


def test_a_file_beyond_the_limit_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    small = msgspec.structs.replace(api.settings, import_max_bytes=1000)
    monkeypatch.setitem(api.add.application.extensions, "settings", small)
    api.load("sku,name,price\n" + "A,b,1.00\n" * 200, status=413)
    assert api.all() == []
