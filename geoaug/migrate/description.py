"""Files that describe pipelines: JSON and YAML, in whole or as a part of a larger configuration."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from json import decoder, scanner
from typing import Any

from geoaug.errors import ParameterError
from geoaug.migrate.finding import Finding, Looked
from geoaug.migrate.program import INSTEAD, known
from geoaug.written import NAMES, WRAPPERS, leaf, ours

MOST = 200_000  # values of a file; a small YAML file can stand for 10^9 of them through aliases


class Placed(dict):  # type: ignore[type-arg]  # of a file: anything to anything
    """An object of a file that knows where it stands."""

    line = 1
    column = 1


def look(text: bytes, kind: str) -> Looked:
    """Read a file that may describe pipelines.

    Args:
        text: UTF-8.
        kind: ``"json"`` or ``"yaml"``.

    Returns: What it says in 1.x's words.
    """
    try:
        source = text.decode("utf-8-sig")
        data = _json(source) if kind == "json" else _yaml(source)
    except (ValueError, RecursionError) as fault:
        return Looked([], None, f"is no {kind.upper()}: {' '.join(str(fault).split())}")
    findings: list[Finding] = []
    try:
        changed = _walked(data, findings, iter(range(MOST)), False)
    except OverflowError:
        return Looked([], None, f"holds more than {MOST} values")
    rewritten = None
    if any(finding.safe for finding in findings):
        rewritten = _dumped(changed, source, kind)
    if rewritten is None:
        findings = [finding._replace(safe=False) for finding in findings]
    return Looked(sorted(findings), rewritten)


def _walked(data: Any, findings: list[Finding], left: Iterator[int], wrapped: bool) -> Any:
    """Returns: The same in today's words.

    Raises:
        OverflowError: Nothing is left of what may be looked at.
    """
    if next(left, None) is None:
        raise OverflowError
    if isinstance(data, (list, tuple)):
        return [_walked(part, findings, left, wrapped) for part in data]
    if not isinstance(data, Mapping):
        return data
    key = next((key for key in NAMES if isinstance(data.get(key), str)), None)
    inside = wrapped or (key == "type" and data["type"] in WRAPPERS)
    out = {name: _walked(part, findings, left, inside) for name, part in data.items()}
    if key is not None and ours(key, data[key], wrapped) and "__name__" not in data:
        return _translated(data, key, out, findings)
    return out


def _translated(data: Any, key: str, out: dict[Any, Any], findings: list[Finding]) -> dict[Any, Any]:
    place = (data.line, data.column) if isinstance(data, Placed) else (1, 1)
    name = data[key].rpartition(".")[2]
    try:
        made = leaf(name, {argument: value for argument, value in out.items() if argument != key})
    except ParameterError as fault:
        findings.append(Finding(*place, str(fault), False))
        return out
    if made is None:
        if name[:1].isupper() and name not in known() and key == "__class_fullname__":
            findings.append(Finding(*place, INSTEAD.get(name, f"geoaug has no {name}"), False))
        return out
    today, given, told = made
    if told:
        findings.append(Finding(*place, f"{name}: {'; '.join(told)}", True))
    path = data[key] if today == name else today if "." not in data[key] else f"{data[key].partition('.')[0]}.{today}"
    return {key: path, **given} if told else out


def _dumped(data: Any, source: str, kind: str) -> bytes | None:
    """Returns: The file anew, with its own indent; None for YAML whose comments would be lost."""
    indent = next((len(line) - len(line.lstrip(" ")) for line in source.splitlines() if line.startswith(" ")), 0)
    if kind == "json":
        return (json.dumps(data, indent=indent or None, ensure_ascii=False) + ("\n" if source.endswith("\n") else "")).encode()
    if any(line.lstrip().startswith("#") or " #" in line for line in source.splitlines()):
        return None
    import yaml

    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    return text.encode()


def _json(source: str) -> Any:
    """Read JSON, in which each object knows its line."""
    reader: Any = json.JSONDecoder()  # its parts are not documented
    read: Callable[..., tuple[dict[str, Any], int]] = decoder.JSONObject  # type: ignore[attr-defined]

    def placed(at: tuple[str, int], *rest: Any) -> tuple[Placed, int]:
        found, end = read(at, *rest)
        out, start = Placed(found), at[1] - 1
        out.line, out.column = source.count("\n", 0, start) + 1, start - source.rfind("\n", 0, start)
        return out, end

    reader.parse_object = placed
    reader.scan_once = scanner.py_make_scanner(reader)  # type: ignore[attr-defined]  # the one that asks parse_object
    return reader.decode(source)


def _yaml(source: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise ValueError('YAML needs PyYAML: pip install "geoaug[yaml]"') from None

    class Loader(yaml.SafeLoader):
        """Reads plain data, in which each object knows its line."""

    def placed(loader: Any, node: Any) -> Placed:
        out = Placed(loader.construct_mapping(node, deep=True))
        out.line, out.column = node.start_mark.line + 1, node.start_mark.column + 1
        return out

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, placed)
    loader = Loader(source)
    try:
        return loader.get_single_data()
    except yaml.YAMLError as fault:
        raise ValueError(str(fault)) from None
    finally:
        loader.dispose()
