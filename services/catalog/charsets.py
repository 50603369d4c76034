"""The supported encodings of text files, by the names that content types use (WHATWG, Encoding Standard)."""

# Python's codec for each name; if programs write a vendor's extension under that name, the codec of the extension.
CODECS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "us-ascii": "ascii",
    "windows-1252": "cp1252",
    "iso-8859-1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "macintosh": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "x-mac-turkish": "mac_turkish",
    "ibm850": "cp850",
    "ibm858": "cp858",
    "ibm437": "cp437",
    "ibm865": "cp865",
    "windows-1250": "cp1250",
    "iso-8859-2": "iso8859-2",
    "ibm852": "cp852",
    "windows-1251": "cp1251",
    "iso-8859-5": "iso8859-5",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "ibm866": "cp866",
    "x-mac-cyrillic": "mac_cyrillic",
    "windows-1253": "cp1253",
    "iso-8859-7": "iso8859-7",
    "ibm737": "cp737",
    "windows-1254": "cp1254",
    "iso-8859-9": "iso8859-9",
    "ibm857": "cp857",
    "windows-1255": "cp1255",
    "iso-8859-8": "iso8859-8",
    "ibm862": "cp862",
    "windows-1256": "cp1256",
    "iso-8859-6": "iso8859-6",
    "windows-1257": "cp1257",
    "iso-8859-13": "iso8859-13",
    "ibm775": "cp775",
    "windows-1258": "cp1258",
    "windows-874": "cp874",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "euc-kr": "cp949",
}

_ALIASES = {
    "utf8": "utf-8",
    "ascii": "us-ascii",
    "ansi_x3.4-1968": "us-ascii",
    "cp1252": "windows-1252",
    "x-cp1252": "windows-1252",
    "ansi": "windows-1252",
    "latin1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "l1": "iso-8859-1",
    "iso8859-1": "iso-8859-1",
    "latin9": "iso-8859-15",
    "latin-9": "iso-8859-15",
    "l9": "iso-8859-15",
    "mac": "macintosh",
    "x-mac-roman": "macintosh",
    "mac_roman": "macintosh",
    "macroman": "macintosh",
    "latin2": "iso-8859-2",
    "l2": "iso-8859-2",
    "cyrillic": "iso-8859-5",
    "koi8": "koi8-r",
    "koi": "koi8-r",
    "greek": "iso-8859-7",
    "latin5": "iso-8859-9",
    "l5": "iso-8859-9",
    "hebrew": "iso-8859-8",
    "arabic": "iso-8859-6",
    "tis-620": "windows-874",
    "sjis": "shift_jis",
    "shift-jis": "shift_jis",
    "x-sjis": "shift_jis",
    "ms_kanji": "shift_jis",
    "windows-31j": "shift_jis",
    "cp932": "shift_jis",
    "ms932": "shift_jis",
    "x-euc-jp": "euc-jp",
    "eucjp": "euc-jp",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "chinese": "gb18030",
    "x-gbk": "gbk",
    "cp936": "gbk",
    "big5-hkscs": "big5",
    "cn-big5": "big5",
    "cp950": "big5",
    "euckr": "euc-kr",
    "korean": "euc-kr",
    "cp949": "euc-kr",
    "ms949": "euc-kr",
    "uhc": "euc-kr",
    "windows-949": "euc-kr",
    "ks_c_5601-1987": "euc-kr",
} | {
    alias: name
    for name in CODECS
    for alias in (
        (f"cp{name[3:]}", name[3:], f"cp-{name[3:]}", f"ibm-{name[3:]}", f"dos-{name[3:]}") if name.startswith("ibm")
        else (f"cp{name[8:]}", f"x-cp{name[8:]}") if name.startswith("windows-")
        else (name.replace("iso-", "iso"), name.replace("iso-", "iso_")) if name.startswith("iso-8859")
        else ()
    )
}  # fmt: skip

_NAMES = {codec: name for name, codec in reversed(CODECS.items())}

# The encodings that people can choose from, the likeliest first.
CHOICES = (
    "utf-8", "windows-1252", "macintosh", "ibm850", "iso-8859-15", "windows-1250", "iso-8859-2", "ibm852",
    "windows-1251", "koi8-r", "ibm866", "windows-1253", "windows-1254", "windows-1255", "windows-1256",
    "windows-1257", "windows-1258", "windows-874", "shift_jis", "euc-jp", "gb18030", "big5", "euc-kr", "ibm437",
)  # fmt: skip


def known(charset: str) -> str | None:
    """The key in CODECS for any usual name of a charset, or None if it is unknown."""
    given = charset.strip().lower()
    resolved = _ALIASES.get(given, given)
    return resolved if resolved in CODECS else None


def codec(charset: str) -> str | None:
    """Python's codec for any usual name of a charset, or None if it is unknown."""
    return CODECS.get(known(charset) or "")


def name(codec: str) -> str:
    """The charset name of a codec."""
    return _NAMES.get(codec, codec)
