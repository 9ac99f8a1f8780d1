"""The page: one file of HTML that asks nobody for anything.

Everything that comes from data goes through `text`, and nothing else does: names cannot end a tag, start a script or
turn the direction of the line. Should that ever fail, the page's own policy still lets no script and no style run but
the two that it was written with, and lets nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from importlib import resources

from geoaug.coco.look import Colour
from geoaug.coco.plural import counted
from geoaug.coco.report.charts import classes_table, histogram, place_maps, stacked
from geoaug.coco.report.content import Cell, Drawn, Figure, Finding, Report, Strip
from geoaug.coco.report.marked import hexed, number, text
from geoaug.coco.report.words import LOST, ODD, WRONG

WEIGHTS = {LOST: "unusable", WRONG: "wrong", ODD: "worth knowing"}
LOCATOR = 46.0  # pixels of the longer side of the small map in a detail
BUSY = 60  # annotations in one picture, from which on lines are thin
TOGGLES = (("show-outlines", "Outlines", "o"), ("show-boxes", "Boxes", "b"), ("show-points", "Keypoints", "k"), ("show-names", "Names", "n"))


def page(report: Report) -> str:
    """Returns: The report as one HTML file."""
    style, script = _part("page.css"), _part("page.js")
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n',
            '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n',
            f"<title>{text(report.title)} · geoaug report</title>\n<style>{style}</style>\n</head>\n<body>\n",
            *_body(report),
            f"<script>{script}</script>\n</body>\n</html>\n",
        )
    )


def _part(name: str) -> str:
    return resources.files("geoaug.coco.report").joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing but this page's own style and script, known by their sums, and pictures that stand in it."""
    sums = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{sums[0]}'; script-src 'sha256-{sums[1]}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _body(report: Report) -> Iterator[str]:
    yield '<a class="skip" href="#findings">To the findings</a>\n'
    yield from _top(report)
    yield '<main>\n<dl class="figures">'
    yield from map(_figure, report.figures)
    yield "</dl>\n"
    if any(one.cells for one in report.findings):
        yield from _tools(report)
    yield from _findings(report)
    yield from _fates(report)
    if report.classes or report.classes_note:
        yield f'<section id="classes"><h2>Classes</h2><p class="faint">{_classes_lead(report)}</p>'
        yield f"{classes_table(report.classes, report.labels) if report.classes else ''}</section>\n"
    yield from _sizes(report)
    yield from _gallery(report)
    if report.settings:
        yield '<section id="settings"><h2>Settings</h2><details><summary>Everything that makes this result</summary>'
        yield f'<pre tabindex="0">{text(report.settings, lines=True)}</pre></details></section>\n'
    yield "</main>\n<footer>Made by geoaug. This page is one file and fetches nothing; it can be sent and kept as it is.</footer>\n"
    yield DIALOG


def _top(report: Report) -> Iterator[str]:
    yield f'<header class="top"><p class="mark">geoaug <span>report</span></p><h1><bdi>{text(report.title)}</bdi></h1>'
    yield f'<p class="lead">{text(report.lead)}</p><dl class="facts">'
    for label, value in report.facts:
        yield f"<div><dt>{text(label)}</dt><dd><bdi>{text(value)}</bdi></dd></div>"
    yield '</dl><nav class="jump" aria-label="On this page">'
    places = (
        ("findings", report.findings_title, True), ("fates", "Fates", bool(report.fates)),
        ("classes", "Classes", bool(report.classes or report.classes_note)), ("sizes", "Sizes and places", bool(report.histograms)),
        ("gallery", "Gallery", bool(report.strips)), ("settings", "Settings", bool(report.settings)),
    )  # fmt: skip
    yield from (f'<a href="#{key}">{text(label)}</a>' for key, label, there in places if there)
    yield "</nav></header>\n"


def _figure(one: Figure) -> str:
    return (
        f'<div class="{one.tone or "plain"}"><dt>{text(one.label)}</dt><dd class="value">{text(one.value)}</dd>'
        f'<dd class="more">{text(one.note)}</dd></div>'
    )


# --- findings --------------------------------------------------------------------------------------------------------


def _findings(report: Report) -> Iterator[str]:
    yield f'<section id="findings"><h2>{text(report.findings_title)}</h2>'
    if not report.findings:
        yield f'<p class="calm">{text(report.quiet)}</p></section>\n'
        return
    yield '<p class="faint">The worst first.</p>'
    yield from map(_finding, report.findings)
    yield "</section>\n"


def _finding(one: Finding) -> str:
    cells = f'<div class="grid">{"".join(map(_cell, one.cells))}</div>' if one.cells else ""
    lines = "".join(f'<li><bdi class="faint">{text(where)}</bdi><span>{text(what)}</span></li>' for where, what in one.lines)
    rest = one.count - len(one.lines)
    more = f'<p class="small faint">{rest:,} more are not listed here.</p>' if rest > 0 else ""
    listed = counted(len(one.lines), "remark" if one.remark else "finding") if not rest else f"the first {len(one.lines)} of {one.count:,}"
    return (
        f'<article class="finding w{one.weight}"><header><span class="count">{one.count:,}</span><h3 class="code">{text(one.code)}</h3>'
        f'<span class="weight">{"remark" if one.remark else WEIGHTS[one.weight]}</span><p class="meaning">{text(one.meaning)}</p></header>{cells}'
        f'<details><summary>Read {listed}</summary><ul class="lines" tabindex="0">{lines}</ul>{more}</details></article>\n'
    )


def _fates(report: Report) -> Iterator[str]:
    if not report.fates:
        return
    yield '<section id="fates"><h2>What became of the annotations</h2><p class="faint">' + text(report.fates_note) + "</p>"
    yield stacked(report.fates)
    if report.lost:
        yield '<ul class="reasons">'
        for label, count, sentence, classes in report.lost:
            yield f'<li><b>{text(label)}: {count:,}</b><span class="small faint">{text(sentence)}</span>'
            yield f'<p class="small">{text(classes)}</p></li>' if classes else "</li>"
        yield "</ul>"
    if report.notes:
        yield f'<ul class="remarks">{"".join(f"<li>{text(note)}</li>" for note in report.notes)}</ul>'
    yield "</section>\n"


def _classes_lead(report: Report) -> str:
    if not report.classes:
        return text(report.classes_note)
    used = counted(len(report.classes), "class") if len(report.classes) == 1 else f"{len(report.classes):,} classes"
    return text(f"{used} with annotations, the most frequent first. {report.classes_note}".rstrip())


def _sizes(report: Report) -> Iterator[str]:
    if not report.histograms:
        return
    before, after = report.labels
    yield '<section id="sizes"><h2>Sizes and places</h2><p class="faint">Shares of all, so that sets of different size can be compared.</p>'
    if any(one.before for one in report.histograms):
        bar, line = '<rect class="after" width="11" height="11"/>', '<path class="step" d="M0 6h11"/>'
        keys = ((bar, after), (line, before))
        yield f'<p class="legend">{"".join(f"<span>{_swatch(sign)}{text(label)}</span>" for sign, label in keys)}</p>'
    yield '<div class="charts">'
    yield from (histogram(one, report.labels) for one in report.histograms)
    if report.places:
        yield place_maps(report.places)
    yield "</div></section>\n"


def _swatch(sign: str) -> str:
    return f'<svg class="swatch" viewBox="0 0 11 11">{sign}</svg>'


# --- pictures --------------------------------------------------------------------------------------------------------


def _tools(report: Report) -> Iterator[str]:
    """What is drawn over the pictures; it stays in sight from the first section with pictures on."""
    there = _kinds(report)
    yield '<fieldset class="tools"><legend class="vh">What is drawn over the pictures</legend>'
    for key, label, letter in TOGGLES:
        if key in there:
            yield f'<label class="toggle"><input type="checkbox" id="{key}" checked aria-keyshortcuts="{letter}"><span>{label}</span></label>'
    if there:
        yield f'<span class="keys">keys {" ".join(letter for key, _, letter in TOGGLES if key in there)}</span>'
    names = _names(report)
    if len(names) > 1 and len(report.strips) > 1:
        options = "".join(f'<option value="{k}">{text(name)}</option>' for k, name in enumerate(names))
        yield f'<select id="class" aria-label="Show sources with this class"><option value="">all classes</option>{options}</select>'
    yield '<span id="seen" class="vh" role="status"></span></fieldset>'
    yield "<noscript><p>Without JavaScript pictures do not zoom; the toggles work.</p></noscript>\n"


def _kinds(report: Report) -> set[str]:
    """Keys of the toggles that have something to do."""
    cells = [one for strip in report.strips for one in strip.cells] + [one for finding in report.findings for one in finding.cells]
    there = set()
    for shape in (shape for one in cells for shape in one.drawn):
        having = (shape.path, shape.box, shape.points or shape.specks, shape.name)
        there |= {key for (key, _, _), value in zip(TOGGLES, having, strict=True) if value}
    return there


def _names(report: Report) -> list[str]:
    return sorted({name for strip in report.strips for name in strip.classes})


def _gallery(report: Report) -> Iterator[str]:
    if not report.strips:
        return
    place = {name: str(k) for k, name in enumerate(_names(report))}
    hint = (
        "Open a picture to zoom." if len(report.strips) < 2 else "Point at an object to find it again in the other pictures; open a picture to zoom."
    )
    yield f'<section id="gallery"><h2>Gallery</h2><p class="faint">{text(report.gallery)} {hint}</p>'
    if not any(one.cells for one in report.findings):
        yield from _tools(report)
    yield from (_strip(strip, place) for strip in report.strips)
    yield "</section>\n"


def _strip(strip: Strip, place: dict[str, str]) -> str:
    head = f'<header><h3 class="name">{text(strip.title)}</h3><p>{text(strip.note)}</p></header>' if strip.title else ""
    keys = " ".join(place[name] for name in strip.classes)
    layout = "grid" if not strip.title else {1: "row one", 2: "row two"}.get(len(strip.cells), "row")
    cells = "".join(map(_cell, strip.cells))
    return f'<div class="strip" data-c="{keys}">{head}<div class="{layout}">{cells}</div></div>\n'


def _cell(one: Cell) -> str:
    words = "".join(f"<q>{text(line)}</q>" for line in one.words)
    note = f"<span>{text(one.note)}</span>" if one.note else ""
    note += f'{" · " if note else ""}<span class="badly">{text(one.loss)}</span>' if one.loss else ""
    caption = f"<figcaption><b><bdi>{text(one.title)}</bdi></b>{note}{words}</figcaption>"
    if one.missing:
        return f'<figure class="cell"><div class="none">Not shown: {text(one.missing)}</div>{caption}</figure>'
    height, width = one.size
    ground = '<rect class="ground" width="100%" height="100%"/>'
    if one.thumbnail is not None:
        ground = f'<image width="{width}" height="{height}" href="data:image/jpeg;base64,{base64.b64encode(one.thumbnail).decode()}"/>'
    busy = " busy" if len(one.drawn) > BUSY else ""
    inside = "".join(_annotation(shape) for shape in one.drawn if shape.fate != "found")
    found = "".join(_annotation(shape) for shape in one.drawn if shape.fate == "found")
    view = " ".join(map(number, _view(one)))
    drawing = (
        f'<svg class="p{busy}" viewBox="{view}" font-size="{number(width / 24)}">'
        f'<svg width="{width}" height="{height}">{ground}{inside}</svg>{found}</svg>{_locator(one)}'
    )
    label = text(f"Enlarge {one.title}: {counted(len(one.drawn), 'annotation')}")
    return f'<figure class="cell"><button class="open" type="button" aria-label="{label}">{drawing}</button>{caption}</figure>'


def _view(one: Cell) -> tuple[float, float, float, float]:
    """The picture, and as much around it as a finding sticks out; a quarter of the picture at most."""
    height, width = one.size
    boxes = [shape.box for shape in one.drawn if shape.fate == "found" and shape.box is not None]
    edge = 0.03 * max(width, height)
    left, top, right, bottom = 0.0, 0.0, float(width), float(height)
    for x, y, wide, high in boxes if one.part is None or one.thumbnail is None else ():
        left, top = (min(left, x - edge) if x < -1 else left), (min(top, y - edge) if y < -1 else top)
        right = max(right, x + wide + edge) if x + wide > width + 1 else right
        bottom = max(bottom, y + high + edge) if y + high > height + 1 else bottom
    left, top = max(left, -width / 4), max(top, -height / 4)
    return left, top, min(right, 1.25 * width) - left, min(bottom, 1.25 * height) - top


def _locator(one: Cell) -> str:
    """A small map of the whole picture, where only a part of it is shown."""
    if one.part is None:
        return ""
    wide, high = (LOCATOR, LOCATOR / one.shape) if one.shape >= 1 else (LOCATOR * one.shape, LOCATOR)
    x, y, width, height = one.part
    part = _rect("part", x * wide, y * high, max(width * wide, 2), max(height * high, 2))
    size = f'viewBox="0 0 {number(wide)} {number(high)}" width="{number(wide)}" height="{number(high)}"'
    return f'<svg class="loc" {size} aria-hidden="true">{_rect("all", 0, 0, wide, high)}{part}</svg>'


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"/>'


def _annotation(one: Drawn) -> str:
    marks = " ".join(["a", *([one.fate] if one.fate else []), *(["crowd"] if one.crowd else []), *(["faded"] if one.faint else [])])
    parts = [f'<g class="{marks}" data-s="{text(one.source)}" color="{hexed(one.colour)}"><title>{text(one.title)}</title>']
    if one.box is not None and one.fate == "found":
        parts.append(_rect("halo", *one.box))
    if one.path:
        rule = ' fill-rule="evenodd"' if one.holes else ""
        parts.append(f'<path class="o"{rule} d="{one.path}"/>')
    if one.box is not None:
        parts.append(_rect("b", *one.box))
    if one.points or one.specks:
        parts.append(f'<g class="k">{"".join(_pose(one))}</g>')
    if one.name:
        x, y = one.name_at
        parts.append(f'<text class="n" x="{number(x)}" y="{number(y)}" dx=".25em" dy="1em">{text(one.name)}</text>')
    return "".join([*parts, "</g>"])


def _pose(one: Drawn) -> Iterator[str]:
    """Limbs and points, those of one colour in one path."""
    limbs: dict[Colour, list[str]] = {}
    for a, b, c, d, colour in one.limbs:
        limbs.setdefault(colour, []).append(f"M{number(a)} {number(b)}L{number(c)} {number(d)}")
    points: dict[tuple[Colour, bool], list[str]] = {}
    for x, y, colour, seen in one.points:
        points.setdefault((colour, seen), []).append(f"M{number(x)} {number(y)}h0")
    yield _path("lr", None, limbs.values())
    yield from (_path("l", colour, [steps]) for colour, steps in limbs.items())
    yield _path("dr", None, points.values())
    yield _path("sp", None, [[f"M{number(x)} {number(y)}h0" for x, y in one.specks]])
    yield from (_path("d" if seen else "d hid", colour, [steps]) for (colour, seen), steps in points.items())


def _path(kind: str, colour: Colour | None, parts: Iterable[list[str]]) -> str:
    steps = "".join(step for part in parts for step in part)
    own = f' color="{hexed(colour)}" stroke="currentColor"' if colour else ""
    return f'<path class="{kind}"{own} d="{steps}"/>' if steps else ""


DIALOG = (
    '<dialog id="box" aria-label="One picture"><div class="bar-top"><div id="slot"></div><div class="push">'
    + "".join(
        f'<button class="act" type="button" id="{key}" aria-label="{label}" title="{label} ({letter})">{sign}</button>'
        for key, label, letter, sign in (
            ("out", "Smaller", "-", "−"), ("in", "Larger", "+", "+"), ("fit", "Whole picture", "0", '<span id="zoom">100 %</span>'),
            ("back", "Previous picture", "←", "‹"), ("next", "Next picture", "→", "›"), ("close", "Close", "Esc", "Close"),
        )
    )
    + '</div></div><div class="stage"></div><div class="bar-foot"><span id="place" class="faint small"></span><div id="words"></div></div></dialog>\n'
)  # fmt: skip
