"""The rules of docs/explanation/architecture.md, held against the source itself: rooms, sizes, names, imports, and words of the contract."""

from __future__ import annotations

import ast
import importlib
import inspect
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import networkx
import pytest

import uetbuild
from uetbuild.core import ports
from uetbuild.core.events import EVENT_NAMES
from uetbuild.core.verdicts import REASON_CODES
from uetbuild.report import lines, reasons

PACKAGE = Path(uetbuild.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

SIBLINGS = ("manifest", "engine", "executors", "state", "report")
MAY_IMPORT = {
    "errors": set(),
    "failpoints": {"errors"},
    "front": {"_sweep"},  # in C, where it was built
    "bytecode": set(),
    "binder": {"bytecode"},
    "core": {"errors"},
    **{room: {"core", "errors", "failpoints"} for room in SIBLINGS},
    "state": {"core", "errors", "failpoints", "front"},  # it writes what the door reads
}
PURE = {
    "marshal",
    "__future__",
    "_bisect",
    "_hashlib",
    "_heapq",
    "_operator",
    "_sha2",
    "_sha256",
    "bisect",
    "collections.abc",
    "decimal",
    "hashlib",
    "itertools",
    "_json",
    "json",
    "json.encoder",
    "re",
    "typing",
}  # nothing that looks at the world
OUTSIDE = {"manifest": {"jinja2", "pydantic", "pydantic_core", "ruamel"}, "cli": {"typer"}}  # packages of others, by room

RUN, LAZY, TYPES = "run", "lazy", "types"


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text())


@cache
def text(module: str) -> list[str]:
    return MODULES[module].read_text().splitlines()


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@cache
def imports(module: str) -> list[tuple[str, str, ast.stmt]]:
    """(what is imported, when: at RUN time, LAZY inside a function, for TYPES only; the statement)."""

    def below(node: ast.AST, when: str) -> Iterator[tuple[str, str, ast.stmt]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                yield from below(ast.Module(child.body, []), TYPES)
                yield from below(ast.Module(child.orelse, []), when)
            elif isinstance(child, ast.Import):
                yield from ((alias.name, when, child) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                for alias in child.names:
                    whole = f"{child.module}.{alias.name}"
                    yield (whole if whole in MODULES else str(child.module)), when, child
            else:
                yield from below(child, LAZY if isinstance(child, ast.FunctionDef) and when == RUN else when)

    return list(below(tree(module), RUN))


def dotted(node: ast.AST) -> str:
    """`a.b.c` as written; "" where it is anything else. (`ast.unparse` takes a second for all calls that there are.)"""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def all_imports() -> Iterator[tuple[str, str, str, ast.stmt]]:
    for module in MODULES:
        for name, when, statement in imports(module):
            yield module, name, when, statement


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for module in MODULES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef):
                yield module, node


# --- rooms ---------------------------------------------------------------------------------------------------------------------------


def test_every_module_stands_in_a_room():
    assert {room(module) for module in MODULES} == {"", "__main__", "cli", *MAY_IMPORT}


def test_a_room_imports_only_the_rooms_below_it():
    wrong = [
        f"{module} imports {name}"
        for module, name, _, _ in all_imports()
        if name.startswith("uetbuild.") and room(module) in MAY_IMPORT and room(name) not in {room(module), *MAY_IMPORT[room(module)]}
    ]
    assert wrong == []


def test_nothing_but_the_door_imports_the_door():
    assert [module for module, name, _, _ in all_imports() if name == "uetbuild.__main__"] == []
    assert {room(module) for module, name, _, _ in all_imports() if room(name) == "cli"} == {"cli", "__main__"}


def test_core_imports_nothing_that_looks_at_the_world():
    used = {name for module, name, when, _ in all_imports() if room(module) == "core" and not name.startswith("uetbuild") and when != TYPES}
    assert used <= PURE, used - PURE


def test_packages_of_others_stay_in_their_room():
    foreign = {"pydantic", "pydantic_core", "ruamel", "jinja2", "typer", "click", "rich", "filelock", "yaml"}
    for module, name, _, _ in all_imports():
        top = name.partition(".")[0]
        assert top not in foreign or top in OUTSIDE.get(room(module), ()), f"{module} imports {name}"


def test_no_module_imports_itself_in_a_circle_not_even_lazily_or_for_types():
    graph = networkx.DiGraph([(module, name) for module, name, _, _ in all_imports() if name in MODULES])
    assert [sorted(circle) for circle in networkx.strongly_connected_components(graph) if len(circle) > 1] == []


PORTS = {
    "Clock": ["cli.clock.SystemClock"],
    "Disk": ["state.disk.RealDisk"],
    "Evaluator": ["cli.project.LazyJinja"],
    "Feedback": ["state.feedback.FeedbackFiles"],
    "Hands": ["state.hands.FileHands"],
    "Person": ["cli.person.Terminal"],
    "Shell": ["executors.ask.AskShell"],
    "Store": ["state.store.SqliteStore"],
    "View": ["report.lines.Lines", "report.live.Live"],
    "Workers": ["executors.pool.SupervisorPool", "executors.inline.InlineWorkers"],
}


def test_every_port_is_implemented_with_the_words_of_its_protocol():
    """mypy sees the types; that a caller may name the arguments as the protocol does is seen here."""
    assert {
        name for name, value in vars(ports).items() if getattr(value, "_is_protocol", False) and value.__module__ == ports.__name__
    } == set(PORTS)
    for port, names in PORTS.items():
        for name in names:
            module, _, kind = f"uetbuild.{name}".rpartition(".")
            implementation = getattr(importlib.import_module(module), kind)
            for method, wanted in vars(getattr(ports, port)).items():
                if method.startswith("_") or not callable(wanted):
                    continue
                given = getattr(implementation, method)
                if type(given) is not type(time.time):  # the signature of a built-in function is its own
                    assert parameters(given) == parameters(wanted), f"{name}.{method}"


def parameters(function: Callable[..., object]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


# --- sizes and names -----------------------------------------------------------------------------------------------------------------


def test_a_module_is_one_noun_of_at_most_320_lines():
    assert {module: len(text(module)) for module in MODULES if len(text(module)) > 320} == {}


def test_a_function_has_at_most_60_lines():
    long = {f"{module}.{node.name}": node.end_lineno - node.lineno + 1 for module, node in functions()}
    assert {name: size for name, size in long.items() if size > 60} == {}


def test_no_module_is_named_after_nothing():
    assert {module.rpartition(".")[2] for module in MODULES} & {"utils", "util", "helpers", "manager", "service", "common", "misc"} == set()


def test_every_module_says_what_it_is():
    assert [module for module in MODULES if not ast.get_docstring(tree(module)) and text(module)] == []


# --- habits --------------------------------------------------------------------------------------------------------------------------


def test_only_the_face_prints():
    """`manifest.schema` and `manifest.reference` are programs of their own that say whether a generated file is current."""
    programs = {"uetbuild.manifest.generated", "uetbuild.manifest.schema", "uetbuild.manifest.reference"}
    printing = {
        module
        for module in MODULES
        for node in ast.walk(tree(module))
        if (isinstance(node, ast.Call) and dotted(node.func) == "print")
        or (isinstance(node, ast.Attribute) and dotted(node) in ("sys.stdout", "sys.stderr"))
    }
    assert {module for module in printing if room(module) not in ("cli", "report", "__main__")} <= programs


def test_an_import_inside_a_function_gives_its_reason():
    """In a comment on the line, or on the first line of a block of imports, or on the line above it."""
    silent = []
    for module, name, when, statement in all_imports():
        if when != LAZY:
            continue
        rows, top = text(module), statement.lineno - 1
        said = ["#" in row for row in rows[top : statement.end_lineno]]
        while not any(said) and rows[top - 1].lstrip().startswith(("import ", "from ", "#")):
            top -= 1
            said.append("#" in rows[top])
        if not any(said):
            silent.append(f"{module}:{statement.lineno} {name}")
    assert silent == []


@pytest.mark.parametrize("name", ["subprocess", "multiprocessing", "threading", "pickle", "sqlite3", "asyncio", "logging", "concurrent"])
def test_nobody_uses(name):
    """One way to start a process (executors/spawn.py), one serializer (marshal, sealed by a checksum), no threads."""
    assert [module for module, other, _, _ in all_imports() if other.partition(".")[0] == name] == []


# --- words of the contract -----------------------------------------------------------------------------------------------------------


def words(function: ast.FunctionDef, argument: ast.expr) -> set[str]:
    """The texts that an argument may be: itself, or, where it is computed, every text with `_` in its function."""
    if isinstance(argument, ast.Constant):
        return {argument.value}
    texts = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {found for found in texts if found.replace("_", "").isalpha() and "_" in found.strip("_") and found.islower()}


def test_every_event_that_is_emitted_is_one_of_the_contract():
    emitted: set[str] = set()
    for module, function in functions():
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "emit":
                emitted |= words(function, call.args[0])
            if isinstance(call, ast.Call) and dotted(call.func) == "Event" and room(module) != "core":
                emitted |= {
                    keyword.value.value for keyword in call.keywords if keyword.arg == "event" and isinstance(keyword.value, ast.Constant)
                }
    assert {"run_started", "node_finished", "worker_lost", "scope_violation"} <= emitted
    assert emitted - set(EVENT_NAMES) == set()


def test_every_event_that_is_shown_is_one_of_the_contract():
    assert lines._SHOW and set(lines._SHOW) - set(EVENT_NAMES) == set()


def test_every_reason_that_is_given_is_one_of_the_contract_and_has_words():
    given: set[str] = set()
    for _, function in functions():
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and dotted(call.func) == "Reason":
                given |= words(function, next(keyword.value for keyword in call.keywords if keyword.arg == "code"))
    assert given == set(REASON_CODES)
    assert set(reasons.WORDS) == set(REASON_CODES)
