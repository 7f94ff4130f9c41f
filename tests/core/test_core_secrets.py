from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from uetbuild.core.secrets import Masker

TEXTS = st.text(alphabet="abä", max_size=40)
SECRETS = st.lists(st.text(alphabet="abä", min_size=4, max_size=7), max_size=4)


def masked(secrets, *chunks):
    masker = Masker(secrets)
    return b"".join([*(masker.feed(chunk) for chunk in chunks), masker.finish()])


def by_definition(secrets, data):
    """Every byte of any occurrence is hidden; overlapping occurrences are one."""
    spots = sorted(
        (start, start + len(secret))
        for secret in {secret.encode() for secret in secrets}
        for start in range(len(data))
        if data.startswith(secret, start)
    )
    shown, position, end = b"", 0, 0
    for start, stop in spots:
        if start >= end:
            shown += data[position:start] + b"***"
        end = position = max(end, stop)
    return shown + data[position:]


@settings(max_examples=100)
@given(SECRETS, TEXTS, st.data())
def test_masking_hides_every_byte_of_every_secret_however_the_text_is_cut(secrets, text, data):
    whole = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    chunks = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert masked(secrets, *chunks) == by_definition(secrets, whole)


def test_less_than_a_secret_is_held_back():
    masker = Masker(["hunter22"])
    assert masker.feed(b"password: hunt") == b"password: "
    assert masker.feed(b"ing season") == b"hunting season"


def test_nothing_is_held_back_that_begins_no_secret():
    assert Masker(["hunter22"]).feed(b"plain text") == b"plain text"


def test_values_shorter_than_four_characters_are_shown():
    assert masked(["abc", ""], b"abc") == b"abc"


def test_a_masker_starts_afresh_after_its_end():
    masker = Masker(["hunter22"])
    assert masker.feed(b"hunt") + masker.finish() == b"hunt"
    assert masker.feed(b"er22") + masker.finish() == b"er22"
