"""What only a command can tell: `sh` variables, probes, `skip_if`. Each is asked at most once in a build.

Without a shell nothing is run: the answer of last time is assumed, and a warning names it (promise 10).
"""

from __future__ import annotations

from uetbuild.core.environment import inherited
from uetbuild.core.fingerprint import digest_text, step_row
from uetbuild.core.nodes import Step
from uetbuild.core.render import Values, render_step, render_text
from uetbuild.core.secrets import Secrets
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from uetbuild.core.nodes import Node, Pieces, Project, ShVar
    from uetbuild.core.ports import Evaluator, Shell

    Env = tuple[tuple[str, Pieces], ...]


HIDDEN = "\0"  # before the digest of an answer that holds a secret: it counts, but is never stored


class Answers:
    """`warnings` says what was assumed; `secrets` are those of the build."""

    __slots__ = ("secrets", "warnings", "_learnt", "_root", "_environ", "_shell", "_evaluator", "_variables", "_remembered", "_asked")

    def __init__(
        self,
        project: Project,
        root: str,
        environ: Mapping[str, str],
        remembered: dict[str, str],
        evaluator: Evaluator,
        shell: Shell | None,
        secrets: Secrets | None = None,
    ) -> None:
        self.warnings: list[str] = []
        self.secrets = Secrets() if secrets is None else secrets
        self._learnt: dict[str, str] = {}
        self._root = root
        self._environ = environ
        self._shell = shell
        self._evaluator = evaluator
        self._variables: dict[str, ShVar] = {variable.name: variable for variable in project.sh_vars}
        self._remembered = remembered
        self._asked: dict[str, str] = {}

    @property
    def learnt(self) -> dict[str, str]:
        """What was asked (question -> answer), for the store."""
        return {question: self._stored(answer) for question, answer in self._learnt.items()}

    def digest(self, text: str) -> str:
        """The digest by which the value of a variable, or what a probe said, counts."""
        return text[1:] if self._shell is None and text.startswith(HIDDEN) else digest_text(text)

    @property
    def asked(self) -> bool:
        """Whether anything was asked or assumed: what rests on it cannot be observed."""
        return bool(self._asked)

    def variable(self, name: str) -> str:
        """Value of an `sh` variable (full name). Raises UetError when its command fails."""
        variable = self._variables[name]
        code, text = self._ask("sh", name, variable.step, variable.env, None)
        if code:
            raise UetError(f"the command of variable `{name}` failed with exit code {code}: {variable.step.shown}", hint=text or "")
        if name in self.secrets.late:
            self.secrets.learn([text])
        return text

    def probe(self, node: Node, step: Step) -> str:
        """Standard output of a probe. Raises UetError when it fails."""
        code, text = self._ask("probe", node.id, step, node.env, _let_through(node))
        if code:
            raise UetError(f"probe of `{node.id}` failed with exit code {code}: {step.shown}", hint=text or "")
        return text

    def skip(self, node: Node) -> bool:
        """Whether the node's `skip_if` says that there is nothing to do."""
        if node.skip_if is None:
            return False
        code, _ = self._ask("skip_if", node.id, node.skip_if, node.env, _let_through(node))
        return code == 0

    def values(self, **more: object) -> Values:
        """Values for rendering that know the `sh` variables."""
        return Values(variable=self.variable, evaluator=self._evaluator, **more)  # type: ignore[arg-type]

    def _ask(self, what: str, owner: str, step: Step, env: Env, strict: tuple[str, ...] | None) -> tuple[int, str]:
        """Exit code and output; asked once a build for the same command in the same place and environment. `strict`: the names that a
        strict environment lets through besides the base set, None where all is inherited.
        """
        key = f"{what}:{digest_text(repr((step_row(step), env, strict)))[:24]}"
        if key not in self._asked:
            if self._shell is None:
                self.warnings.append(f"assumed that {_spoken(what, owner)} says what it said last time: {step.shown}")
                # an answer that was never given: a variable reads as empty, a `skip_if` as "not skipped"
                self._asked[key] = self._remembered.get(key, "1 " if what == "skip_if" else "0 ")
            else:
                self._asked[key] = self._learnt[key] = self._run(step, env, strict)
        code, _, text = self._asked[key].partition(" ")
        return int(code), text

    def _stored(self, answer: str) -> str:
        code, _, text = answer.partition(" ")
        return answer if self.secrets.masked(text) == text else f"{code} {HIDDEN}{digest_text(text)}"

    def _run(self, step: Step, env: Env, strict: tuple[str, ...] | None) -> str:
        assert self._shell is not None
        values = self.values()
        argv = render_step(step, values)
        settings = {} if strict is None else inherited(self._environ, strict)
        settings |= {name: render_text(value, values) for name, value in (*env, *step.env)}
        cwd = f"{self._root}/{step.cwd}" if step.cwd else self._root
        code, out, err = self._shell.ask(argv, cwd, settings, strict is not None)
        return f"{code} {err.strip() if code else out}"


def _let_through(node: Node) -> tuple[str, ...] | None:
    return (*node.pass_env, *node.secrets) if node.env_mode == "strict" else None


def _spoken(what: str, owner: str) -> str:
    if what == "sh":
        return f"variable `{owner}`"
    return f"`skip_if` of `{owner}`" if what == "skip_if" else f"a probe of `{owner}`"
