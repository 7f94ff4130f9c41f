"""Stamps and chains of this build: as the store had them at first, then with what the build adds.

The loop is the only writer; every change goes into the `Changes` of the turn as well.
"""

from __future__ import annotations

from uetbuild.core.fingerprint import digest_text
from uetbuild.core.kinds import Kind
from uetbuild.core.stamps import Stage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from uetbuild.core.approval import Answer
    from uetbuild.core.changes import Changes
    from uetbuild.core.ports import Store
    from uetbuild.core.stamps import Chain, Stamp


class Memory:
    """`stamps` by node id, `chains` by path."""

    __slots__ = ("chains", "stamps", "_approvals", "_producers", "_store")

    def __init__(self, store: Store, stamps: MutableMapping[str, Stamp] | None = None) -> None:
        """`stamps`: those of the store, where they were read already."""
        self.stamps: MutableMapping[str, Stamp] = store.stamps() if stamps is None else stamps
        self.chains: dict[str, Chain] = store.chains()
        self._approvals: dict[str, Answer] | None = None
        self._producers: dict[str, str] | None = None
        self._store = store

    @property
    def approvals(self) -> dict[str, Answer]:
        """What persons said, by `answer_key`; read when a build first asks."""
        if self._approvals is None:
            self._approvals = self._store.approvals()
        return self._approvals

    def put(self, stamp: Stamp, changes: Changes) -> None:
        """Record a stamp."""
        self.stamps[stamp.node] = stamp
        changes.stamps[stamp.node] = stamp
        if self._producers is not None:
            for path in stamp.outputs:
                self._producers[path] = stamp.node

    def restore(self, node: str, stamp: Stamp | None, changes: Changes) -> None:
        """Record the stamp that a node had before, None where it had none."""
        if stamp is not None:
            self.put(stamp, changes)
        else:
            self.stamps.pop(node, None)
            changes.stamps.pop(node, None)
            changes.dropped.append(node)

    def unsay(self, key: str, changes: Changes) -> None:
        """Forget what a person said: it is asked anew."""
        if self.approvals.pop(key, None) is not None:
            changes.approvals[key] = None

    def link(self, chains: Mapping[str, Chain], changes: Changes) -> None:
        """Record chains that changed; an empty one goes."""
        for path, chain in chains.items():
            if chain:
                self.chains[path] = chain
            else:
                self.chains.pop(path, None)
            changes.chains[path] = chain

    def producer(self, path: str) -> str:
        """The node whose stamp names this path among its outputs, "" where none does."""
        if self._producers is None:
            self._producers = {path: stamp.node for stamp in self.stamps.values() for path in stamp.outputs}
        return self._producers.get(path, "")

    def made_by(self, node: str) -> dict[str, str]:
        """What a node created, by the stamp of a recipe that ended well: path -> digest."""
        stamp = self.stamps.get(node)
        return stamp.outputs if stamp is not None and stamp.stage != Stage.STARTED else {}

    def files_of(self, node: str) -> list[str]:
        """The files, no folders, that a node created or edited and that are there, by path."""
        stamp = self.stamps.get(node)
        if stamp is None or stamp.stage == Stage.STARTED:
            return []
        made = {path for path, digest in stamp.outputs.items() if digest != Kind.FOLDER}
        return sorted(made.union([path for path, digest in stamp.edits.items() if digest]))

    def result(self, node: str, counts: Callable[[str], bool] | None = None) -> str:
        """Digest of what a node creates and edits, for those who depend on it; "" where it has no files. `counts`: which paths do."""
        stamp = self.stamps.get(node)
        if stamp is None:
            return ""
        outputs, edits = [
            sorted([(path, digest) for path, digest in files.items() if counts is None or counts(path)])
            for files in (stamp.outputs, stamp.edits)
        ]  # fmt: skip
        return digest_text(repr((outputs, edits))) if outputs or edits else ""
