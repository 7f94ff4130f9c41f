import unittest

from roman import number, numeral


class Numerals(unittest.TestCase):
    def test_known_ones(self) -> None:
        for value, text in ((1, "I"), (4, "IV"), (14, "XIV"), (1999, "MCMXCIX")):
            self.assertEqual(numeral(value), text)

    def test_there_and_back(self) -> None:
        for value in range(1, 4000):
            self.assertEqual(number(numeral(value)), value)

    def test_what_is_none(self) -> None:
        for text in ("", "IIII", "VX", "x"):
            with self.assertRaises(ValueError):
                number(text)
