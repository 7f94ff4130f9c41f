from __future__ import annotations

from marshal import dumps

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.nodes import Hole, Node, Project, Settings, ShVar, Step
from uetbuild.core.policies import Guard
from uetbuild.core.secrets import Masker, Secrets

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


def test_a_text_says_no_secret_whole_or_in_parts() -> None:
    secrets = Secrets(["hunter22", "hunter22-and-more", "more of it"])
    assert secrets.masked("say hunter22, hunter22-and-more of it, hunter2") == "say ***, ***, hunter2"
    assert secrets.masked("nothing to hide") == "nothing to hide"
    assert Secrets().masked("hunter22") == "hunter22"


@given(SECRETS, TEXTS)
def test_texts_and_streams_are_masked_alike(secrets, text) -> None:
    known = Secrets(secrets)
    assert known.masked(text) == masked(known.forms, text.encode()).decode()


@pytest.mark.parametrize(
    "said",
    [
        'it\'s "$HOME"',
        "'it'\\''s \"$HOME\"'",  # as `set -x` and a rendered command quote it
        '"it\'s \\"\\$HOME\\""',
        '{"a": "it\'s \\"$HOME\\""}',
    ],
)
def test_a_secret_is_known_as_shells_and_json_write_it(said: str) -> None:
    shown = Secrets(['it\'s "$HOME"']).masked(said)
    assert "***" in shown and "HOME" not in shown


def test_a_secret_of_several_lines_is_known_line_by_line_but_not_by_its_brackets() -> None:
    secrets = Secrets(["-----BEGIN KEY-----\nMIIEvQIBADANBg\n}\nshort\n", "pass\n"])
    assert secrets.masked("  MIIEvQIBADANBg\n}\nshort pass") == "  ***\n}\nshort ***"


def test_secrets_are_told_by_the_ends_of_names_by_the_manifest_and_by_what_it_writes() -> None:
    step = Step(words=(("x",),), env=(("STEP_KEY", ("of-a-step",)), ("OTHER", ("plain",)), ("LATE_TOKEN", (Hole(name="var", key="v"),))))
    nodes = [
        Node(id="a", workstream="a", secrets=("PIN",)),
        Node(id="b", workstream="b", env=(("DB_PASSWORD", ("of-a-file",)),), finally_=(step,)),
    ]
    environ = {"API_TOKEN": "of-the-caller", "PIN": "named", "PATH": "/bin", "SHORT_KEY": "abc", "EMPTY_SECRET": ""}
    assert Secrets.of(environ, nodes).forms == ("named", "of-a-file", "of-a-step", "of-the-caller")
    assert Secrets.of(environ, nodes).written and not Secrets.of(environ, nodes[:1]).written
    assert Secrets.of(environ, nodes).late == {"v"}


def test_of_a_manifest_that_writes_none_the_names_are_enough() -> None:
    environ = {"API_TOKEN": "of-the-caller", "PIN": "named"}
    late = Step(words=(("x",),), env=(("LATE_TOKEN", (Hole(name="var", key="v"),)),))
    found = Secrets.of(environ, [Node(id="a", workstream="a", secrets=("PIN", "PUK"), steps=(late,))])
    again = Secrets.known(environ, found.names)
    assert (again.forms, again.late, again.names) == (found.forms, found.late, found.names) == (
        ("named", "of-the-caller"), {"v"}, (("PIN", "PUK"), ("v",)),
    )  # fmt: skip


def test_more_can_be_learnt() -> None:
    secrets = Secrets(["hunter22"])
    secrets.learn(["hunter22", "", "later-on"])
    assert secrets.forms == ("hunter22", "later-on")
    assert secrets.are_said(["x", "--pin=later-on"]) and not secrets.are_said(["later"])


def test_a_file_that_holds_a_secret_is_told_and_a_short_one_may_be_chance() -> None:
    secrets = Secrets(["test", "hünter-\udcff"])
    assert secrets.are_in("…hünter-\udcff".encode("utf-8", "surrogateescape")) and secrets.are_in(dumps(["hünter-\udcff"]))
    assert not secrets.are_in(b"a test of hunter-")


def test_what_people_read_of_a_project_says_no_secret() -> None:
    step = {"words": (("curl", "hunter22"),), "shown": "curl hunter22", "name": "with hunter22"}
    guarded = Node(id="g", workstream="g", guard=Guard(message="is hunter22 right?"))
    node = Node(
        id="a", workstream="a", title="of hunter22", confirm="hunter22?", steps=(Step(**step),), finally_=(Step(**step),), probes=(Step(**step),),
        skip_if=Step(**step),
    )  # fmt: skip
    project = Project(settings=Settings(), nodes=(node, guarded), sh_vars=(ShVar(name="v", step=Step(**step)),))
    Secrets().hush(project)
    assert node.title == "of hunter22"
    Secrets(["hunter22"]).hush(project)
    assert (node.title, node.confirm) == ("of ***", "***?") and guarded.guard is not None and guarded.guard.message == "is *** right?"
    assert node.skip_if is not None
    for one in (*node.steps, *node.finally_, *node.probes, node.skip_if, project.sh_vars[0].step):
        assert (one.shown, one.name, one.words) == ("curl ***", "with ***", (("curl", "hunter22"),))


def test_a_secret_that_may_be_the_begin_of_a_longer_one_is_held_back_whole() -> None:
    masker = Masker(["aaaa", "aaaabbbb"])
    assert masker.feed(b"xaaaa") == b"x"
    assert masker.feed(b"bb") + masker.finish() == b"***bb"
