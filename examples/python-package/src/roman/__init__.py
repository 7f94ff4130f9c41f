"""Roman numerals: `numeral(14)` is `XIV`, `number("XIV")` is 14."""

from roman.numerals import number, numeral

__all__ = ["number", "numeral"]
