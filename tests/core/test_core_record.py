"""Records: values that cross `marshal` as plain tuples."""

from __future__ import annotations

import marshal

import pytest

from uetbuild.core.events import Event
from uetbuild.core.jobs import Command, Job, Outcome, Progress
from uetbuild.core.nodes import Hole, Node, Source, Step
from uetbuild.core.record import Spelled
from uetbuild.core.stamps import Stamp
from uetbuild.core.verdicts import Judged, Reason, Verdict

HOLE = Hole(name="inputs", key="src")
STEP = Step(kind=Step.SHELL, text=("cc ", HOLE, " -o x"), env=(("CC", ("gcc-", HOLE)),))
GROUP = Source(pattern="", kind=Source.GROUP, items=(Source(pattern="a/*", kind=Source.GLOB), Source(pattern="b", negative=True)))
NODE = Node(id="a", workstream="a", inputs=(GROUP,), steps=(STEP,), resources=(("gpu", 1),), skip_if=STEP)


@pytest.mark.parametrize("record", [HOLE, STEP, GROUP, NODE, Node(id="b", workstream="b")], ids=lambda record: type(record).__name__)
def test_a_record_survives_marshal_with_all_that_it_holds(record):
    row = marshal.loads(marshal.dumps(record.row()))
    assert type(record).from_row(row) == record


def test_a_copy_differs_only_in_what_was_said():
    changed = NODE.with_(title="x")
    assert changed.title == "x" and changed != NODE and changed.with_(title="") == NODE


def test_records_of_different_kinds_are_never_equal():
    assert Judged(verdict=Verdict.STALE) != Reason(code="stale")
    assert Reason(code="forced") != ("forced", "")


def test_equal_records_are_one_key():
    event = Event(seq=1, time=1.0, run="r", event="run_started", data={"b": 1, "a": 2})
    assert len({event, event.with_(), Reason(code="forced"), Reason(code="forced", detail="")}) == 2


def test_a_record_shows_only_what_is_not_the_default():
    assert repr(Source(pattern="a", optional=True)) == "Source(pattern='a', optional=True)"


def test_an_unknown_or_missing_field_is_a_mistake_of_the_programmer():
    with pytest.raises(TypeError, match="Hole has no field 'cod'"):
        Hole(name="a", cod=1)
    with pytest.raises(KeyError, match="name"):
        Hole(key="a")
    with pytest.raises(TypeError, match="Reason has no field 'cod'"):
        Reason(code="forced").with_(cod=1)
    with pytest.raises(ValueError, match="a row of 1 values is no Reason"):
        Reason.from_row(("forced",))


SPELLED = [Command, Event, Job, Judged, Outcome, Progress, Reason, Source, Stamp, Step]


@pytest.mark.parametrize("kind", SPELLED, ids=lambda kind: kind.__name__)
def test_a_record_that_is_spelled_out_takes_its_fields_in_their_order_and_mistakes_none_for_another(kind):
    row = tuple(f"value of {name}" for name in kind.__slots__)
    record = kind(*row)
    assert [getattr(record, name) for name in kind.__slots__] == list(row)
    assert kind(**dict(zip(kind.__slots__, row, strict=True))) == record == kind.from_row(record.row()) == record.with_()
    changed = record.with_(**{kind.__slots__[-1]: "new"})
    assert (*changed.row()[:-1], record.row()[-1]) == row and changed.row()[-1] == "new"
    needed = len(kind.__slots__) - len(kind.DEFAULTS)
    assert kind(*row[:needed]) == kind(*row[:needed], *kind.DEFAULTS.values())
    assert list(kind.DEFAULTS) == list(kind.__slots__[needed:])
    with pytest.raises(TypeError):
        kind(*row, "one too many")
    with pytest.raises(ValueError, match=f"is no {kind.__name__}"):
        kind.from_row(row[:-1])


def test_no_other_record_is_spelled_out():
    assert {kind for kind in Spelled.__subclasses__() if kind.__module__.startswith("uetbuild.")} == {*SPELLED}


def test_an_event_is_one_flat_object_and_names_its_node_only_if_there_is_one():
    event = Event(seq=2, time=3.5, run="r", event="run_started", data={"jobs": 4})
    assert event.as_json() == {"seq": 2, "time": 3.5, "run": "r", "event": "run_started", "jobs": 4}
    assert event.with_(node="a", data={}).as_json() == {"seq": 2, "time": 3.5, "run": "r", "event": "run_started", "node": "a"}


def test_one_that_was_asked_is_as_if_it_had_been_made_whole():
    (node,) = Node.unread([marshal.dumps(NODE.row())])
    assert isinstance(node, Node) and type(node) is not Node and repr(type(node)) == repr(Node) and node.__slots__ == Node.__slots__
    assert node.inputs == (GROUP,) and type(node) is Node and node.with_() == node
    assert node.inputs is node.inputs
    assert not hasattr(Node, "__getattr__"), "the interpreter would read each of its fields the long way"


def test_one_that_was_not_asked_yet_equals_what_it_was_made_of():
    def unread():
        (record,) = Node.unread([marshal.dumps(NODE.row())])
        return record

    assert unread() == NODE
    assert NODE.with_() == unread()
    another = unread()
    assert another == unread()
    assert unread().with_() == NODE


def test_a_field_that_no_record_of_the_kind_has_is_missing():
    for record in (NODE, Node.from_row(NODE.row()), Reason(code="forced")):
        assert not hasattr(record, "nodes")


def test_a_record_that_was_not_read_is_read_when_somebody_asks_for_a_field():
    rows = [marshal.dumps(record.row()) for record in (NODE, Node(id="b", workstream="b"))]
    first, second = Node.unread(rows)
    assert isinstance(first, Node) and type(first) is not Node
    assert (first.id, first.title, first.inputs, type(first) is Node) == ("a", "", NODE.inputs, True)
    assert second.id == "b" and type(second) is Node
    assert [*Node.unread(rows)] == [NODE, second] == [one.with_() for one in Node.unread(rows)]
    assert [repr(one) for one in Node.unread(rows)] == [repr(NODE), repr(second)]
    assert [hash(one) for one in Node.unread(rows)] == [hash(NODE), hash(second)]
    assert [one.row() for one in Node.unread(rows)] == [NODE.row(), second.row()]


def test_what_no_record_has_is_an_error_also_where_it_was_not_read():
    (record,) = Node.unread([marshal.dumps(Node(id="b", workstream="b").row())])
    with pytest.raises(AttributeError, match="nothing"):
        getattr(record, "nothing")  # noqa: B009
