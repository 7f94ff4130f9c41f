"""From a node and an attempt to a job: recipes rendered, environment put together, sandbox described."""

from __future__ import annotations

from uetbuild.core.environment import inherited
from uetbuild.core.jobs import Command, Job, Sandbox
from uetbuild.core.nodes import Source, Step
from uetbuild.core.record import Record
from uetbuild.core.relative import seen_from
from uetbuild.core.render import late_of, quoted, render_step, render_text
from uetbuild.core.retry import Cause
from uetbuild.core.secrets import ENDINGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from uetbuild.core.jobs import Env, Lists
    from uetbuild.core.nodes import Node, Settings
    from uetbuild.core.ports import Feedback
    from uetbuild.core.render import Values
    from uetbuild.engine.answers import Answers
    from uetbuild.engine.attempt import Attempt

LONGEST = 4000  # characters of a command in events
LISTS = ("UET_INPUTS", "UET_CHANGED_FILES")
PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=,+@%")  # what no shell gives a meaning

# Calls a function named on the command line: argv is (python, -u, -c, this, folder of the manifest, "pkg.mod:func", JSON of its
# arguments). Unbuffered, so that what it prints is shown as it comes; the project's own `json.py` must not come before ours. What is raised
# is told without the lines from here.
CALL = """\
import sys
sys.path[:1] = [path for path in sys.path[:1] if path]
import importlib, json, traceback

def tell(kind, error, trace):
    while trace and trace.tb_frame.f_code.co_filename == "<string>":
        trace = trace.tb_next
    traceback.print_exception(kind, error, trace)

sys.excepthook = tell
sys.path.insert(0, sys.argv[1])
module, _, name = sys.argv[2].partition(":")
call = importlib.import_module(module)
for part in name.split("."):
    call = getattr(call, part)
result = call(**json.loads(sys.argv[3]))
sys.exit(result if isinstance(result, int) and not isinstance(result, bool) else 0)
"""


class Place(Record):
    """Where this build works: absolute `root`, `run` id, `python` for Python steps where the manifest names none, `environ` of the
    caller, the absolute paths `log(node)` (beside which what else is written for a node stands) and `sandbox(node)`, and the files of
    `feedback`.
    """

    __slots__ = ("root", "run", "python", "environ", "log", "sandbox", "feedback")

    root: str
    run: str
    python: str
    environ: Mapping[str, str]
    log: Callable[[str], str]
    sandbox: Callable[[str], str]
    feedback: Feedback


class Kitchen:
    """Makes jobs for one build."""

    __slots__ = ("_answers", "_place", "_secrets", "_settings")

    def __init__(self, place: Place, settings: Settings, answers: Answers) -> None:
        self._place = place
        self._settings = settings
        self._answers = answers
        self._secrets = answers.secrets

    def job(self, key: int, attempt: Attempt, args: tuple[str, ...], slots: Iterable[tuple[str, str]], follow: bool) -> Job:
        """The job of an attempt; `slots`: (pool, numbers of the places that it holds)."""
        node = attempt.node
        log = self._place.log(node.id)
        files = log.removesuffix(".log")
        told, notes = self._told(attempt)
        values = self._values(attempt, args, node.cwd)
        env = self._environment(node, values)
        if env:
            self._learn(node, env.items())
        lists: Lists = ((LISTS, _lines(values.inputs)),)
        if values.changed != values.inputs:
            lists = ((LISTS[:1], _lines(values.inputs)), (LISTS[1:], _lines(values.changed)))
        env |= {
            "UET_RUN_ID": self._place.run, "UET_NODE": node.id, "UET_ATTEMPT": str(attempt.number),
            "UET_USAGE_FILE": files + ".usage", "UET_FEEDBACK_FILE": told,
        }  # fmt: skip
        for pool, numbers in slots:
            env[f"UET_POOL_{_shouted(pool)}"] = numbers
        if attempt.number > 1:
            notes.append((files + ".usage", ""))  # what the attempt before used is counted
        commands = [self._command(attempt, args, step, values) for step in node.steps]
        finally_ = [self._command(attempt, args, step, values) for step in node.finally_]
        if node.agent is not None:
            prompt = f"{self._place.root}/{node.agent.prompt_file}"
            if attempt.feedback or not node.agent.prompt_file:
                text = self._place.feedback.read(prompt) if node.agent.prompt_file else render_text(node.agent.prompt, values)
                if attempt.feedback and "feedback" not in late_of(node.agent.prompt):
                    text = f"{text.rstrip()}\n\n{attempt.feedback}"
                prompt = files + ".prompt"
                notes.append((prompt, self._secrets.masked(text)))
            env |= {"UET_PROMPT_FILE": prompt, "UET_MODEL": node.agent.model}
            commands = [command.with_(stdin=prompt) for command in commands]
        return Job(
            key=key, node=node.id, commands=tuple(commands), finally_=tuple(finally_), log=log, env=tuple(env.items()),
            clear_env=node.env_mode == "strict", timeout=node.timeout,
            masks=self._secrets.forms, follow=follow, interactive=node.interactive, output_limit=self._settings.output_limit,
            sandbox=self._sandbox(attempt) if node.isolation == "sandbox" else None,
            notes=tuple(notes), lists=lists,
        )  # fmt: skip

    def spoken(self, node: Node, job: Job) -> list[str]:
        """The commands of a job as people read them, as they were executed; secrets masked, endless ones cut."""
        found = []
        for step, command in zip(node.steps, job.commands, strict=True):
            if step.kind == Step.DIRECT:
                text = _typed(command.argv)
            elif step.kind == Step.SHELL:
                text = command.argv[-1]
            else:
                text = f"{command.argv[0]}: {command.argv[-2]}"
            text = self._secrets.masked(text)
            found.append(text if len(text) <= LONGEST else text[:LONGEST] + " …")
        return found

    @property
    def feedback(self) -> Feedback:
        """The files of what gates said."""
        return self._place.feedback

    def _values(self, attempt: Attempt, args: tuple[str, ...], cwd: str) -> Values:
        """The late values; paths are as a command sees them that runs in `cwd`."""
        named: dict[str, list[str]] = {source.name: [] for source in attempt.node.inputs if source.name}
        if named:
            for name, path in attempt.files:
                if name:
                    named.setdefault(name, []).append(seen_from(cwd, path))
        files = [path for _, path in attempt.files]
        changed, guarded = attempt.changed, attempt.guarded
        if cwd:
            files, changed, guarded = [[seen_from(cwd, path) for path in paths] for paths in (files, changed, guarded)]
        return self._answers.values(
            inputs=list(dict.fromkeys(files)), named=named, changed=changed, args=list(args), files=guarded, feedback=attempt.feedback
        )

    def keep_feedback(self, node: Node, text: str) -> None:
        """Keep for the next attempt at a node what gates said, without secrets: what it made may hold them. Raises UetError."""
        self.feedback.write(self.feedback.path(self._place.run, node.id), self._secrets.masked(text))

    def _told(self, attempt: Attempt) -> tuple[str, list[tuple[str, str]]]:
        """(what `UET_FEEDBACK_FILE` names, that file with its text where it has to be written): what gates said of the attempt before, and
        that may have been in an earlier run. There is always a file, so that a shell that minds unset names can read it.
        """
        node = attempt.node
        if node.retry is None or Cause.GATE not in node.retry.on:
            return "/dev/null", []
        files, run = self._place.feedback, self._place.run
        path = files.path(run, node.id)
        if attempt.number > 1:
            attempt.feedback = files.read(path)
            if not attempt.feedback and attempt.last is not None and attempt.last.run not in ("", run):
                attempt.feedback = files.read(files.path(attempt.last.run, node.id))
        return path, [(path, attempt.feedback)]

    def _environment(self, node: Node, values: Values) -> dict[str, str]:
        strict = node.env_mode == "strict"
        env = inherited(self._place.environ, (*node.pass_env, *node.secrets)) if strict else {}
        for name, pieces in node.env:
            env[name] = render_text(pieces, values)
        return env

    def _command(self, attempt: Attempt, args: tuple[str, ...], step: Step, values: Values) -> Command:
        """`values`: of a command that runs where its node does."""
        node, cwd = attempt.node, step.cwd
        if cwd is None:
            cwd = node.cwd
        else:
            values = self._values(attempt, args, cwd)
        argv = render_step(step, values)
        if step.kind == Step.PYTHON:
            folder = f"{self._place.root}/{node.folder}" if node.folder else self._place.root
            argv = (node.python or self._place.python, "-u", "-c", CALL, folder, *argv)
        env: Env = ()
        if step.env:
            env = tuple([(name, render_text(pieces, values)) for name, pieces in step.env])
            self._learn(node, env)
        return Command(
            argv=argv, cwd=f"{self._place.root}/{cwd}" if cwd else self._place.root, env=env,
            timeout=step.timeout, allow_failure=step.allow_failure, name=step.name or step.shown,
        )  # fmt: skip

    def _learn(self, node: Node, env: Iterable[tuple[str, str]]) -> None:
        """What is set under the name of a secret is one, also where only a command could tell it."""
        self._secrets.learn([value for name, value in env if name.endswith(ENDINGS) or name in node.secrets])

    def _sandbox(self, attempt: Attempt) -> Sandbox:
        node = attempt.node
        patterns = [(source.pattern, source.kind == Source.GLOB) for source in node.outputs]
        if node.depfile:
            patterns.append((node.depfile, False))
        folders = [step.cwd for step in node.steps if step.cwd] + ([node.cwd] if node.cwd else [])
        for pattern, is_glob in patterns:
            parent = pattern.partition("*")[0].rpartition("/")[0] if is_glob else pattern.rpartition("/")[0]
            if parent:
                folders.append(parent)
        folders += [source.pattern for source in node.outputs if source.folder]
        return Sandbox(
            root=self._place.root, folder=self._place.sandbox(node.id), files=tuple(attempt.present.inputs), folders=tuple(folders),
            outputs=tuple(patterns), edits=tuple(attempt.edits),
        )  # fmt: skip


def _typed(argv: Sequence[str]) -> str:
    """A command as it is typed in a shell."""
    if "" not in argv and PLAIN.issuperset("".join(argv)):
        return " ".join(argv)
    return " ".join([word if _is_plain(word) else quoted(word) for word in argv])


def _is_plain(word: str) -> bool:
    """Whether a shell would read the word as it is."""
    return bool(word) and all(letter.isalnum() or letter in PLAIN for letter in word)


def _lines(paths: Iterable[str]) -> str:
    return "\n".join([*paths, ""])


def _shouted(name: str) -> str:
    return "".join([letter if letter.isalnum() else "_" for letter in name]).upper()
