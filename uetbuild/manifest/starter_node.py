"""The starter of a JavaScript project: its dependencies, and those of its scripts that check or build and come to an end."""

from __future__ import annotations

import json

from uetbuild.manifest.ground import Ground, patterns
from uetbuild.manifest.starting import Naming, Part, Stream, listed, run

_ENDINGS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".cts", ".css", ".html", ".vue", ".svelte")
_SCRIPTS = {
    "build": "Build", "lint": "Lint", "format:check": "Check the format", "typecheck": "Check the types", "type-check": "Check the types",
    "test": "Run the tests",
}  # fmt: skip
_LOCKS = {"pnpm": ("pnpm-lock.yaml",), "yarn": ("yarn.lock",), "npm": ("package-lock.json", "npm-shrinkwrap.json")}
_NONE = "no test specified"  # what `npm init` writes as the test: it fails


def part(ground: Ground, named: Naming) -> Part | None:
    """The part, None where there is no `package.json`."""
    if not ground.has("package.json"):
        return None
    package = ground.json("package.json")
    manager, lock = _manager(ground)
    code = ground.ending(*_ENDINGS)
    made = Part("node", [])
    if code:
        made.scopes.append(f"{named('code')}: {listed(patterns(code, *_ENDINGS))}")
    reads = [*([f"scope:{named('code')}"] if code else []), "package.json"]
    installs = bool(_table(package, "dependencies") or _table(package, "devDependencies"))
    if installs:
        made.streams.append(_install(manager, lock, named))
    scripts = _table(package, "scripts")
    for name, title in _SCRIPTS.items():
        if name in scripts and _NONE not in str(scripts[name]):
            body = [f"inputs: {listed(reads)}", *([f"depends_on: [{named('install')}]"] if installs else []), run(f"{manager} run {name}")]
            made.streams.append(Stream(named(name.replace(":", "-")), title, body))
    if "build" in scripts:
        made.notes.append(
            f"Add to `{named('build')}` what it makes, as in `outputs: [dist/]`: then uetbuild also notices when that is gone."
        )
    if not made.streams:
        made.streams.append(_fallback(ground, named))
    return made


def _manager(ground: Ground) -> tuple[str, str]:
    """The package manager, and the lock file where there is one."""
    for manager, locks in _LOCKS.items():
        for lock in locks:
            if ground.has(lock):
                return manager, lock
    return "npm", ""


def _table(package: dict[str, object], key: str) -> dict[str, object]:
    found = package.get(key)
    return found if isinstance(found, dict) else {}


def _install(manager: str, lock: str, named: Naming) -> Stream:
    frozen = {"npm": "npm ci", "pnpm": "pnpm install --frozen-lockfile", "yarn": "yarn install --frozen-lockfile"}
    recipe = frozen[manager] if lock else "npm install --no-package-lock"
    mark = {"npm": "node_modules/.package-lock.json", "pnpm": "node_modules/.modules.yaml", "yarn": "node_modules/.yarn-integrity"}[manager]
    body = [
        f"inputs: {listed(['package.json', *([lock] if lock else [])])}", f"outputs: [{mark}]", run(recipe),
        "keep: true                 # what is there is left to the package manager",
    ]  # fmt: skip
    return Stream(named("install"), "Install the dependencies", body)


def _fallback(ground: Ground, named: Naming) -> Stream:
    """No script that is known: the syntax of the files, or at least of `package.json`."""
    code = patterns(ground.ending(".js", ".mjs", ".cjs"), ".js", ".mjs", ".cjs")
    if len(code) == 1:
        return Stream(named("syntax"), "Check the syntax", [
            f"foreach: {json.dumps(code[0])}        # one node a file, side by side",
            'inputs: ["{{ item }}"]', run("node --check -- {{ item }}"),
        ])  # fmt: skip
    check = "node -e 'JSON.parse(require(\"fs\").readFileSync(process.argv[1]))' {{ inputs }}"
    return Stream(named("package"), "Check package.json", ["inputs: [package.json]", run(check)])
