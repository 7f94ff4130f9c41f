"""How the SVG looks: colours by verdict, by day and by night, the shapes of nodes, and the pictures that stand beside the colours.

Nothing outside the file is referred to: no font, script or image. Colours are of a palette that colour-blind people can tell apart, and
every verdict has a sign of its own.
"""

from __future__ import annotations

from uetbuild.core.record import Record

HEIGHT = 28  # pixels of a node
SANS = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


class Colours(Record):
    """Of one mode. `verdicts`: fill and outline of each, "" for what has none."""

    __slots__ = ("page", "band", "ink", "soft", "line", "verdicts")

    page: str
    band: str
    ink: str
    soft: str
    line: str
    verdicts: dict[str, tuple[str, str]]


DAY = Colours(
    page="#ffffff", band="#f5f6f8", ink="#1b2430", soft="#667080", line="#8a94a3",
    verdicts={
        "stale": ("#ffdfb8", "#c76a00"), "depends": ("#fff8e3", "#d3a84a"), "up_to_date": ("#dcebf8", "#3f7fb8"),
        "skipped": ("#ebedf0", "#a3abb6"), "": ("#ffffff", "#667080"),
    },
)  # fmt: skip
NIGHT = Colours(
    page="#0f141a", band="#171d25", ink="#eef1f5", soft="#9aa5b4", line="#6d7887",
    verdicts={
        "stale": ("#543309", "#f2a33c"), "depends": ("#332d1b", "#a88d45"), "up_to_date": ("#14304a", "#5fa3dd"),
        "skipped": ("#232930", "#5d6672"), "": ("#0f141a", "#9aa5b4"),
    },
)  # fmt: skip

SIGNS = {
    "stale": '<circle r="4.5" class="solid"/>',
    "depends": '<circle r="4" class="open"/><path d="M0-4a4 4 0 0 1 0 8z" class="solid"/>',
    "up_to_date": '<path d="M-4.5 .5l3 3.5 6-7.5" class="open"/>',
    "skipped": '<path d="M-4.5 0h9" class="open"/>',
}


def styles() -> str:
    """The style element and what nodes and lines refer to."""
    fixed = (
        f"text{{font-family:{MONO};font-size:12px}}.sans{{font-family:{SANS}}}.name{{font-size:17px;font-weight:600}}.small{{font-size:11px}}"
        ".node{stroke-width:1.2}.advisory{stroke-dasharray:4 3}.critical{stroke-width:2.8}.solid{stroke:none}"
        ".open{fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}"
        ".line{fill:none;stroke-width:1.5}.inferred{stroke-width:.8}.order{stroke-width:1.2;stroke-dasharray:5 4}"
        ".line.critical{stroke-width:2.8}"
    )
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="{size}" markerHeight="{size}" markerUnits="userSpaceOnUse" '
        f'orient="auto"><path d="M0 .5L8 4 0 7.5z" class="{name}"/></marker>'
        for name, size in (("head", 8), ("bold", 11))
    )
    signs = "".join(f'<g id="sign-{verdict}" class="{verdict}">{sign}</g>' for verdict, sign in SIGNS.items())
    style = f"{fixed}{_colours(DAY)}@media (prefers-color-scheme:dark){{{_colours(NIGHT)}}}"
    return f"<style>{style}</style>\n<defs>{heads}{signs}</defs>\n"


def _colours(mode: Colours) -> str:
    rules = [
        f".page{{fill:{mode.page}}}.band{{fill:{mode.band}}}text{{fill:{mode.ink}}}.soft{{fill:{mode.soft}}}",
        f".line{{stroke:{mode.line}}}.head{{fill:{mode.line}}}.bold{{fill:{mode.ink}}}",
    ]
    for verdict, (fill, outline) in mode.verdicts.items():
        name = verdict or "plain"
        rules.append(f".node.{name}{{fill:{fill};stroke:{outline}}}.{name} .solid{{fill:{outline}}}.{name} .open{{stroke:{outline}}}")
    rules.append(f".node.critical,.line.critical{{stroke:{mode.ink}}}")
    return "".join(rules)


def outline(shape: str, verdict: str, critical: bool, x: float, y: float, width: float) -> str:
    """The outline of a node whose left side is at `x` and whose middle is at `y`: a box, a pill (group), a hexagon (gate)."""
    kind = " ".join(["node", verdict or "plain", *(["advisory"] if shape == "advisory" else ()), *(["critical"] if critical else ())])
    top, half = y - HEIGHT / 2, HEIGHT / 2
    if shape in ("gate", "advisory"):
        side = number(width - 18)
        return f'<path class="{kind}" d="M{number(x)} {number(y)}l9-{number(half)}h{side}l9 {number(half)}-9 {number(half)}h-{side}z"/>'
    round_ = half if shape == "group" else 5
    return (
        f'<rect class="{kind}" x="{number(x)}" y="{number(top)}" width="{number(width)}" height="{HEIGHT}" rx="{number(round_)}"/>'
    )  # fmt: skip


def sign(verdict: str, x: float, y: float) -> str:
    """The sign of a verdict; nothing for none."""
    return f'<use href="#sign-{verdict}" x="{number(x)}" y="{number(y)}"/>' if verdict else ""


def number(value: float) -> str:
    """A length in pixels, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def written(text: str, x: float, y: float, kind: str = "") -> str:
    """A line of text whose base line is at `y`."""
    attribute = f' class="{kind}"' if kind else ""
    return f'<text{attribute} x="{number(x)}" y="{number(y)}">{escaped(text)}</text>'


def escaped(text: str) -> str:
    """Text within XML, in ASCII, whatever it holds: what XML cannot hold is shown as `\\uXXXX`."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        [letter if letter == "\n" or letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text]
    ).encode("ascii", "xmlcharrefreplace").decode("ascii")  # fmt: skip
