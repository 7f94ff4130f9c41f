"""What a project consists of, before a tool's author writes it down in the language of that tool."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One step of a build: `command` makes `outputs` from `inputs`.

    `command` is one line of sh and names files as they are; `@inputs@` in it stands for the tool's own word for all inputs, and for
    the globs where it has none. What else may change the result: files that match `globs`, what the
    command writes into `depfile`, variables of the caller's environment (`env`), programs found on PATH (`programs`).
    """

    name: str
    command: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    depfile: str = ""
    env: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    def line(self, inputs: str = "", dollar: str = "$") -> str:
        """The command as a tool gets it: first it says in a log that it ran. `inputs` is the tool's word for these, `dollar` what it
        wants to read for a `$`."""
        command = self.command.replace("$", dollar).replace("@inputs@", inputs or " ".join([*self.inputs, *self.globs]))
        return f"echo {self.name} >> ../log; {command}"


@dataclass(frozen=True, slots=True)
class Project:
    """All rules, in an order in which they can run, and a comment that stands at the head of the build file."""

    rules: tuple[Rule, ...]
    comment: str = "a project"

    def makers(self, rule: Rule) -> list[Rule]:
        """The rules that make what `rule` reads."""
        return [other for other in self.rules if set(other.outputs) & set(rule.inputs)]

    def last(self) -> list[Rule]:
        """The rules whose outputs nobody reads: what a user asks for."""
        read = {path for rule in self.rules for path in rule.inputs}
        return [rule for rule in self.rules if not set(rule.outputs) & read]

    def variables(self) -> list[str]:
        return sorted({name for rule in self.rules for name in rule.env})

    def programs(self) -> list[str]:
        return sorted({name for rule in self.rules for name in rule.programs})

    def paths(self) -> list[str]:
        return [path for rule in self.rules for path in (*rule.inputs, *rule.outputs)]
