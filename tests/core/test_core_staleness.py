"""Is a node up to date? Reasons and their order, chains of editors."""

from uetbuild.core.chains import advance, as_read
from uetbuild.core.nodes import Node, Source
from uetbuild.core.staleness import UP_TO_DATE, edit_reasons, judge
from uetbuild.core.stamps import Link, Stage, Stamp
from uetbuild.core.verdicts import Reason, Verdict

NODE = Node(id="a", workstream="a", inputs=(Source(pattern="in"),), outputs=(Source(pattern="out"),))
DONE = Stamp(node="a", stage=Stage.DONE, definition="d", inputs={"in": "f1"}, outputs={"out": "f2"})


def reasons(present=DONE, last=DONE, node=NODE, outputs=None, **more):
    judged = judge(node, present, last, outputs=DONE.outputs if outputs is None else outputs, **more)
    return [(reason.code, reason.detail) for reason in judged.reasons]


def test_a_node_whose_stamp_equals_the_world_is_up_to_date():
    assert judge(NODE, DONE, DONE, outputs={"out": "f2"}) is UP_TO_DATE


def test_a_node_without_a_stamp_never_ran():
    assert reasons(last=None) == [("never_run", "")]


def test_an_attempt_that_did_not_end_well_and_one_that_a_gate_rejected_are_incomplete():
    for stage in (Stage.STARTED, Stage.REJECTED):
        assert reasons(last=DONE.with_(stage=stage)) == [("incomplete", "")]


def test_a_recipe_that_ended_well_is_not_repeated_while_its_gates_are_due():
    assert reasons(last=DONE.with_(stage=Stage.PRODUCED)) == []


def test_each_difference_has_its_reason():
    assert reasons(DONE.with_(definition="e")) == [("definition_changed", "")]
    assert reasons(DONE.with_(sh_vars={"rev": "x"})) == [("definition_changed", "vars.rev")]
    assert reasons(DONE.with_(inputs={"in": "f9"})) == [("input_changed", "in")]
    assert reasons(DONE.with_(inputs={"in": "f1", "more": "f3"})) == [("input_added", "more")]
    assert reasons(DONE.with_(inputs={})) == [("input_removed", "in")]
    assert reasons(DONE.with_(inputs={"in": ""})) == [("input_removed", "in")]
    assert reasons(DONE.with_(discovered={"h": "f1"})) == [("input_added", "h")]
    assert reasons(DONE.with_(env={"A": "1"})) == [("env_changed", "A")]
    assert reasons(DONE.with_(programs={"cc": "1"})) == [("program_changed", "cc")]
    assert reasons(DONE.with_(probes={"cc -v": "1"})) == [("probe_changed", "cc -v")]
    assert reasons(DONE.with_(deps={"b": "1"})) == [("dependency_changed", "b")]
    assert reasons(outputs={"out": ""}) == [("output_missing", "out")]
    assert reasons(outputs={"out": "f7"}) == [("output_modified", "out")]


def test_of_several_outputs_only_those_that_differ_are_named():
    both = DONE.with_(outputs={"out": "f2", "too": "f3"})
    assert reasons(last=both, outputs={"out": "f2", "too": "f4"}) == [("output_modified", "too")]


def test_all_reasons_are_given_at_once():
    present = DONE.with_(definition="e", inputs={"in": "f9"}, env={"A": "1"})
    assert [code for code, _ in reasons(present, outputs={"out": ""})] == [
        "definition_changed",
        "input_changed",
        "env_changed",
        "output_missing",
    ]


def test_what_a_pending_dependency_will_make_is_not_held_against_a_node():
    assert reasons(DONE.with_(inputs={"in": "f9"}), unsure={"in"}) == []
    assert reasons(DONE.with_(deps={"b": "1"}), unsure={"b"}) == []


def test_a_recipe_without_files_always_runs_and_so_does_always():
    assert reasons(node=Node(id="a", workstream="a")) == [("always", "")]
    assert reasons(node=NODE.with_(always=True)) == [("always", "")]


def test_commands_come_first():
    judged = judge(NODE, DONE, DONE, outputs=DONE.outputs, commanded=[Reason(code="forced")])
    assert judged.verdict == Verdict.STALE and judged.reasons == (Reason(code="forced"),)


# --- chains ---------------------------------------------------------------------------------------------------------------------


def chain(*links):
    return tuple(Link(node=node, found=found, left=left) for node, found, left in links)


def run(chains, node, before, after):
    return {**chains, **advance(chains, node, {"f": before}, {"f": after})}


def why(node, edits, now, chains):
    last = Stamp(node=node, stage=Stage.DONE, edits=dict.fromkeys(edits, "x"))
    return [reason.detail for reason in edit_reasons(node, last, now, chains)]


def test_editors_that_ran_one_after_the_other_are_all_up_to_date():
    chains = run(run({}, "a", "f0", "f1"), "b", "f1", "f2")
    assert chains["f"] == chain(("a", "f0", "f1"), ("b", "f1", "f2"))
    assert why("a", ["f"], {"f": "f2"}, chains) == [] == why("b", ["f"], {"f": "f2"}, chains)


def test_a_foreign_change_makes_all_editors_stale_and_the_chain_begins_anew():
    chains = run(run({}, "a", "f0", "f1"), "b", "f1", "f2")
    assert why("a", ["f"], {"f": "f9"}, chains) == ["f"] == why("b", ["f"], {"f": "f9"}, chains)
    chains = run(chains, "a", "f9", "f3")
    assert chains["f"] == chain(("a", "f9", "f3"))
    assert why("b", ["f"], {"f": "f3"}, chains) == ["f"]


def test_an_editor_that_runs_again_makes_those_after_it_stale_but_not_those_before():
    chains = run(run(run({}, "a", "f0", "f1"), "b", "f1", "f2"), "c", "f2", "f3")
    chains = run(chains, "b", "f3", "f4")
    assert chains["f"] == chain(("a", "f0", "f1"), ("b", "f1", "f4"))
    assert why("a", ["f"], {"f": "f4"}, chains) == []
    assert why("c", ["f"], {"f": "f4"}, chains) == ["f"]


def test_a_file_that_another_editor_brought_into_being_is_not_held_against_those_before_it():
    chains = run({}, "b", "", "f1")
    assert why("a", [], {"f": "f1"}, chains) == []
    assert why("a", ["f"], {"f": "f1"}, chains) == ["f"]  # it edited it once, then was overtaken


def test_a_new_file_of_a_stranger_makes_an_editor_stale():
    assert why("a", [], {"f": "f1"}, {}) == ["f"]


def test_a_file_that_an_editor_deleted_stays_deleted():
    chains = run({}, "a", "f0", "")
    assert why("a", ["f"], {"f": ""}, chains) == []
    assert advance({}, "a", {"f": ""}, {"f": ""}) == {}
    assert advance({"f": chain(("b", "f1", "f2"))}, "a", {"f": ""}, {"f": ""}) == {"f": ()}


def test_an_editor_without_a_stamp_has_no_reasons_of_its_own():
    assert edit_reasons("a", None, {"f": "f1"}, {}) == []


def test_a_reader_before_an_editor_is_compared_with_what_that_editor_found():
    links = chain(("a", "f0", "f1"), ("b", "f1", "f2"))
    assert as_read(links, "f2", {"a", "b"}.__contains__) == "f0"
    assert as_read(links, "f2", {"b"}.__contains__) == "f1"
    assert as_read(links, "f2", set().__contains__) == "f2"
    assert as_read(links, "f9", {"a"}.__contains__) == "f9"
    assert as_read((), "f9", {"a"}.__contains__) == "f9"
