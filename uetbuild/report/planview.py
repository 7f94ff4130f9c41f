"""The plan (`--dry-run`), `status` and `explain` as text, written from the objects of interface section 4."""

from __future__ import annotations

from uetbuild.report.amounts import counted, dollars, duration
from uetbuild.report.escapes import safe_name
from uetbuild.report.flow import flow, rows
from uetbuild.report.reasons import briefly, in_words
from uetbuild.report.stream import BOLD, GREEN, YELLOW, brush, paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    Item = Mapping[str, Any]

TOGETHER = 2  # so many nodes of a wave with the same reason share a line
SHOWN_PAIRS = 20  # conflicts that are listed
_WIDEST = 120  # columns that flowing text uses at most; longer lines are hard to read
_DUE = ("stale", "depends")


def plan_text(plan: Item, width: int = 80, colours: bool = False) -> str:
    """Waves with what is stale and why, then critical path, forecast, conflicts and bottlenecks; ends with a newline."""
    width = min(width, _WIDEST)
    if not any(node["verdict"] in _DUE for node in plan["nodes"]):
        return f"up to date ({counted(plan['workstreams'], 'workstream')})\n"
    blocks = [
        [_headline(plan)],
        *_waves(plan, width, colours),
        _gates(plan, width, colours),
        _critical_path(plan, width, colours),
        _forecast(plan),
        _conflicts(plan, width),
        _bottlenecks(plan, width, colours),
    ]
    head = brush(BOLD, colours)
    return "\n".join("".join(line + "\n" for line in [head(block[0]), *block[1:]]) for block in blocks if block)


def status_text(plan: Item, colours: bool = False) -> str:
    """What is stale, each with its first reason; ends with a newline."""
    nodes = plan["nodes"]
    stale = [(safe_name(node["id"]), _because(node)) for node in nodes if node["verdict"] == "stale"]
    waiting = sum(node["verdict"] == "depends" for node in nodes)
    if not stale:
        return f"up to date ({counted(plan['workstreams'], 'workstream')})\n"
    lines = [paint(_headline(plan), BOLD, colours), *rows(stale, tint=brush(GREEN, colours))]
    if waiting:
        lines.append(f"{waiting} more {'depends' if waiting == 1 else 'depend'} on what is stale")
    return "\n".join(lines) + "\n"


def explain_text(nodes: Sequence[Item], verdicts: Mapping[str, str], colours: bool = False) -> str:
    """Every reason of each of the nodes, and what they depend on; `verdicts` are those of all nodes by id. Ends with a newline."""
    blocks = []
    for node in nodes:
        verdict = paint(node["verdict"].replace("_", " "), YELLOW if node["verdict"] == "stale" else BOLD, colours)
        lines = [f"{paint(safe_name(node['id']), GREEN, colours)}: {verdict}"]
        lines += ["  " + in_words(reason["code"], reason.get("detail", "")) for reason in node["reasons"]]
        waits = [name for name in node["depends_on"] if verdicts.get(name) in ("stale", "depends")]
        if waits:
            lines.append("  depends on what is to be done first: " + ", ".join(safe_name(name) for name in waits))
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


# --- blocks of the plan --------------------------------------------------------------------------------------------------------


def _headline(plan: Item) -> str:
    return f"{plan['stale']} of {counted(plan['workstreams'], 'workstream')} {'is' if plan['stale'] == 1 else 'are'} stale"


def _waves(plan: Item, width: int, colours: bool) -> Iterable[list[str]]:
    """One block a wave that has something to do; waves count from 0, as they do in JSON, in events and in the ids of gates."""
    nodes = {node["id"]: node for node in plan["nodes"]}
    for number, wave in enumerate(plan["waves"]):
        due = [nodes[name] for name in wave if nodes[name]["verdict"] in _DUE]
        if due:
            rest = len(wave) - len(due)
            yield [f"wave {number}: {len(due)} to run" + (f", {rest} up to date" if rest else ""), *_due(due, width, colours)]


def _gates(plan: Item, width: int, colours: bool) -> list[str]:
    due = [node for node in plan["nodes"] if node["kind"] == "gate" and node["verdict"] in _DUE]
    return [f"gates: {len(due)} to run", *_due(due, width, colours)] if due else []


def _due(nodes: Sequence[Item], width: int, colours: bool) -> list[str]:
    """Nodes with why they run; many with the same reason share a line."""
    groups: dict[str, list[str]] = {}
    for node in nodes:
        groups.setdefault(_because(node), []).append(safe_name(node["id"]))
    single = [(name, why) for why, names in groups.items() if len(names) < TOGETHER for name in names]
    tint = brush(GREEN, colours)
    lines = rows(single, width=width, tint=tint)
    for why, names in groups.items():
        if len(names) >= TOGETHER:
            lines += flow(names, width, first=f"  {why}: ", indent=4, tint=tint)
    return lines


def _because(node: Item) -> str:
    if node["verdict"] == "depends":
        return "if a dependency comes out different"
    return briefly([(reason["code"], reason.get("detail", "")) for reason in node["reasons"]]) if node["reasons"] else "stale"


def _critical_path(plan: Item, width: int, colours: bool) -> list[str]:
    path = plan["critical_path"]
    if not path:
        return []
    seconds = {node["id"]: node["estimate"]["seconds"] for node in plan["nodes"]}
    length = duration(sum(seconds.get(name, 0.0) for name in path))
    gates = {node["id"] for node in plan["nodes"] if node["kind"] == "gate"}
    title = f"critical path: {counted(len(path) - len(gates.intersection(path)), 'workstream')}, {length}"
    return [title, *flow([safe_name(name) for name in path], width, first="  ", separator=" -> ", tint=brush(GREEN, colours))]


def _forecast(plan: Item) -> list[str]:
    seconds, usd = plan["estimated_seconds"], plan["estimated_usd"]
    way = "" if seconds["method"] == "simulation" else " (by the critical path alone)"
    lines = [
        f"forecast: {duration(seconds['p50'])}, nine times in ten below {duration(seconds['p90'])}{way}",
        f"  one after another {duration(plan['sequential_seconds'])} ({plan['estimated_speedup']:.1f} times as long), "
        f"at most {plan['max_parallelism']} side by side",
    ]
    if usd["p90"] > 0:
        lines.append(f"  cost: {dollars(usd['p50'])}, nine times in ten below {dollars(usd['p90'])}")
    return lines


def _conflicts(plan: Item, width: int) -> list[str]:
    pairs = plan["conflicts"]
    if not pairs:
        return []
    lines = [f"conflicts: {counted(len(pairs), 'pair')} may touch the same files and never run side by side"]
    for pair in pairs[:SHOWN_PAIRS]:
        names = f"  {safe_name(pair['a'])} and {safe_name(pair['b'])}: "
        lines += flow([safe_name(path) for path in pair["paths"]], width, first=names, indent=4)
    if len(pairs) > SHOWN_PAIRS:
        lines.append(f"  … and {len(pairs) - SHOWN_PAIRS} more (`--json` lists all)")
    return lines


def _bottlenecks(plan: Item, width: int, colours: bool) -> list[str]:
    found = [(safe_name(each["id"]), safe_name(each["reason"])) for each in plan["bottlenecks"]]
    return ["bottlenecks:", *rows(found, width=width, tint=brush(GREEN, colours))] if found else []
