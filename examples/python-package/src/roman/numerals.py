"""From numbers to numerals and back."""

LETTERS = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
]


def numeral(value: int) -> str:
    """The numeral of a number from 1 to 3999. Raises ValueError for others."""
    if not 0 < value < 4000:
        raise ValueError(f"there is no numeral for {value}")
    text = ""
    for worth, letters in LETTERS:
        count, value = divmod(value, worth)
        text += letters * count
    return text


def number(text: str) -> int:
    """The number that a numeral means. Raises ValueError for what is none."""
    value, rest = 0, text
    for worth, letters in LETTERS:
        while rest.startswith(letters):
            value, rest = value + worth, rest[len(letters) :]
    if not text or rest or numeral(value) != text:
        raise ValueError(f"{text!r} is no numeral")
    return value
