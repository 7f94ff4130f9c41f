"""Where templates may stand in a shell text, and where they are refused. `@` is a template in these texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.nodes import Place
from uetbuild.core.shellscan import Scan, scan
from uetbuild.core.shelltext import HOLE

WORD, PART, SINGLE, DOUBLE, TARGET, RAW = Place.WORD, Place.PART, Place.SINGLE, Place.DOUBLE, Place.TARGET, Place.RAW


def seen(text: str, family: str = "bash", raw: frozenset[int] = frozenset()) -> Scan:
    return scan(text.replace("@", HOLE), family, raw)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("cc @ -o @", [WORD, WORD]),
        ("cc -I@ @.o x@y @@", [PART] * 5),
        ("@ a; @&&@|@", [WORD, WORD, WORD, WORD]),
        ("cc @ \\\n  b", [WORD]),
        ("cc @\\\nb", [PART]),
        ("echo '@' \"@ @\" 'a\"@'", [SINGLE, DOUBLE, DOUBLE, SINGLE]),
        ('echo "$(cmd @ \'@\' "@" x@)" @', [WORD, SINGLE, DOUBLE, PART, WORD]),
        ('echo "$(a "$(b @)")@"', [WORD, DOUBLE]),
        ("diff <(sort @) >(cat @)", [WORD, WORD]),
        ("X=@ cmd Y=@", [PART, PART]),
        ("a=(@ x@) b+=(@)", [WORD, PART, WORD]),
        ("cmd > @ 2>@ >>@.log < '@' &> @ >| @", [TARGET, TARGET, TARGET, SINGLE, TARGET, TARGET]),
        ("cat <<< @ > @", [PART, TARGET]),
        ("cmd >@; @", [TARGET, WORD]),
        ("(@) { @; } ((1)); ! @", [WORD, WORD, WORD]),
        ("f() { cmd @; }; for x in @; do @; done", [WORD, WORD, WORD]),
        ("case @ in a) @;; (b|@) ;; esac", [WORD, WORD, WORD]),
        ("if [[ @ == @ && @ =~ a(b|c) ]]; then @; fi", [WORD] * 4),
        ("[ @ -eq @ ]", [WORD, WORD]),
        ("echo $HOME@ ${x}@ $((1+(2)))@ `date`@ $'a'@ $\"b\"@", [PART] * 6),
        ('echo "$HOME@" "$@" "\\$@" "${x:-y}@" "`date`@" "$((1))@"', [DOUBLE] * 6),
        ("echo a#b @ # comment\n@", [WORD, WORD]),
        ("echo $# @ $$ @ $* @", [WORD, WORD, WORD]),
        ("cat <<EOF >@\nit's \"\nEOF\n@ '@'", [TARGET, WORD, SINGLE]),
        ("cat <<-'E F' @\n\tit's $(\n\tE F\n@", [WORD, WORD]),
        ("cat <<A <<\"B\"\n'\nA\n\"\nB\n@", [WORD]),
        ("(cat <<EOF\nx\nEOF\n) @", [WORD]),
        ("cat @ <<EOF\nwithout an end", [WORD]),
        ("x=$(cat <<EOF\nplain\nEOF\n)@", [PART]),
        ("export X=@; local -r Y='@'", [PART, SINGLE]),
        ("command cc @; {fd}>@ cc @", [WORD, TARGET, WORD]),
        ("echo \\\\@ '\\@' \\a@", [PART, SINGLE, PART]),
        ("eval \"$(ssh-agent @)\"", [WORD]),
        ("@>f @<f", [WORD, WORD]),
        ("echo '\n@'", [SINGLE]),
        ("echo ${x:-\"a b\"} ${y:-'c'} ${z:-$(w)} ${v\\}} ${u<v} @", [WORD]),
        ("echo a] [b] @", [WORD]),
    ],
)  # fmt: skip
def test_the_place_of_a_template_is_where_a_shell_would_see_it(text: str, places: list[int]) -> None:
    found = seen(text)
    assert found.refused == {}
    assert found.places == places
    assert found.unclosed is None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("cat <<EOF\n@\nEOF", "in a here-document"),
        ("cat <<'EOF'\n@\nEOF", "in a here-document"),
        ("cat <<-EOF\n\t@\n\tEOF", "in a here-document"),
        ("cat <<@\nx\n", "in or after the delimiter of a here-document"),
        ("echo `cat @`", "inside backticks"),
        ("echo \"`cat @`\"", "inside backticks"),
        ("echo $'@'", "inside `$'…'`"),
        ("echo $\"@\"", 'inside `$"…"`'),
        ("echo ${x:-@}", "inside `${…}`"),
        ("echo \"${x:-$(cat @)}\"", "inside `${…}`"),
        ("echo $((@ + 1))", "in arithmetic"),
        ("((@))", "in arithmetic"),
        ("echo $[@]", "inside or after `$[…]`"),
        ("a[@]=1", "in an array subscript"),
        ("a[ @ ]=1", "in an array subscript"),
        ("a[\"@\"]=1", "in an array subscript"),
        ("a['@']=1", "in an array subscript"),
        ("a[b[1]+@]=1", "in an array subscript"),
        ("a=([@]=1)", "in an array subscript"),
        ("cc # @", "in a comment"),
        ("cc\n#@\n", "in a comment"),
        ("echo \\@", "right after a backslash"),
        ("echo \"\\@\"", "right after a backslash"),
        ("echo $@", "right after `$`"),
        ("eval @", "in the arguments of `eval`"),
        ("command eval \"x @\"", "in the arguments of `eval`"),
        ("X=1 eval '@'", "in the arguments of `eval`"),
        ("true && trap 'rm @' EXIT", "in the arguments of `trap`"),
        ("let @", "in the arguments of `let`"),
        ("unset @", "as a name given to `unset`"),
        ("declare -A @=1", "as a name given to `declare`"),
        ("[[ @ -eq 1 ]]", "beside `-eq`"),
        ("[[ 1 -lt @ ]]", "beside `-lt`"),
        ("[[ a && -v '@' ]]", "beside `-v`"),
        ("cmd >&@", "after `>&`"),
        ("x=$(case a in a) echo @;; esac)", "after `case` inside `$(…)`"),
        ("x=$(a=(b) @)", "in or after `name=( … )` inside `$(…)`"),
        ("a=(b; @", "after an operator inside"),
        ("a=(@ b; c)", "after an operator inside"),
        ("echo x((@", "after `((` inside a word"),
        ("(#x\n @)", "beside a parenthesis"),
        ("(x)#@", "beside a parenthesis"),
        ("$(x # it's\n@)", "after a comment with quotes"),
        ("((a)) + ((b)+(c)) ((d)*e) @", "after `((` that is no arithmetic"),
        ("$(('a')) @", "inside `$((…))`"),
        ("$((\"a\")) @", "inside `$((…))`"),
        ("$((`a`)) @", "inside `$((…))`"),
        ("$((\\a)) @", "inside `$((…))`"),
        ("\"${x:-'}\" @", "inside `$((…))` or `${…}`"),
        ("\"${x:-\"y\"}\" @", "inside `$((…))` or `${…}`"),
        ("\"${x:-\\\"}\" @", "inside `$((…))` or `${…}`"),
        ("${ x;} @", "after `${ …}`"),
        ("${x:-{a}} @", "after braces or parentheses"),
        ("${x:-<(a)} @", "after braces or parentheses"),
        ("$$(x @)", "after `$$`"),
        ("$\\\n(x @)", "after `$` at the end of a line"),
        ("$(\\\n(x @))", "after `$(` at the end of a line"),
        ("(\\\n(x @))", "after `(` at the end of a line"),
        ("x >\\\n> @", "after a redirection at the end of a line"),
        ("`it's` @", "after backticks with a single quote"),
        ("$(cat <<EOF) @", "after a here-document that its `$(…)` does not hold"),
        ("cat <<EOF 'a\nb' @", "whose line goes on inside quotes"),
        ("cat <<EOF \"a\nb\" @", "whose line goes on inside quotes"),
        ("cat <<EOF `a\nb` @", "whose line goes on inside quotes"),
        ("cat <<EOF $'a\nb' @", "whose line goes on inside quotes"),
        ("cat <<EOF $(a\nb) @", "whose line goes on inside `$(…)`"),
        ("cat <<EOF\na\\\nEOF\n@", "whose end is not the same"),
        ("cat <<EOF\n$(\nEOF\n@", "whose end is not the same"),
        ("$(cat <<EOF\nit's\nEOF\n@)", "whose end is not the same"),
        ("$'a @", "inside `$'…'`"),
        ("a[ #x] @", "beside a parenthesis or bracket"),
    ],
)  # fmt: skip
def test_a_template_is_refused_where_no_quoting_is_sure(text: str, where: str) -> None:
    found = seen(text)
    assert where in found.refused[len(found.places) - 1]


def test_after_an_ansi_quote_with_an_escaped_quote_only_shells_that_know_it_go_on() -> None:
    assert seen("echo $'it\\'s' @", "bash").refused == {}
    assert 0 in seen("echo $'it\\'s' @", "dash").refused


def test_a_subscript_in_quotes_is_one_to_zsh_only() -> None:
    assert seen('echo "$a[@]"', "bash").places == [DOUBLE]
    assert 0 in seen('echo "$a[@]"', "zsh").refused


def test_what_is_refused_does_not_change_the_places_after_it() -> None:
    found = seen("echo `a @` @ ${x:-@} '@'")
    assert sorted(found.refused) == [0, 2]
    assert [found.places[1], found.places[3]] == [WORD, SINGLE]


def test_source_is_refused_nowhere() -> None:
    found = seen("cat <<EOF\n@\nEOF\neval @; x=$(case a in @) @;; esac; [[ @ -eq 1 ]]", raw=frozenset(range(5)))
    assert found.refused == {}
    assert found.places == [RAW] * 5


@pytest.mark.parametrize(
    ("text", "offset", "what"),
    [
        ("echo 'a", 5, "'"),
        ('echo "a $(b)', 5, '"'),
        ("echo $'a", 6, "'"),
        ("echo $(a", 5, "$("),
        ("(a", 0, "("),
        ("x ${a", 2, "${"),
        ("((1", 0, "(("),
        ('$"a', 0, '$"'),
    ],
)
def test_what_never_ends_is_told(text: str, offset: int, what: str) -> None:
    assert seen(text).unclosed == (offset, what)


def test_source_that_comes_later_may_end_it() -> None:
    assert seen('echo "@', raw=frozenset({0})).unclosed is None


@given(st.text(alphabet="@'\"`$(){}[]#<>;&|\\\n =aE!-+", max_size=40), st.sampled_from(["bash", "dash", "zsh"]))
def test_every_template_gets_exactly_one_answer(text: str, family: str) -> None:
    found = seen(text, family)
    assert len(found.places) == text.count("@")
    assert all(0 <= index < len(found.places) for index in found.refused)
