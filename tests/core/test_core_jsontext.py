"""JSON is written as the standard library writes it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.jsontext import dumps

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(plain, inner, max_size=4), max_leaves=20
)


@given(values, st.sampled_from([0, 1, 4]), st.booleans())
def test_every_value_is_written_as_json_writes_it(value: object, indent: int, ascii: bool) -> None:
    assert dumps(value, indent, ascii) == json.dumps(value, indent=indent or None, ensure_ascii=ascii)


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, {"a": [object()]}, {(1,): 2}])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        dumps(value)
