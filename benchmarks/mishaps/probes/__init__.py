"""All probes, by topic, in the order of the table."""

from . import content, globs, definitions, outputs, kills, concurrency, processes, streams, surroundings, names, links, state  # noqa: F401, I001 - the order
from .probe import PROBES, Probe

__all__ = ["PROBES", "Probe"]
