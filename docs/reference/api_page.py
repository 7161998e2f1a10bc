"""docs/reference/api.md: what `import gpu_im2rec` gives, and the rooms that the pages name, by their own docstrings."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

INTRODUCTION = """# Python

Made from the code by `docs/reference/make.py`: signatures and docstrings. [From Python](../python.md) shows how they go
together. Names that are not here may change.
"""

LINE = 100  # characters of a signature

ROOMS = {
    "gpu_im2rec": "Importing it loads nothing else; each name loads what it needs when it is first used.",
    "gpu_im2rec.recordio": "The format, with NumPy alone: bytes in, bytes out. [The format](../format.md) draws it.",
    "gpu_im2rec.errors": "Every error that is raised on purpose, and the exit code it ends the command line with.",
    "gpu_im2rec.loading.shards": "Sets of shards.",
    "gpu_im2rec.packing.remote_walk": "`make_list(…, walk=walk_remote)` of a storage.",
}
NAMES = {  # of rooms that declare none
    "gpu_im2rec.loading.shards": ["find_shards"],
    "gpu_im2rec.packing.remote_walk": ["walk_remote"],
}


def api_page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    told: set[int] = set()
    for room, about in ROOMS.items():
        parts += [f"## {room}\n", about + "\n"]
        for name in public(room):
            thing = getattr(import_module(room), name)
            if not isinstance(thing, str) and id(thing) not in told:
                told.add(id(thing))
                parts += _of(room, name, thing)
    return "\n".join(parts).rstrip() + "\n"


def public(room: str) -> list[str]:
    """The names that a room offers."""
    module = import_module(room)
    if names := NAMES.get(room) or getattr(module, "__all__", None):
        return list(names)
    return [name for name, thing in vars(module).items() if inspect.isclass(thing) and thing.__module__ == room]


def _of(room: str, name: str, thing: Any) -> Iterator[str]:
    yield f"### {name}\n"
    if inspect.isclass(thing):
        yield from _class(thing)
    elif inspect.isfunction(thing):
        yield f"```python\n{_head(_tree(thing))}\n```\n"
        yield _prose(thing)
    else:
        yield f"```python\n{_assignment(room, name)}\n```\n"


def _assignment(room: str, name: str) -> str:
    """The line of the room that gives ``name`` its value."""
    modules = [module for key, module in sorted(sys.modules.items()) if key.startswith(f"{room}.")]
    found = (re.search(rf"^{name} = .*$", inspect.getsource(module), re.MULTILINE) for module in modules)
    return next(match[0] for match in found if match)


def _class(thing: type) -> Iterator[str]:
    tree = _tree(thing)
    assert isinstance(tree, ast.ClassDef)
    bases = ", ".join(ast.unparse(base) for base in tree.bases)
    lines = [f"class {tree.name}({bases}):" if bases else f"class {tree.name}:", *_fields(thing, tree)]
    methods = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    lines += [f"    {_head(each, '    ')}" for each in methods if each.name == "__init__"]
    yield "```python\n" + "\n".join(lines) + "\n```\n"
    yield _prose(thing)
    for each in methods:
        if not each.name.startswith("_") and (said := ast.get_docstring(each)):
            shown = each.name if "property" in map(ast.unparse, each.decorator_list) else _head(each)[4:]
            yield f"* `{shown}`\n\n" + "\n".join(f"  {line}".rstrip() for line in said.splitlines()) + "\n"


def _fields(thing: type, tree: ast.ClassDef) -> Iterator[str]:
    """The fields of a class as its source has them, with their comments."""
    source = inspect.getsource(thing).splitlines()
    for each in tree.body:
        if _is_field(each):
            yield from (line.rstrip() for line in source[each.lineno - 1 : each.end_lineno])


def _is_field(node: ast.stmt) -> bool:
    told = isinstance(node, ast.AnnAssign) or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))
    return told and not ast.unparse(node).startswith("_")


def _tree(thing: Any) -> ast.ClassDef | ast.FunctionDef:
    node = ast.parse(inspect.getsource(thing)).body[0]
    assert isinstance(node, ast.ClassDef | ast.FunctionDef)
    return node


def _head(node: ast.ClassDef | ast.FunctionDef, margin: str = "") -> str:
    """``def name(…) -> …`` without decorators and self; one parameter a line where it is long."""
    assert isinstance(node, ast.FunctionDef)
    parameters = [each for each in _parameters(node.args) if each not in ("self", "cls")]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns and node.name != "__init__" else ""
    line = f"def {node.name}({', '.join(parameters)}){returns}"
    if len(line) <= LINE:
        return line
    inner = "".join(f"{margin}    {each},\n" for each in parameters)
    return f"def {node.name}(\n{inner}{margin}){returns}"


def _parameters(args: ast.arguments) -> Iterator[str]:
    plain = args.posonlyargs + args.args
    defaults = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    for each, default in zip(plain, defaults, strict=True):
        yield _parameter(each, default)
        if args.posonlyargs and each is args.posonlyargs[-1]:
            yield "/"
    if args.vararg or args.kwonlyargs:
        yield f"*{_parameter(args.vararg, None) if args.vararg else ''}"
    for each, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield _parameter(each, default)


def _parameter(each: ast.arg, default: ast.expr | None) -> str:
    hint = f": {ast.unparse(each.annotation)}" if each.annotation else ""
    return f"{each.arg}{hint}" + (f" = {ast.unparse(default)}" if default else "")


def _prose(thing: Any) -> str:
    """A docstring as Markdown: a bare ``::`` before an indented block goes."""
    text = re.sub(r"^::\n\n", "", inspect.getdoc(thing) or "", flags=re.MULTILINE)
    return re.sub(r"::$", ":", text, flags=re.MULTILINE) + "\n"
