"""Approvals as decisions: an answer belongs to the digest of what was made, and nothing else passes for a yes."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.approval import Answer, Standing, answer_key, made_digest, standing
from uetbuild.core.stamps import Stage, Stamp

digests = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["f1", "f2", "x1"]), max_size=3)
made = st.dictionaries(
    st.sampled_from(["n", "m"]),
    st.builds(lambda outputs, edits, stage: Stamp(node="", stage=stage, outputs=outputs, edits=edits), digests, digests,
              st.sampled_from([Stage.PRODUCED, Stage.REJECTED, Stage.DONE])),
    min_size=1,
)  # fmt: skip


def answer(yes):
    return Answer(yes=yes, who="ann@host", time=1.0, run="r")


def files(stamps):
    return {name: (stamp.outputs, stamp.edits) for name, stamp in stamps.items()}


@given(made, made)
def test_two_results_have_one_digest_exactly_when_the_same_nodes_made_the_same(one, other):
    assert (made_digest(one.items()) == made_digest(other.items())) == (files(one) == files(other))


@given(made)
def test_the_digest_depends_on_no_order_and_not_on_how_far_the_gates_are(stamps):
    again = [
        (name, stamp.with_(stage=Stage.DONE, outputs=dict(reversed(stamp.outputs.items())))) for name, stamp in reversed(stamps.items())
    ]
    assert made_digest(again) == made_digest(stamps.items()) != ""


def test_what_left_no_record_has_no_digest():
    done = ("n", Stamp(node="n", stage=Stage.DONE))
    assert made_digest([done]) and not made_digest([])
    assert not made_digest([done, ("m", None)]) and not made_digest([done, ("m", Stamp(node="m", stage=Stage.STARTED))])


def test_only_a_yes_to_just_this_that_still_lies_there_is_one():
    for digest, said, touched, anew in itertools.product(("", "d"), (None, answer(True), answer(False)), (False, True), (False, True)):
        given = standing(digest, said, touched, anew) == Standing.GIVEN
        assert given == (bool(digest) and said == answer(True) and not touched and not anew)


def test_how_an_approval_stands():
    assert standing("d", None, False, False) == Standing.OPEN
    assert standing("d", answer(False), False, False) == Standing.REFUSED
    assert standing("d", answer(False), False, True) == Standing.OPEN  # asked whatever was said
    assert standing("d", answer(True), True, False) == Standing.NOTHING  # that is not what was made


def test_answers_to_one_gate_about_two_results_are_two():
    assert len({answer_key("g", "1"), answer_key("g", "2"), answer_key("h", "1")}) == 3
