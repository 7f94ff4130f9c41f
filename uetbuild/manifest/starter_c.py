"""The starter of a C or C++ project without a Makefile: an object a file, depending on headers as the compiler says, then programs or
a library."""

from __future__ import annotations

import json
import re

from uetbuild.manifest.ground import Ground, is_plain, patterns
from uetbuild.manifest.starting import Naming, Part, Stream, listed, quoted, run

_PLUS = (".cpp", ".cc", ".cxx")
_HEADERS = (".h", ".hpp", ".hh", ".hxx")
_MAIN = re.compile(r"^[ \t]*(?:int|void|auto)\s+main\s*\(", re.M)
_INCLUDED = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<(math|pthread)\.h>", re.M)
_EXTENSION = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"](?:Python|node_api|napi|jni)\.h", re.M)  # built by the tools of another language
_LIBRARIES = {"math": "-lm", "pthread": "-pthread"}
MOST_PROGRAMS = 20


def part(ground: Ground, named: Naming) -> Part | None:
    """The part, None where no C lies there, or such as extends a program of another language."""
    sources = ground.ending(".c", *_PLUS)
    if not sources:
        return None
    texts = {path: ground.text(path) for path in sources}
    if any(_EXTENSION.search(text) for text in texts.values()):
        return None
    plus = [path for path in sources if path.endswith(_PLUS)]
    made = Part("c", [])
    objects: dict[str, str] = {}
    for ending in (".c", *_PLUS):
        files = [path for path in sources if path.endswith(ending)]
        if files:
            stream, of_ending = _objects(ground, named, ending, files, alone=len({path.rpartition(".")[2] for path in sources}) == 1)
            made.streams.append(stream)
            objects |= of_ending
    made.vars += ["cflags: [-O2, -g, -Wall]"] + [f"cc: {_compiler(ground, False)}"] * (len(plus) < len(sources))
    made.vars += [f"cxx: {_compiler(ground, True)}"] * bool(plus)
    folders = {path.rpartition("/")[0] or "." for path in ground.ending(*_HEADERS)}
    made.vars.append(f"include: {listed(f'-I{folder}' for folder in sorted(folders) if folder == '.' or is_plain(folder))}")
    used = {name for text in texts.values() for name in _INCLUDED.findall(text)}
    made.vars.append(f"libs: {listed(_LIBRARIES[name] for name in sorted(used))}")
    made.streams += _results(ground, named, [path for path in sources if _MAIN.search(texts[path])], objects, "cxx" if plus else "cc")
    return made


def _compiler(ground: Ground, plus: bool) -> str:
    return ground.program("c++", "g++", "clang++") or "c++" if plus else ground.program("cc", "gcc", "clang") or "cc"


def _objects(ground: Ground, named: Naming, ending: str, files: list[str], alone: bool) -> tuple[Stream, dict[str, str]]:
    """The workstream that compiles all files that end so, and the object of each."""
    found = patterns(files, ending)
    pattern = found[0] if len(found) == 1 else f"**/*{ending}"
    below = pattern.partition("*")[0]
    folder = "build/obj" if alone else f"build/obj{ending}"
    compiler = "{{ vars.%s }}" % ("cc" if ending == ".c" else "cxx")
    compiled = "{{ vars.cflags }} {{ vars.include }} -MD -MF {{ depfile }} -c {{ item }} -o {{ outputs }}"
    stream = Stream(named("objects" if alone else f"objects-{ending[1:]}"), "Compile", [
        f"foreach: {json.dumps(pattern)}",
        f'outputs: ["{folder}/{{{{ item.rel }}}}.o"]',
        f'depfile: "{folder}/{{{{ item.rel }}}}.d"   # the compiler says which headers it read',
        run(f"{compiler} {compiled}"),
    ])  # fmt: skip
    stream.comment = "One node a source file. A header that changes compiles again what includes it."
    return stream, {path: f"{folder}/{path.removeprefix(below).removesuffix(ending)}.o" for path in files}


def _results(ground: Ground, named: Naming, mains: list[str], objects: dict[str, str], linker: str) -> list[Stream]:
    folders = sorted({path.split("/obj", 1)[0] + "/obj" + path.split("/obj", 1)[1].partition("/")[0] for path in objects.values()})
    everything = [f"{folder}/**/*.o" for folder in folders]
    if not mains:
        return [Stream(named("library"), "Put the objects into a library", [
            f"inputs: {listed(everything)}", f"outputs: [build/lib{_name(ground)}.a]", run("ar rcs {{ outputs }} {{ inputs }}"),
        ])]  # fmt: skip
    link = run(f"{{{{ vars.{linker} }}}} {{{{ inputs }}}} {{{{ vars.libs }}}} -o {{{{ outputs }}}}")
    programs: dict[str, Stream] = {}
    for path in [path for path in mains if is_plain(path)][:MOST_PROGRAMS]:
        name = _free(path.rpartition("/")[2].rpartition(".")[0], programs)
        others = [f"!{objects[other]}" for other in mains if other != path and is_plain(other)]
        body = [f"inputs: {listed([*everything, *others])}", f"outputs: [{quoted(f'build/{name}')}]", link]
        programs[name.lower()] = Stream(named(name), f"Link {name}", body)
    return list(programs.values())


def _free(name: str, taken: dict[str, Stream]) -> str:
    name = name if name.lower() not in ("objects", "all", "obj") else f"{name}-program"
    number = 2
    free = name
    while free.lower() in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _name(ground: Ground) -> str:
    name = ground.root.rpartition("/")[2]
    return name if is_plain(name) else "all"
