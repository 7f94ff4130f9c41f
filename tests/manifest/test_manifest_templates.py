"""What `{{ … }}` means in paths, values and recipes."""

from __future__ import annotations

import json
import marshal
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from uetbuild.core.nodes import Hole, Pieces, Place, Step
from uetbuild.core.render import Values, late_of, render_step, render_text
from uetbuild.core.shelltext import HOLE
from uetbuild.errors import Location, UetError
from uetbuild.manifest import templates
from uetbuild.manifest.templates import Item, Names, TemplateFault, Unusable

BASH = ("bash", "-euo", "pipefail", "-c")


class Environ(Mapping[str, str]):
    """An environment that is only asked by name."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> str:
        self.asked.append(name)
        return {"HOME": "/home/me", "CI": "false"}[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the environment is not listed")

    def __len__(self) -> int:
        raise AssertionError("the environment is not counted")


def names(**more: object) -> Names:
    constants: dict[str, object] = {
        "vars": {"cc": "gcc 12", "flags": ["-O2", "-g"], "deep": {"a": {"items": True}}, "ratio": 1.0, "none": None, "n": 3, "x-y": "dash"},
        "env": Environ(), "matrix": {"py": "3.11"}, "item": Item("src/core/a.test.c", "src"), "outputs": ["build/o"], "os": "linux",
        "depfile": Unusable("`depfile` is not declared", "declare it"),
    }  # fmt: skip
    return Names(
        {**constants, **more},
        frozenset({"inputs", "changed", "args", "files"}),
        {"rev": "api:rev", "who": "who"},
        frozenset({"src", "x-y"}),
    )


def fault(make: object, source: str, *more: object) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        make(source, names(), *more)  # type: ignore[operator]
    return caught.value


# --- texts -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain {% if %} {# x #} { } }}", "plain {% if %} {# x #} { } }}"),
        ("{{ vars.cc }}", "gcc 12"),
        ("a{{vars.cc}}b{{ matrix['py'] }}", "agcc 12b3.11"),
        ("{{ vars.flags }}", "-O2 -g"),
        ("{{ vars.deep.a.items }} {{ vars.ratio }} {{ vars.n }}", "true 1.0 3"),
        ('{{ vars["x-y"] }} {{ env.HOME }} {{ os }}', "dash /home/me linux"),
        (
            "{{ item }} {{ item.dir }} {{ item.name }} {{ item.stem }} {{ item.ext }} {{ item.rel }}",
            "src/core/a.test.c src/core a.test.c a.test .c core/a.test",
        ),
        ('{{ "{{" }} and {{ "}}" }}', "{{ and }}"),
        ("{{ {'a': {'b': 1}}.a.b }}", "1"),
        ("{{ vars.cc | upper }}", "GCC 12"),
        ("{{ vars.flags | map('upper') }}", "-O2 -G"),
        ("{{ vars.flags | join(',') if os == 'linux' else '' }}", "-O2,-g"),
        ("{{ vars.cc | words }} {{ vars.cc | raw }} {{ (vars.cc | words)[0] }}", "gcc 12 gcc 12 gcc"),
        ("{{ vars.deep.keys() }}{{ vars.missing | default('d') }}{{ env.NOPE | default('e') }}", "ade"),
        ("{{ range(3) }} {{ true }}", "0 1 2 true"),
        ("{{ item.rel ~ '.o' }}", "core/a.test.o"),
        ("{{ depfile is defined }}", None),
    ],
)
def test_a_text_gets_the_values_that_are_known(source: str, text: str | None) -> None:
    if text is None:
        assert fault(templates.text, source).message == "`depfile` is not declared"
    else:
        assert templates.text(source, names()) == text


@pytest.mark.parametrize(
    ("path", "fixed", "parts"),
    [
        ("a.c", "", (".", "a.c", "a", ".c", "a")),
        ("x/.profile", "x", ("x", ".profile", ".profile", "", ".profile")),
        ("x/y/Makefile", "x/", ("x/y", "Makefile", "Makefile", "", "y/Makefile")),
        ("other/b.tar.gz", "x", ("other", "b.tar.gz", "b.tar", ".gz", "other/b.tar")),
    ],
)
def test_an_item_has_the_parts_of_a_path(path: str, fixed: str, parts: tuple[str, ...]) -> None:
    item = Item(path, fixed)
    assert (item.dir, item.name, item.stem, item.ext, item.rel) == parts
    assert item == path


def test_an_item_that_is_a_map_has_its_keys() -> None:
    assert templates.text("{{ item.name }} {{ item.keys }}", names(item={"name": "n", "keys": "k"})) == "n k"


def test_an_element_that_is_a_list_is_spliced() -> None:
    assert templates.elements("{{ vars.flags }}", names()) == ["-O2", "-g"]
    assert templates.elements("{{ vars.cc }}", names()) == ["gcc 12"]
    assert templates.elements("x{{ vars.cc }}", names()) == ["xgcc 12"]
    assert templates.elements("x", names()) == ["x"]
    assert "is a list inside a bigger text" in fault(templates.elements, "x{{ vars.flags }}").message


def test_a_value_that_is_one_template_keeps_its_type() -> None:
    assert templates.value("{{ vars.flags }}", names()) == ["-O2", "-g"]
    assert templates.value("{{ vars.n + 1 }}", names()) == 4
    assert templates.value("{{ vars.none }}", names()) is None
    assert templates.value("v{{ vars.n }}", names()) == "v3"
    assert templates.value("v", names()) == "v"


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ("os == 'linux'", True),
        ("{{ os == 'mac' }}", False),
        (" {{ vars.n }} ", True),
        ("env.CI", False),
        ("vars.flags and not vars.none", True),
        ("'no'", False),
        ("'off' ", False),
        ("''", False),
        ("'x'", True),
        ("vars.cc in ['a', 'gcc 12']", True),
    ],
)
def test_a_condition_is_an_expression(source: str, holds: bool) -> None:
    assert templates.condition(source, names()) is holds


@pytest.mark.parametrize(
    ("source", "message", "hint", "marked"),
    [
        ("a {{ vars.ccc }}", "unknown variable `ccc`", "did you mean `cc`?", "vars.ccc"),
        ("{{ vars.re }}", "unknown variable `re`", "did you mean `rev`?", "vars.re"),
        ("{{ vars.deep.b }}", "`vars.deep` has no `b`", "", "vars.deep.b"),
        ("{{ vars.ccc | upper }}", "unknown variable `ccc`", "did you mean `cc`?", "vars.ccc | upper"),
        ("{{ vars.deep.b | upper }}", "there is no `b` in this value", "", "vars.deep.b | upper"),
        ("{{ matrix.pyy }}", "unknown matrix key `pyy`", "did you mean `py`?", "matrix.pyy"),
        ("{{ var.x }}", "unknown name `var`", "did you mean `vars`?", "var.x"),
        ("{{ var | upper }}", "unknown name `var`", "did you mean `vars`?", "var | upper"),
        ("{{ ws }}", "`ws` is not known here", "what is known here: ", "ws"),
        ("{{ ws | upper }}", "`ws` is not known here", "", "ws | upper"),
        ("{{ item.foo }}", "`item` has no `foo`", "it has dir, ext, name, rel, stem", "item.foo"),
        ("{{ env.NOPE }}", "environment variable `NOPE` is not set", "default(", "env.NOPE"),
        ("{{ vars.none }}", "`{{ vars.none }}` is null, where a text is needed", "", "vars.none"),
        ("{{ vars.deep }}", "`{{ vars.deep }}` is a map, where a text is needed", "", "vars.deep"),
        ("{{ vars.cc.x }}", "`vars.cc` has no `x`", "", "vars.cc.x"),
        ("{{ vars.none | words }}", "`{{ vars.none | words }}` is null, where a text is needed", "", "vars.none | words"),
        ("{{ depfile }}", "`depfile` is not declared", "declare it", "depfile"),
        ("x {{ vars.cc", "`{{` is never closed", "close it with `}}`", "{{"),
        ("{{ }}", "a template is empty", "braces that are no template", "{{ }}"),
        ("docker '{{.Names}}'", "cannot read `{{ .Names }}`: unexpected `.`", "braces that are no template are written", ".Names"),
        ("{{ vars.cc x }}", "cannot read `{{ vars.cc x }}`: unexpected `x`", "", "vars.cc x"),
        ("{{ vars.cc | uper }}", "unknown filter `uper`", "did you mean `upper`?", "vars.cc | uper"),
        ("{{ vars.cc is strin }}", "unknown test `strin`", "did you mean `string`?", "vars.cc is strin"),
        ("{{ 1 // 0 }}", "`{{ 1 // 0 }}` failed: ", "", "1 // 0"),
        ("{{ inputs }}", "`{{ inputs }}` is only known when the workstream runs, and cannot be used here", "", "inputs"),
        ("{{ vars.rev }}", "`{{ vars.rev }}` is only known when the workstream runs", "", "vars.rev"),
        ("{{ 2 ** 99999999 }}", "failed: a power above 1024", "", "2 ** 99999999"),
        ("{{ 'a' * 99999999 }}", "failed: a text or list of more than", "", "'a' * 99999999"),
        ("{{ 99999999 * [1] }}", "failed: a text or list of more than", "", "99999999 * [1]"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "the expression is nested too deeply", "", "(" * 5000 + "1" + ")" * 5000),
    ],
)
def test_a_fault_says_what_is_wrong_where_and_what_to_do(source: str, message: str, hint: str, marked: str) -> None:
    found = fault(templates.text, source)
    assert message in found.message
    assert hint in found.hint
    assert source[found.offset : found.offset + found.length] == marked


@pytest.mark.parametrize(
    "attack",
    [
        "''.__class__", "vars.__class__", "().__class__.__bases__[0].__subclasses__()", "vars['__class__']", "vars | attr('__class__')",
        "range.__globals__", "'{0.__class__}'.format(1)", "self", "self.__init__", "lipsum.__globals__", "cycler", "joiner", "namespace()",
        "config", "vars.flags.append('x')", "vars.update({'a': 1})", "item.__class__", "item.fixed.__class__", "env._data", "inputs.__class__",
        "(1).__class__", "range(10 ** 9)", "vars.cc | random", "get_flashed_messages", "''[''.__class__]", "loop", "caller()", "super()",
    ],
)  # fmt: skip
def test_an_expression_cannot_reach_what_is_behind_the_values(attack: str) -> None:
    found = fault(templates.text, f"{{{{ {attack} }}}}")
    assert found.message == found.message[:1].lower() + found.message[1:]


def test_a_fault_at_run_time_is_an_error_too() -> None:
    step = templates.recipe("cc {{ inputs[7] }}", names(), BASH)
    with pytest.raises(UetError, match="there is no element 7 in this value"):
        render_step(step, Values(inputs=["a"], evaluator=templates))


# --- late values -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "hole"),
    [
        ("{{ inputs }}", Hole(name="inputs")),
        ("{{ inputs.src }}", Hole(name="inputs", key="src")),
        ("{{ inputs['x-y'] }}", Hole(name="inputs", key="x-y")),
        ("{{ args }}", Hole(name="args")),
        ("{{ changed }}", Hole(name="changed")),
        ("{{ files }}", Hole(name="files")),
        ("{{ vars.rev }}", Hole(name="var", key="api:rev")),
        ("{{ vars['who'] | words }}", Hole(name="var", key="who", words=True)),
    ],
)
def test_a_simple_late_value_needs_no_evaluation(source: str, hole: Hole) -> None:
    assert templates.pieces(source, names()) == (hole,)


def rendered(pieces: Pieces) -> str:
    """Through marshal, as a snapshot would store them."""
    stored = Step.from_row(marshal.loads(marshal.dumps(Step(text=pieces).row()))).text
    values = Values(
        inputs=["src/a b", "tool"], named={"src": ["src/a b"], "x-y": []}, args=["--x"], variable={"api:rev": "beef", "who": "me"}.__getitem__,
        evaluator=templates,
    )  # fmt: skip
    return render_text(stored, values)


@pytest.mark.parametrize(
    ("source", "late", "text"),
    [
        ("{{ inputs[0] }}", {"inputs"}, "src/a b"),
        ("{{ inputs.src | first }}", {"inputs"}, "src/a b"),
        ("{{ inputs['src'] | length }}{{ inputs | join(',') }}", {"inputs"}, "1src/a b,tool"),
        ("{{ vars.rev ~ vars.cc ~ vars.who }}", {"var:api:rev", "var:who"}, "beefgcc 12me"),
        ("{{ vars[matrix.py | replace('3.11', 'rev')] }}", {"var:api:rev", "var:who"}, "beef"),
        (
            "{{ vars.rev | upper ~ env.HOME ~ item.stem ~ item.rel ~ vars.deep.a['items'] }}",
            {"var:api:rev"},
            "BEEF/home/mea.testcore/a.testTrue",
        ),
        ("{{ [vars.rev] + vars.flags + outputs }}", {"var:api:rev"}, "beef -O2 -g build/o"),
        ("{{ args | length + vars.n }} {{ env.NOPE | default('-') ~ args[0] }}", {"args"}, "4 ---x"),
        (
            "{{ vars.keys() | sort | join(' ') if args else '' }}",
            {"args", "var:api:rev", "var:who"},
            "cc deep flags n none ratio rev who x-y",
        ),
    ],
)
def test_an_expression_with_late_values_is_evaluated_when_they_come(source: str, late: set[str], text: str) -> None:
    pieces = templates.pieces(source, names())
    assert late_of(pieces) == late
    assert rendered(pieces) == text


def test_only_the_names_in_use_are_kept_for_later() -> None:
    (hole,) = templates.pieces("{{ args ~ env.HOME ~ vars.cc }}", names())
    assert isinstance(hole, Hole)
    assert hole.context == (("env", {"HOME": "/home/me"}), ("vars", {"cc": "gcc 12"}))


def test_the_whole_environment_cannot_be_kept_for_later() -> None:
    assert "`env` needs a plain name" in fault(templates.pieces, "{{ env[args[0]] }}").message


@pytest.mark.parametrize("source", ["{{ inputs.scr }}", "{{ inputs['scr'] }}", "{{ inputs.scr | first }}", "{{ inputs.scr.x }}"])
def test_an_unknown_input_is_a_fault_at_load(source: str) -> None:
    found = fault(templates.pieces, source)
    assert (found.message, found.hint) == ("unknown input `scr`", "did you mean `src`?")


def test_without_variables_every_variable_is_unknown() -> None:
    with pytest.raises(TemplateFault, match="unknown variable `x`"):
        templates.text("{{ vars.x }}", Names({}))
    with pytest.raises(TemplateFault, match="unknown variable `x`"):
        templates.text("{{ vars.x | upper }}", Names({}))


def test_an_error_with_a_place_of_its_own_keeps_it() -> None:
    class Computed(dict[str, object]):
        def __getitem__(self, name: str) -> object:
            raise UetError("it is wrong there", Location("Uetfile.yaml", 7))

    for source in ("{{ vars.x }}", "{{ vars.x | upper }}"):
        with pytest.raises(UetError) as caught:
            templates.text(source, Names({"vars": Computed(x=1)}))
        assert caught.value.location is not None


def test_inputs_without_names_have_none() -> None:
    with pytest.raises(TemplateFault, match="unknown input `src`: the inputs have no names"):
        templates.pieces("{{ inputs.src }}", Names({}, frozenset({"inputs"})))


def test_texts_with_or_without_templates_are_told_apart() -> None:
    assert templates.has_templates("a{{ x }}")
    assert not templates.has_templates("{% x %}")


def test_neighbouring_texts_are_one_piece() -> None:
    assert templates.pieces("a{{ vars.cc }}b{{ args }}c", names()) == ("agcc 12b", Hole(name="args"), "c")
    assert templates.pieces("", names()) == ("",)
    assert templates.pieces("{{ '' }}", names()) == ()


# --- recipes ---------------------------------------------------------------------------------------------------------------------


def test_a_plain_command_runs_without_shell_and_lists_are_spliced() -> None:
    step = templates.recipe("cc {{ vars.flags }} -x{{ vars.flags }} {{ vars.cc }} '{{ inputs }}' {{ inputs }} ''", names(), BASH)
    inputs = Hole(name="inputs")
    assert step == Step(
        words=(("cc",), ("-O2",), ("-g",), ("-x-O2 -g",), ("gcc 12",), (inputs,), (inputs,), ("",)), shown=step.shown
    )  # fmt: skip


def test_only_the_literal_text_decides_whether_a_shell_runs() -> None:
    assert templates.recipe("cc {{ vars.x }}", names(vars={"x": "a; b $(c) *"}), BASH).words == (("cc",), ("a; b $(c) *",))
    assert templates.recipe("cc {{ args }}; d", names(), BASH).kind == Step.SHELL


def test_in_a_shell_text_values_are_quoted_by_place() -> None:
    step = templates.recipe("cd x && cc {{ vars.flags }} \"{{ vars.cc }}\" {{ inputs }} '{{ args }}' > {{ outputs }}", names(), BASH)
    assert step.text == (
        "cd x && cc '-O2' '-g' \"\"'gcc 12'\"\" ", Hole(name="inputs", place=Place.WORD), " '", Hole(name="args", place=Place.SINGLE), "' > 'build/o'",
    )  # fmt: skip
    assert step.shell == BASH


def test_raw_inserts_source_and_always_takes_the_shell() -> None:
    assert templates.recipe("{{ vars.cc | raw }} x", names(), BASH).text == ("gcc 12 x",)
    assert templates.recipe("{{ args | raw }} x", names(), BASH).text == (Hole(name="args", place=Place.RAW), " x")
    step = templates.recipe("cat <<EOF\n{{ (args | join(',')) | raw }}\nEOF", names(), BASH)
    assert [piece.place for piece in step.text if isinstance(piece, Hole)] == [Place.RAW]


def test_source_known_at_load_changes_the_places_after_it() -> None:
    step = templates.recipe("echo {{ vars.q | raw }}{{ args }}'", names(vars={"q": "'"}), BASH)
    assert step.text == ("echo '", Hole(name="args", place=Place.SINGLE), "'")


def test_raw_inside_an_expression_is_no_source() -> None:
    assert templates.recipe("{{ (vars.cc | raw) ~ ';' }}", names(), BASH).words == (("gcc 12;",),)


@pytest.mark.parametrize(
    ("source", "message", "marked"),
    [
        ("cat <<EOF\n{{ inputs }}\nEOF", "`{{ inputs }}` cannot stand in a here-document", "inputs"),
        ("x `{{ vars.cc }}` {{ args }}", "`{{ vars.cc }}` cannot stand inside backticks", "vars.cc"),
        ("x | y {{ vars.none }}", "is null", "vars.none"),
        ("x; y > {{ vars.flags }}", "a redirection needs exactly one file, but `{{ vars.flags }}` has 2", "vars.flags"),
        ("x {{ vars.cc }} 'a", "`'` is never closed", "'"),
        ("x {{ vars.q | raw }} {{ vars.cc }}", '`"` is never closed', "vars.q | raw"),
        ("x\0y", "NUL", "\0"),
        ("x {{ vars.nul }}", "NUL", "vars.nul"),
        ("x; {{ vars.nul }}", "NUL", "vars.nul"),
    ],
)
def test_a_fault_in_a_recipe_is_marked(source: str, message: str, marked: str) -> None:
    known = names(vars={"cc": "gcc", "q": 'a "', "flags": ["a", "b"], "none": None, "nul": HOLE})
    with pytest.raises(TemplateFault) as caught:
        templates.recipe(source, known, BASH)
    found = caught.value
    assert message in found.message
    assert source[found.offset : found.offset + found.length] == marked


def test_the_hint_for_a_refused_place_is_env() -> None:
    assert "`env`" in fault(templates.recipe, "x `{{ args }}`", BASH).hint


def test_an_empty_command_is_a_fault() -> None:
    assert fault(templates.recipe, " \n", BASH).message == "the command is empty"


def test_a_parenthesis_that_never_ends_is_the_business_of_the_shell_where_nothing_is_inserted() -> None:
    assert templates.recipe("x $(", names(), BASH).text == ("x $(",)
    assert "`$(` is never closed" in fault(templates.recipe, "x $( {{ args }}", BASH).message


def test_with_an_unknown_shell_everything_goes_through_it_and_only_source_is_inserted() -> None:
    python = ("python3", "-c")
    assert templates.recipe("print 'x", names(), python) == Step(kind=Step.SHELL, text=("print 'x",), shell=python, shown="print 'x")
    assert templates.recipe("print({{ args | raw }}{{ vars.n | raw }})", names(), python).text == (
        "print(",
        Hole(name="args", place=Place.RAW),
        "3)",
    )
    found = fault(templates.recipe, "print({{ args }})", python)
    assert "sh, dash, bash, zsh or ksh" in found.message
    assert "`env`" in found.hint


def test_a_shell_with_options_of_its_own_runs_plain_commands_too() -> None:
    assert templates.recipe("cc x", names(), ("bash", "-xc")).kind == Step.SHELL


def test_argv_is_never_read_by_a_shell() -> None:
    step = templates.argv(["cc", "{{ vars.flags }}", "a;{{ args }}", "{{ inputs }}", ""], names())
    assert step.words == (("cc",), ("-O2",), ("-g",), ("a;", Hole(name="args")), (Hole(name="inputs"),), ("",))


def test_arguments_of_a_python_step_keep_their_types() -> None:
    arguments = {
        "z": "{{ vars.flags }}", "n": "{{ vars.n }}", "late": "{{ inputs }}", "text": 'a "{{ args }}" {{ vars.cc }}', "deep": {"l": [1, True, None, "é"]},
        "e": [], "m": {},
    }  # fmt: skip
    step = templates.python("pkg.mod:{{ matrix.py | replace('.', '') }}", arguments, names())
    function, text = render_step(step, Values(inputs=["a b"], args=['"x"'], evaluator=templates))
    assert function == "pkg.mod:311"
    assert json.loads(text) == {
        "z": ["-O2", "-g"], "n": 3, "late": ["a b"], "text": 'a ""x"" gcc 12', "deep": {"l": [1, True, None, "é"]}, "e": [], "m": {},
    }  # fmt: skip
    assert list(json.loads(text)) == sorted(arguments)


def test_the_whole_environment_is_never_listed() -> None:
    environ = Environ()
    templates.recipe("cc {{ env.HOME }} {{ env.HOME | upper }} {{ env.CI ~ args }}", names(env=environ), BASH)
    assert set(environ.asked) == {"HOME", "CI"}


def test_names_alone_never_load_jinja2() -> None:
    code = (
        "import sys\n"
        "from uetbuild.manifest import templates as t\n"
        "n = t.Names({'vars': {'a': ['x']}, 'item': t.Item('a/b')}, frozenset({'inputs'}), {}, frozenset({'s'}))\n"
        "t.recipe('cc {{ vars.a }} {{ inputs.s | words }} {{ item.stem }} > \"{{ inputs }}\"', n, ['bash', '-c'])\n"
        "t.text('{% if %} {{ vars.a }}', n)\n"
        "sys.exit('jinja2' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
