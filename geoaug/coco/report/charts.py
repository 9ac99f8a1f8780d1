"""Bars, histograms and maps, as SVG inside of the page."""

from __future__ import annotations

from collections.abc import Sequence

from geoaug.coco.report.content import Class, Histogram, Part, Places
from geoaug.coco.report.marked import hexed, number, text

FIRST_CLASSES, MOST_CLASSES = 20, 400  # rows in sight, and rows in all
WIDE, HIGH, TOP, LEFT = 290.0, 150.0, 20.0, 2.0  # of a histogram, in its own units
LEAST_PART = 0.004  # of a bar: less would not be seen


def stacked(parts: Sequence[Part]) -> str:
    """Returns: One bar, parts side by side, and what they are beneath it."""
    total = sum(part.count for part in parts)
    shares = [max(part.count / total, LEAST_PART) for part in parts]
    whole, at = sum(shares), 0.0
    bars, keys = [], []
    for part, share in zip(parts, shares, strict=True):
        width = 100 * share / whole
        told = f"{part.label}: {part.count:,} ({percent(part.count / total)})"
        bars.append(f'<rect class="{part.tone}" x="{at:.3f}%" width="{width:.3f}%" height="100%"><title>{text(told)}</title></rect>')
        keys.append(
            f'<li><svg class="swatch" viewBox="0 0 11 11"><rect class="{part.tone}" width="11" height="11"/></svg><span>{text(part.label)} '
            f'<b>{part.count:,}</b> <span class="faint">{percent(part.count / total)}</span></span></li>'
        )
        at += width
    said = text(", ".join(f"{part.label} {part.count}" for part in parts))
    return f'<svg class="stack" role="img" aria-label="{said}">{"".join(bars)}</svg><ul class="key">{"".join(keys)}</ul>'


def percent(share: float) -> str:
    """Returns: A share of 1 in per cent, with a digit behind the point where it is small."""
    return f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"


def classes_table(classes: Sequence[Class], labels: tuple[str, str]) -> str:
    """Returns: A row a class: bars and numbers, before and after; many rows are folded away."""
    most = max(max(one.after, one.before or 0) for one in classes)
    compared = classes[0].before is not None
    rows = [_class(one, most) for one in classes[:MOST_CLASSES]]
    head = f'<th class="n" scope="col">{text(labels[0])}</th>' if compared else ""
    ratio = '<th class="n r wide" scope="col">ratio</th>' if compared else ""
    head = (
        f'<thead><tr><th class="name" scope="col">class</th><th scope="col"><span class="vh">bars</span></th>{head}'
        f'<th class="n" scope="col">{text(labels[1])}</th>{ratio}<th class="n wide" scope="col">pictures</th></tr></thead>'
    )
    table = f"<table>{head}<tbody>{''.join(rows[:FIRST_CLASSES])}</tbody></table>"
    if len(rows) > FIRST_CLASSES:
        rest = len(classes) - len(rows)
        tail = f'<p class="small faint">{rest:,} rarer classes are not listed here.</p>' if rest else ""
        more = f"<table>{head}<tbody>{''.join(rows[FIRST_CLASSES:])}</tbody></table>"
        table += f"<details><summary>{len(classes) - FIRST_CLASSES:,} more classes</summary>{more}{tail}</details>"
    return table


def _class(one: Class, most: int) -> str:
    before = one.before
    thin = before is not None
    bars = f'<rect class="after" y="{9.5 if thin else 4}" width="{_width(one.after, most)}" height="{6 if thin else 10}" rx="1.5"/>'
    cell = ratio = ""
    if before is not None:
        bars += f'<rect class="before" y="2.5" width="{_width(before, most)}" height="6" rx="1.5"/>'
        cell = f'<td class="n">{before:,}</td>'
        ratio = f'<td class="n r wide">{f"× {one.after / before:.2f}" if before else "new"}</td>'
    dot = f'<svg class="dot" viewBox="0 0 11 11"><circle cx="5.5" cy="5.5" r="5" fill="{hexed(one.colour)}"/></svg>'
    return (
        f'<tr><td class="name">{dot}<bdi>{text(one.name)}</bdi></td><td><svg class="bar" aria-hidden="true">{bars}</svg></td>{cell}'
        f'<td class="n">{one.after:,}</td>{ratio}<td class="n wide faint">{one.pictures:,}</td></tr>'
    )


def _width(count: int, most: int) -> str:
    return f"{max(100 * count / most, 0.4 if count else 0):.2f}%"


def histogram(one: Histogram, labels: tuple[str, str]) -> str:
    """Returns: Bars of what there is, and over them a line of what there was."""
    top = max((*one.after, *one.before, 1e-9))
    low, high = one.edges[0], one.edges[-1]

    def x(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDE - 2 * LEFT)

    def y(share: float) -> float:
        return TOP + HIGH * (1 - share / top)

    parts = [
        f'<path class="axis" d="M0 {number(TOP)}H{number(WIDE)}M0 {number(TOP + HIGH / 2)}H{number(WIDE)}M0 {number(TOP + HIGH)}H{number(WIDE)}"/>'
    ]
    parts += [f'<text x="0" y="{number(TOP - 5)}">{percent(top)}</text>']
    for k, share in enumerate(one.after):
        left, right = x(one.edges[k]) + 0.7, x(one.edges[k + 1]) - 0.7
        told = f"{labels[1]} {percent(share)}" + (f", {labels[0]} {percent(one.before[k])}" if one.before else "")
        place = f'x="{left:.1f}" y="{y(share):.1f}" width="{right - left:.1f}" height="{TOP + HIGH - y(share):.1f}"'
        parts.append(f'<rect class="after" {place}><title>{text(told)}</title></rect>')
    if one.before:
        steps = "".join(f"V{y(share):.1f}H{x(one.edges[k + 1]):.1f}" for k, share in enumerate(one.before))
        parts.append(f'<path class="step" d="M{x(low):.1f} {TOP + HIGH:.1f}{steps}V{TOP + HIGH:.1f}"/>')
    for where, name in one.marks:
        parts.append(f'<path class="rule" d="M{x(where):.1f} {TOP - 2:.1f}V{TOP + HIGH:.1f}"/>')
        parts.append(f'<text x="{x(where) + 4:.1f}" y="{TOP - 5:.1f}">{text(name)}</text>')
    parts += [
        f'<text x="{x(place):.1f}" y="{TOP + HIGH + 15:.1f}" text-anchor="{_anchor(x(place))}">{text(name)}</text>' for place, name in _thinned(one)
    ]
    said = text(f"{one.title}: histogram, the greatest share is {percent(top)}")
    return (
        f'<figure class="chart"><h3>{text(one.title)}</h3><p class="small faint">{text(one.unit)}</p>'
        f'<svg viewBox="0 0 {number(WIDE)} {number(TOP + HIGH + 20)}" role="img" aria-label="{said}">{"".join(parts)}</svg></figure>'
    )


def _thinned(one: Histogram) -> tuple[tuple[float, str], ...]:
    """As many ticks as have room beside each other."""
    letters = max((len(name) for _, name in one.ticks), default=1)
    room = max(int(WIDE / (letters * 7.6 + 9)), 2)
    return one.ticks[:: max(-(-len(one.ticks) // room), 1)]


def _anchor(place: float) -> str:
    return "start" if place < 8 else "end" if place > WIDE - 8 else "middle"


def place_maps(maps: Sequence[Places]) -> str:
    """Returns: The picture's field, strong where the middles of many boxes lie; of each set beside the other."""
    fields = "".join(f'<div>{_field(one)}<p class="small faint">{text(one.title)}, {one.count:,} boxes</p></div>' for one in maps)
    return (
        '<figure class="chart map"><h3>Places</h3><p class="small faint">middles of the boxes in their pictures</p>'
        f'<div class="maps">{fields}</div></figure>'
    )


def _field(one: Places) -> str:
    rows, columns = len(one.shares), len(one.shares[0])
    fields = "".join(
        f'<rect class="after" x="{10 * c}" y="{10 * r}" width="10.2" height="10.2" opacity="{share**0.7:.2f}"/>'
        for r, row in enumerate(one.shares)
        for c, share in enumerate(row)
        if share > 0
    )
    return (
        f'<svg viewBox="0 0 {10 * columns} {10 * rows}" role="img" aria-label="{text(one.title)}: where the middles of the boxes lie">'
        f'<rect class="field" width="100%" height="100%"/>{fields}</svg>'
    )
