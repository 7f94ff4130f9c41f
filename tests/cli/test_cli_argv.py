"""The words of the command line, form by form."""

from __future__ import annotations

from typing import Any

import pytest

from uetbuild.cli.argv import parse, settle
from uetbuild.cli.options import COMMANDS, OPTIONS, Options
from uetbuild.errors import ExitCode, UetError


def said(line: str) -> dict[str, Any]:
    """What differs from saying nothing."""
    silent = Options().as_dict()
    return {name: value for name, value in parse(line.split()).options.as_dict().items() if value != silent[name]}


FORMS: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("all", {"targets": ["all"]}),
    ("all -j4", {"targets": ["all"], "jobs": 4}),
    ("-j 4 all", {"targets": ["all"], "jobs": 4}),
    ("--jobs=4", {"jobs": 4}),
    ("--jobs 4", {"jobs": 4}),
    ("-j", {"jobs": 0}),
    ("-j auto", {"jobs": 0}),
    ("-jauto x", {"jobs": 0, "targets": ["x"]}),
    ("-j all", {"jobs": 0, "targets": ["all"]}),
    ("-j -k", {"jobs": 0, "keep_going": True}),
    ("-j -- 4", {"jobs": 0, "args": ["4"]}),
    ("-kj4", {"keep_going": True, "jobs": 4}),
    ("-knB a", {"keep_going": True, "dry_run": True, "force": True, "targets": ["a"]}),
    ("-kj 4 a", {"keep_going": True, "jobs": 4, "targets": ["a"]}),
    ("-kj a", {"keep_going": True, "jobs": 0, "targets": ["a"]}),
    ("-j2 -j3", {"jobs": 3}),
    ("--graph", {"graph": "text"}),
    ("--graph json", {"graph": "json"}),
    ("--graph all", {"graph": "text", "targets": ["all"]}),
    ("--graph=dot all", {"graph": "dot", "targets": ["all"]}),
    ("-n --graph mermaid a", {"dry_run": True, "graph": "mermaid", "targets": ["a"]}),
    ("mode=fast", {"assignments": [("mode", "fast")]}),
    ("a=b=c a=", {"assignments": [("a", "b=c"), ("a", "")]}),
    ("_x9=1 test", {"assignments": [("_x9", "1")], "targets": ["test"]}),
    ("test[py=3.12]", {"targets": ["test[py=3.12]"]}),
    ("9a=b ./a=b", {"targets": ["9a=b", "./a=b"]}),
    ("test -- -k x --json", {"targets": ["test"], "args": ["-k", "x", "--json"]}),
    ("test -- a -- b", {"targets": ["test"], "args": ["a", "--", "b"]}),
    ("test --", {"targets": ["test"], "args": []}),
    ("-C sub a", {"directory": "sub", "targets": ["a"]}),
    ("-Csub", {"directory": "sub"}),
    ("-C a -C b", {"directory": "a/b"}),
    ("-C a -C /b", {"directory": "/b"}),
    ("-f ci.yaml --profile ci", {"file": "ci.yaml", "profile": "ci"}),
    ("--state /tmp/s --yes --no-wait", {"state": "/tmp/s", "yes": True, "no_wait": True}),
    ("--output stream --color never", {"output": "stream", "color": "never"}),
    ("--color=always -v --explain", {"color": "always", "verbose": True, "explain": True}),
    ("--json -q --strict-waves --only x", {"json": True, "quiet": True, "strict_waves": True, "only": True, "targets": ["x"]}),
    ("--fail-fast --no-progress --probe", {"fail_fast": True, "no_progress": True, "probe": True}),
    ("tag:x - core/a.py", {"targets": ["tag:x", "-", "core/a.py"]}),
    ("-h", {"help": True}),
    ("--version", {"version": True}),
]


@pytest.mark.parametrize(("line", "wanted"), FORMS, ids=[line or "nothing" for line, _ in FORMS])
def test_each_form_says_what_the_contract_says(line: str, wanted: dict[str, Any]) -> None:
    assert said(line) == wanted


REFUSED = [
    ("--jbos 4", "unknown option `--jbos`", "did you mean `--jobs`?"),
    ("-z", "unknown option `-z`", ""),
    ("-kz", "unknown option `-kz`", ""),
    ("-j0", "`--jobs` takes a number from 1 or `auto`, not `0`", ""),
    ("--jobs=four", "`--jobs` takes a number from 1 or `auto`, not `four`", ""),
    ("-j 99999999999999999999", "`--jobs` takes a number from 1 or `auto`, not `99999999999999999999`", ""),
    ("-C", "option `-C` needs a value", "write `-C DIR`"),
    ("-C -- x", "option `-C` needs a value", "write `-C DIR`"),
    ("--json=yes", "option `--json` takes no value", ""),
    ("--graph=jsno", "unknown value of `--graph` `jsno`", "did you mean `json`?"),
    ("--color sometimes", "unknown value of `--color` `sometimes`", ""),
    ("-k --fail-fast", "`--keep-going` and `--fail-fast` exclude each other", ""),
    ("-qv", "`--quiet` and `--verbose` exclude each other", ""),
    ("-c stats", "unknown command `stats`", "did you mean `status`?"),
]


@pytest.mark.parametrize(("line", "message", "hint"), REFUSED, ids=[line for line, _, _ in REFUSED])
def test_what_no_command_line_may_hold_is_refused_with_a_hint(line: str, message: str, hint: str) -> None:
    with pytest.raises(UetError) as caught:
        parse(line.split())
    assert (caught.value.message, caught.value.code) == (message, ExitCode.USAGE)
    assert not hint or caught.value.hint == hint


def settled(line: str) -> Options:
    parsed = parse(line.split())
    return settle(parsed, parsed.command or parsed.maybe_command)


@pytest.mark.parametrize(
    ("line", "command", "targets"),
    [
        ("build all", "build", ["all"]),
        ("status", "status", []),
        ("-C sub status lint", "status", ["lint"]),
        ("explain explain", "explain", ["explain"]),
        ("-c status status", "status", ["status"]),
        ("lint status", "build", ["lint", "status"]),
        ("x=1 plan a", "plan", ["a"]),
        ("logs last ws-1", "logs", ["last", "ws-1"]),
    ],
)
def test_the_first_word_may_be_a_command(line: str, command: str, targets: list[str]) -> None:
    options = settled(line)
    assert (options.command, options.targets) == (command, targets)


def test_a_first_word_that_is_an_id_stays_a_target() -> None:
    parsed = parse(["status", "-k"])
    assert parsed.maybe_command == "status"
    assert settle(parsed, "").targets == ["status"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("report", "`uetbuild report` is not yet supported"),
        ("-c monitor", "`uetbuild monitor` is not yet supported"),
        ("--watch all", "`--watch` is not yet supported"),
        ("--trace x", "`--trace` is not yet supported"),
        ("-l 3", "`--load` is not yet supported"),
        ("status --jobs 3", "`uetbuild status` has no option `--jobs`"),
        ("--orphans", "`uetbuild build` has no option `--orphans`"),
        ("explain", "`uetbuild explain` needs ID"),
        ("check all", "`uetbuild check` takes no word `all`"),
        ("status -- x", "`uetbuild status` takes no words after `--`"),
    ],
)
def test_what_the_command_does_not_take_is_refused(line: str, message: str) -> None:
    with pytest.raises(UetError) as caught:
        settled(line)
    assert caught.value.message == message


def test_the_state_folder_may_come_from_the_environment() -> None:
    assert parse([], {"UET_STATE": "/s"}).options.state == "/s"
    assert parse(["--state", "/t"], {"UET_STATE": "/s"}).options.state == "/t"
    assert parse([], {"UET_STATE": ""}).options.state == ""


def test_every_option_of_the_table_that_is_there_is_a_field() -> None:
    for option in OPTIONS:
        assert option.later or option.name in Options.__slots__
        assert all(name in COMMANDS for name in option.commands)
