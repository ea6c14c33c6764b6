"""What texts are made of: what can't be seen in them, the nicks that they name, the words by which they are found."""
import re, unicodedata

CONTROL = "\x00-\x1f\x7f-\x9f"
BLANK = (" \xa0\xad\u034f\u061c\u115f-\u1160\u1680\u17b4-\u17b5\u180b-\u180f\u2000-\u200f\u202f\u205f-\u206f\u2800"
         "\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
         "\U000e0000-\U000e0fff")
OWN_WORDS = re.compile(f"((?=[{BLANK}]*[^{BLANK}])[^{CONTROL}\u2028-\u202e\u2066-\u2069]+)?")  # STATUS-7
FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")  # lower() would fold more (NAME-2)
NAMED = re.compile(r"(?<![A-Za-z0-9_@.-])@([A-Za-z0-9][A-Za-z0-9_-]{0,31})(?![A-Za-z0-9_-])")

def mentions(text):
    """The nicks that a text names (MENTION-1)."""
    return list(dict.fromkeys(name.translate(FOLD) for name in NAMED.findall(text)))[:32]

ALONE = ((0x3041, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF))

def words(text):
    """The different words of a text, folded: as the specification has it (SEARCH-2)."""
    text = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))
    found, word, alone = set(), "", False
    for character in text.lower().replace("ς", "σ") + " ":
        kind, code = unicodedata.category(character)[0], ord(character)
        single = kind == "L" and any(low <= code <= high for low, high in ALONE)
        if word and (kind == "M" or kind in "LN" and not alone and not single):
            word += character
            continue
        found.add(word)
        word, alone = (character, single) if kind in "LN" else ("", False)
    return found - {""}
