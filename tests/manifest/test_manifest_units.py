"""Durations, sizes and counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.manifest import units


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90", 90), ("1.5", 1.5), (".5", 0.5), ("500ms", 0.5), ("90s", 90), ("10m", 600),
        ("1h30m", 5400), ("1.5h", 5400), ("1m30s500ms", 90.5), ("2d", 172800)],
)  # fmt: skip
def test_a_duration_is_a_number_of_seconds(text: str, seconds: float) -> None:
    assert units.duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "x", "5x", "-1", "1 h", "1m30", "30m1h", "1h1h", "1e3", "h", ".", "10M", "99999d", "inf", "nan", "١s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"durations|ten years"):
        units.duration(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0", 0), ("1500", 1500), ("10k", 10_000), ("1.1G", 1_100_000_000), ("2T", 2 * 10**12),
        ("1Ki", 1024), ("1.5Mi", 1_572_864), ("1Gi", 2**30), ("1Ti", 2**40)],
)  # fmt: skip
def test_a_size_is_a_number_of_bytes(text: str, amount: int) -> None:
    assert units.size(text) == amount


@pytest.mark.parametrize("text", ["", "1KB", "1K", "1g", "-1", "1 G", "G", "1e3", "99999999T"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"sizes|EiB"):
        units.size(text)


def test_a_count_has_no_binary_units() -> None:
    assert (units.count("60k"), units.count("5M"), units.count("2.5k")) == (60_000, 5_000_000, 2_500)
    with pytest.raises(ValueError, match="counts"):
        units.count("1Ki")


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    for read in (units.duration, units.size, units.count):
        try:
            assert read(text) >= 0
        except ValueError:
            pass
