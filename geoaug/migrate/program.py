"""Programs in Python: what they call is read, and never run."""

from __future__ import annotations

import ast
import inspect
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import attrs

from geoaug import dialect
from geoaug.migrate.finding import Finding, Looked
from geoaug.written import NAMES, WRAPPERS, ours

PACKAGES = ("albumentations", "geoaug")
FRAMES = ("BasicTransform", "DualTransform", "ImageOnlyTransform")
ENUMS = {
    ("PadIfNeeded", "PositionType"): {name: name.lower() for name in ("CENTER", "TOP_LEFT", "TOP_RIGHT", "BOTTOM_LEFT", "BOTTOM_RIGHT", "RANDOM")},
    ("ImageCompression", "ImageCompressionType"): {"JPEG": "jpeg", "WEBP": "webp"},
}
INSTEAD = {"ToTensor": "ToTensor is ToFloat() or Normalize(mean, std), and then ToTensorV2(), today"}
# classes that take anything, or need a package that may not be here
TAKEN = {"Lambda": ["image", "mask", "keypoints", "bboxes", "name", "p"], "ToTensorV2": ["transpose_mask", "p"]}
NOT_HERE = "its value is known only when the program runs"


class Words:
    """An expression of a program, of which only the words are known."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        raise TypeError(NOT_HERE)

    def __getattr__(self, name: str) -> Any:
        raise TypeError(NOT_HERE)


class Edit(NamedTuple):
    """Bytes of the program that are replaced."""

    start: int
    end: int
    text: str


class Argument(NamedTuple):
    """One argument, by 1.x's name or today's; and where it stands, with its name."""

    name: str
    value: ast.expr
    start: int
    end: int
    counted: bool = False  # given by position


class Program:
    """A parsed program, and the names by which it knows the package.

    Args:
        text: UTF-8.

    Raises:
        SyntaxError, ValueError, RecursionError: It is no program of Python 3.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.modules: set[str] = set()  # names that stand for the package or a part of it
        self.classes: dict[str, str] = {}  # local name of a class: its own
        self.imports: dict[str, ast.alias] = {}  # where that was imported by name
        self.wrapped = set(map(id, _wrapped(self.tree)))
        self.defaults = False
        self.edits: list[Edit] = []
        self.renamed: set[int] = set()  # where classes imported by name have today's
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names = [alias for alias in node.names if alias.name.partition(".")[0] in PACKAGES]
                self.modules |= {alias.asname or alias.name.partition(".")[0] for alias in names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in PACKAGES and not node.level:
                for alias in node.names:
                    self._note(alias)

    def _note(self, alias: ast.alias) -> None:
        local = alias.asname or alias.name
        if alias.name == "*":
            self.classes |= {name: name for name in known()}
        elif alias.name[:1].isupper():
            self.classes[local] = alias.name
            self.imports[local] = alias
        else:
            self.modules.add(local)

    def class_of(self, node: ast.expr) -> str:
        """Returns: The class of the package that an expression names, or nothing."""
        if isinstance(node, ast.Name):
            return self.classes.get(node.id, "")
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        ours = isinstance(node, ast.Attribute) and isinstance(root, ast.Name) and root.id in self.modules and node.attr[:1].isupper()
        return node.attr if ours and isinstance(node, ast.Attribute) else ""

    def span(self, node: ast.expr | ast.keyword | ast.alias) -> tuple[int, int]:
        """Returns: Where a node begins and ends, in bytes."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def words(self, node: ast.expr) -> str:
        """Returns: What an expression is written as, with all edits so far."""
        return self.between(*self.span(node))

    def between(self, start: int, end: int) -> str:
        """Returns: A part of the program with all edits so far."""
        out, at = "", start
        for edit in sorted(self.edits):
            if start <= edit.start and edit.end <= end:
                out, at = out + self.text[at : edit.start].decode() + edit.text, edit.end
        return out + self.text[at:end].decode()

    def change(self, edits: Iterable[Edit]) -> None:
        """Take edits, which stand in the place of those inside of them."""
        for new in edits:
            self.edits = [old for old in self.edits if not (new.start <= old.start and old.end <= new.end)] + [new]


def _wrapped(tree: ast.Module) -> Iterator[ast.AST]:
    """Returns: All nodes inside of the transforms of mmdetection's wrapper, whose list often has a name of its own."""
    lists: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            lists |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        pairs = {key: value for key, value, _ in _pairs(node, lambda _: (0, 0))}
        named = pairs.get("type")
        if isinstance(named, ast.Constant) and named.value in WRAPPERS and "transforms" in pairs:
            inner = pairs["transforms"]
            yield from ast.walk(lists.get(inner.id, inner) if isinstance(inner, ast.Name) else inner)


def _pairs(node: ast.AST, span: Callable[[Any], tuple[int, int]]) -> list[tuple[str, ast.expr, tuple[int, int]]]:
    """Returns: Key, value, and where both stand, of ``dict(…)`` or ``{…}``; a key that is no name is empty."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args:
        return [(one.arg or "", one.value, span(one)) for one in node.keywords]
    if not isinstance(node, ast.Dict):
        return []
    keys = [key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else "" for key in node.keys]
    return [
        (name, value, (span(key if key is not None else value)[0], span(value)[1]))
        for name, key, value in zip(keys, node.keys, node.values, strict=True)
    ]


def known() -> set[str]:
    """Returns: All names that geoaug exports."""
    import geoaug

    return set(geoaug.__all__)


def look(text: bytes, defaults: bool = False) -> Looked:
    """Read a program.

    Args:
        text: UTF-8.
        defaults: Tell calls too that leave to the default what meant something else in 1.x.

    Returns: What it says in 1.x's words.
    """
    mark = BOM_UTF8 if text.startswith(BOM_UTF8) else b""
    text = text[len(mark) :]
    try:
        text.decode("utf-8")
        program = Program(text)
        program.defaults = defaults
    except UnicodeDecodeError as fault:
        return Looked([], None, f"is not UTF-8: byte {fault.start}")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        return Looked([], None, f"is no Python 3: {fault}")
    findings: list[Finding] = []
    for node in reversed(list(ast.walk(program.tree))):  # what is inside of others first
        for finding, changes in _looked_at(program, node):
            findings.append(finding)
            program.change(changes)
    program.change(_imports(program))
    rewritten = spliced(text, program.edits) if program.edits else None
    return Looked(sorted(findings), None if rewritten is None else mark + rewritten)


def _looked_at(program: Program, node: ast.AST) -> Iterator[tuple[Finding, list[Edit]]]:
    if isinstance(node, ast.Call) and program.class_of(node.func):
        yield from _call(program, node, program.class_of(node.func))
    elif isinstance(node, (ast.Call, ast.Dict)):
        yield from _description(program, node, _pairs(node, program.span), '"{}": {}' if isinstance(node, ast.Dict) else "{}={}")
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
        value = ENUMS.get((program.class_of(node.value.value), node.value.attr), {}).get(node.attr)
        if value is not None:
            yield _at(node, f'{program.words(node)} is "{value}" today', True), [Edit(*program.span(node), f'"{value}"')]
    elif isinstance(node, ast.ClassDef) and any(program.class_of(base) in known() for base in node.bases):
        yield from _subclass(program, node)


def _at(node: ast.expr, told: str, safe: bool) -> Finding:
    return Finding(node.lineno, node.col_offset + 1, told, safe)


def _subclass(program: Program, node: ast.ClassDef) -> Iterator[tuple[Finding, list[Edit]]]:
    """A class of the user's own, which hands always_apply up by position, where 2.x takes it for p."""
    for call in ast.walk(node):
        up = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "__init__"
        if up and isinstance(call, ast.Call) and any(isinstance(one, ast.Name) and one.id == "always_apply" for one in call.args):
            told = f"{node.name}: {program.words(call)} is read by geoaug as 1.x meant it, but 2.x takes always_apply for p; hand up p=p alone"
            yield _at(call, told, False), []


# --- calls and descriptions ------------------------------------------------------------------------------------------


def _call(program: Program, call: ast.Call, name: str) -> Iterator[tuple[Finding, list[Edit]]]:
    cls, names = _class(name)
    if name in INSTEAD or cls is None:
        yield _at(call, INSTEAD.get(name, f"geoaug has no {name}"), False), []
        return
    if names is None:
        return
    counted = None if any(isinstance(one, ast.Starred) for one in call.args) else _counted(cls, name, call.args, names)
    if counted is None or len(counted) < len(call.args):
        told = f"{name}: whether its positions are those of 1.x ({', '.join(_order(name, names))}) or today's shows only when it runs; name them"
        yield _at(call, told, False), []
        return
    arguments = [Argument(arg, node, *program.span(node), True) for arg, node in zip(counted, call.args, strict=True)]
    arguments += [Argument(one.arg, one.value, *program.span(one)) for one in call.keywords if one.arg is not None]
    open_ended = any(one.arg is None for one in call.keywords)
    end = program.span(call)[1] - 1
    for finding, edits in _translated(program, call, name, names, arguments, "{}={}", end, open_ended):
        if edits and name in dialect.REMOVED:
            edits += _renamed(program, call.func, dialect.REMOVED[name].today)
        yield finding, edits


def _renamed(program: Program, function: ast.expr, today: str) -> list[Edit]:
    start, end = program.span(function)
    if isinstance(function, ast.Attribute):
        return [Edit(end - len(function.attr), end, today)]
    imported = program.imports.get(function.id) if isinstance(function, ast.Name) else None
    if imported is not None and imported.asname:
        return []
    program.renamed.add(start)
    return [Edit(start, end, today)]


def _imports(program: Program) -> Iterator[Edit]:
    """Of classes imported by name: today's in the place of one that no other line needs, or beside it."""
    for local, alias in program.imports.items():
        removed = dialect.REMOVED.get(alias.name)
        uses = [node for node in ast.walk(program.tree) if isinstance(node, ast.Name) and node.id == local]
        done = [node for node in uses if program.span(node)[0] in program.renamed]
        start, end = program.span(alias)
        if removed is None or (not alias.asname and not done):
            continue
        if alias.asname:
            yield Edit(start, end, f"{removed.today} as {alias.asname}")
        else:
            yield Edit(start, end, removed.today if len(done) == len(uses) else f"{local}, {removed.today}")


def _description(
    program: Program, node: ast.expr, pairs: list[tuple[str, ast.expr, tuple[int, int]]], style: str
) -> Iterator[tuple[Finding, list[Edit]]]:
    """A transform that a configuration describes: ``dict(type="…")``."""
    key, named = next(((key, value) for key, value, _ in pairs if key in NAMES), ("", None))
    if not (isinstance(named, ast.Constant) and isinstance(named.value, str) and ours(key, named.value, id(node) in program.wrapped)):
        return
    name = named.value.rpartition(".")[2]
    _, names = _class(name)
    if names is None:
        return
    arguments = [Argument(key, value, *span) for key, value, span in pairs if key and value is not named]
    open_ended = any(not key for key, _, _ in pairs)
    own = next(Argument(key, value, *span) for key, value, span in pairs if value is named)
    for finding, edits in _translated(program, node, name, names, arguments, style, program.span(node)[1] - 1, open_ended, own):
        if edits:
            yield finding, edits


def _class(name: str) -> tuple[Any, list[str] | None]:
    """Returns: geoaug's class, and what it takes by name; None for what is a composition, or takes anything."""
    today = dialect.REMOVED[name].today if name in dialect.REMOVED else name
    if today in TAKEN:
        return today, TAKEN[today]
    if today not in known():
        return None, None
    import geoaug

    cls = getattr(geoaug, today)
    parameters = inspect.signature(cls).parameters.values() if inspect.isclass(cls) else ()
    if "transforms" in {one.name for one in parameters} or any(one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL) for one in parameters):
        return cls, None
    return cls, [one.name for one in parameters]


def _order(name: str, names: list[str]) -> list[str]:
    if name in dialect.REMOVED:
        return dialect.REMOVED[name].order.split()
    return dialect.ORDER[name].split() if name in dialect.ORDER else [*(one for one in names if one != "p"), "always_apply", "p"]


def _counted(cls: Any, name: str, given: list[ast.expr], names: list[str]) -> list[str] | None:
    """Returns: The names of arguments given by position, in 1.x or today; None where that cannot be told."""
    order = _order(name, names)[: len(given)]
    if name in dialect.REMOVED or (order == names[: len(given)]):
        return order
    values = [_literal(one) for one in given]
    parsers = {field.name: field.converter for field in attrs.fields(cls)} if attrs.has(cls) else {}
    for value, today in zip(values, names, strict=False):
        if not isinstance(value, Words) and (_refused(parsers.get(today), value) or (today == "p" and isinstance(value, bool))):
            return order
    if len(given) > len(names):
        return order
    unsure = any(isinstance(value, Words) and old != today for value, old, today in zip(values, order, names, strict=False))
    return None if unsure else names[: len(given)]


def _refused(parse: Any, value: Any) -> bool:
    if not callable(parse):
        return False
    try:
        parse(value)
    except (ValueError, TypeError):
        return True
    return False


def _literal(node: ast.expr) -> Any:
    """Returns: A literal's value, or the words of what is none."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return Words(ast.unparse(node))


def _translated(
    program: Program,
    node: ast.expr,
    name: str,
    names: list[str],
    arguments: list[Argument],
    style: str,
    end: int,
    open_ended: bool,
    own: Argument | None = None,
) -> Iterator[tuple[Finding, list[Edit]]]:
    given, unknowable = _given(program, name, arguments, names)
    try:
        valued, changes = dialect.as_valued(name, {arg: value for arg, value in given.items() if not isinstance(value, Words)})
        reading = dialect.read(
            name, {arg: valued.get(arg, value) for arg, value in given.items() if arg in valued or isinstance(value, Words)}, names
        )
    except ValueError as why:
        yield _at(node, f"{name}: {why}", False), []
        return
    changes = [*changes, *reading.changes]
    told = [f"the class is {dialect.REMOVED[name].today} today"] if name in dialect.REMOVED else []
    told += [change.told for change in changes]
    if told:
        edits = [] if open_ended else _edits(program, name, names, arguments, changes, style, end, own)
        yield _at(node, f"{name}: {'; '.join(told)}", bool(edits)), edits
    today = dialect.REMOVED[name].today if name in dialect.REMOVED else name
    unsaid = dialect.changed_defaults(today, reading.given) if program.defaults and not open_ended else []
    for text in (*unknowable, *unsaid, *(f"{one!r} is an argument neither of 1.x nor of today" for one in reading.unknown)):
        yield _at(node, f"{name}: {text}", False), []


def _given(program: Program, name: str, arguments: list[Argument], names: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Returns: Arguments as far as they are known, and a clause for each that cannot be translated without its value."""
    rows = {old: row for row in reversed(dialect.rows_of(name)) for old in row.old if old not in names or name in dialect.REMOVED}
    given: dict[str, Any] = {}
    unknowable = []
    for argument in arguments:
        value, row = _literal(argument.value), rows.get(argument.name)
        exact = row is not None and _needs_value(row)
        if row is not None and exact and isinstance(value, Words):
            unknowable.append(f"{argument.name}={value} is {row.new} today, in other words ({row.why or NOT_HERE})")
        elif exact or value is None or isinstance(value, (bool, str)) or argument.name in dialect.VALUES.get(name, {}):
            given[argument.name] = value
        else:
            given[argument.name] = Words(program.words(argument.value))
    return given, unknowable


def _needs_value(row: dialect.Row) -> bool:
    if row.make is None or row.new is None:
        return False
    try:
        row.make(*(Words("") for _ in row.old))
    except (ValueError, TypeError):
        return True
    return False


# --- rewriting -------------------------------------------------------------------------------------------------------


def _edits(
    program: Program,
    name: str,
    names: list[str],
    arguments: list[Argument],
    changes: Sequence[dialect.Change],
    style: str,
    end: int,
    own: Argument | None,
) -> list[Edit]:
    """Returns: One edit of all that stands between the brackets."""
    made = {old: change for change in changes for old in change.old}
    new = {argument for change in changes for argument in change.new}
    pieces: list[tuple[int, str]] = []  # which argument each stands in the place of
    by_position = True
    written = set()
    slots = sorted([*arguments, *([own] if own else [])], key=lambda argument: argument.start)
    for k, argument in enumerate(slots):
        change = made.get(argument.name)
        by_position = by_position and argument.counted and change is None and names[k : k + 1] == [argument.name]
        text = program.between(argument.start, argument.end)
        if argument is own and name in dialect.REMOVED:
            pieces.append((k, style.format(argument.name, f'"{dialect.REMOVED[name].today}"')))
        elif change is not None:
            if id(change) not in written:
                pieces += [(k, style.format(key, shown(value))) for key, value in change.new.items()]
            written.add(id(change))
        elif argument.name not in new:
            pieces.append((k, style.format(argument.name, text) if argument.counted and not by_position else text))
    if name in dialect.REMOVED:
        there = {argument.name for argument in arguments} | new
        pieces += [(len(slots), style.format(key, shown(value))) for key, value in dialect.REMOVED[name].fixed.items() if key not in there]
    start = slots[0].start if slots else end
    return [Edit(start, slots[-1].end if slots and pieces else end, _joined(program, slots, pieces))]


def _joined(program: Program, slots: list[Argument], pieces: list[tuple[int, str]]) -> str:
    """Put pieces together with what stood between the arguments, line breaks and all."""
    out = ""
    for place, (k, text) in enumerate(pieces):
        before = program.text[slots[k - 1].end : slots[k].start].decode() if 0 < k < len(slots) and pieces[place - 1][0] != k else ", "
        out += (before if place else "") + text
    return out


def shown(value: Any) -> str:
    """Returns: A value as a program writes it; numbers to a millionth."""
    if isinstance(value, float):
        return repr(round(value, 6))
    if isinstance(value, (tuple, list)):
        inner = ", ".join(map(shown, value))
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{shown(key)}: {shown(one)}" for key, one in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) and not set(value) & set('"\\\n') else repr(value)


def spliced(text: bytes, edits: Sequence[Edit]) -> bytes | None:
    """Returns: The program with its edits; None where it would be one no longer, or where two edits meet."""
    out, at = [], 0
    for start, end, new in sorted(edits):
        if start < at:
            return None
        out += [text[at:start], new.encode()]
        at = end
    result = b"".join([*out, text[at:]])
    try:
        ast.parse(result)
    except (SyntaxError, ValueError):
        return None
    return result
