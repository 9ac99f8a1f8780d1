"""What a page of the report holds, as plain data: both commands fill it, one module draws it."""

from __future__ import annotations

from attrs import field, frozen

from geoaug.coco.look import Colour


@frozen
class Drawn:
    """One annotation in a picture, in pixels of the thumbnail.

    Args:
        colour: Of its category.
        title: What it is, for a reader who points at it.
        source: Id that it shares with its copies, as text; empty where there is none.
        box: x, y, width, height.
        path: Its outline as an SVG path.
        holes: Whether the path is filled by the even-odd rule.
        limbs: x, y, x, y and colour of each.
        points: x, y, colour, and whether it can be seen.
        specks: x, y of points that come by the dozen, such as those of a face.
        crowd: Whether it stands for many objects.
        name: Written at the box; empty where names would hide the picture.
        name_at: x and y of the top left corner of the name.
        fate: Why it is marked: ``"found"`` (a finding is about it), ``"lost"`` (it is in none or not all of the copies) or ``""``.
        faint: Whether it stands back behind the marked ones.
    """

    colour: Colour
    title: str
    source: str = ""
    box: tuple[float, float, float, float] | None = None
    path: str = ""
    holes: bool = False
    limbs: tuple[tuple[float, float, float, float, Colour], ...] = ()
    points: tuple[tuple[float, float, Colour, bool], ...] = ()
    specks: tuple[tuple[float, float], ...] = ()
    crowd: bool = False
    name: str = ""
    name_at: tuple[float, float] = (0.0, 0.0)
    fate: str = ""
    faint: bool = False


@frozen
class Cell:
    """One picture of the gallery.

    Args:
        title: What it is: its file name, or which copy.
        note: What is to be said of it.
        size: (height, width) of the thumbnail.
        thumbnail: A JPEG file; ``None`` where there is no picture to show.
        drawn: Annotations, the large ones first.
        words: Captions that belong to it.
        part: Where in the whole picture a detail lies: x, y, width, height as shares of 1; ``None`` for the whole.
        shape: width / height of the whole picture.
        missing: Why there is no picture.
        loss: What is missing in it.
    """

    title: str
    note: str = ""
    size: tuple[int, int] = (3, 4)
    thumbnail: bytes | None = None
    drawn: tuple[Drawn, ...] = ()
    words: tuple[str, ...] = ()
    part: tuple[float, float, float, float] | None = None
    shape: float = 4 / 3
    missing: str = ""
    loss: str = ""


@frozen
class Strip:
    """Pictures that belong together.

    Args:
        title: Name of the source.
        note: Why it stands where it stands.
        cells: The source first.
        classes: Names of the classes in it.
    """

    title: str
    note: str
    cells: tuple[Cell, ...]
    classes: tuple[str, ...] = ()


@frozen
class Finding:
    """All findings of one kind.

    Args:
        code: Its stable name.
        weight: 3: something is lost or unusable; 2: labels contradict each other or the picture; 1: worth knowing.
        count: How many there are.
        meaning: A plain sentence.
        lines: Some of them: where, and what.
        cells: Pictures of some of them.
        remark: Whether it is worth knowing and nothing to correct, so that it is no finding.
    """

    code: str
    weight: int
    count: int
    meaning: str
    lines: tuple[tuple[str, str], ...] = ()
    cells: tuple[Cell, ...] = ()
    remark: bool = False


@frozen
class Figure:
    """One number at the top of the page.

    Args:
        value: The number.
        label: What is counted.
        note: What it is to be compared with.
        tone: ``"good"``, ``"bad"`` or ``""``.
    """

    value: str
    label: str
    note: str = ""
    tone: str = ""


@frozen
class Part:
    """One part of a bar whose parts add up to all.

    Args:
        label: What it is.
        count: How many.
        tone: Its colour: ``"whole"``, ``"cut"``, ``"covered"``, ``"gone"`` with a number behind it.
        note: Details.
    """

    label: str
    count: int
    tone: str
    note: str = ""


@frozen
class Class:
    """One category.

    Args:
        name: As in the file.
        colour: As in the gallery.
        before: Annotations in the source; ``None`` where there is no source.
        after: Annotations in the result.
        pictures: Pictures with at least one of them.
    """

    name: str
    colour: Colour
    before: int | None
    after: int
    pictures: int


@frozen
class Histogram:
    """Shares of annotations by one property.

    Args:
        title: The property.
        unit: What the axis counts.
        edges: n + 1 places on the axis.
        after: n shares of 1.
        before: n shares of 1; empty where there is no source.
        ticks: Places on the axis, and what is written there.
        marks: Places of lines that mean something, and what.
    """

    title: str
    unit: str
    edges: tuple[float, ...]
    after: tuple[float, ...]
    before: tuple[float, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()


@frozen
class Places:
    """How often the middles of boxes lie in each part of the picture.

    Args:
        title: Of which set.
        shares: Rows of columns; 1 is the fullest.
        count: Boxes counted.
    """

    title: str
    shares: tuple[tuple[float, ...], ...]
    count: int


@frozen
class Report:
    """One page.

    Args:
        title: Its headline.
        lead: One sentence that says it all.
        facts: Names and values beneath the headline.
        figures: The numbers at the top.
        findings: Worst first.
        findings_title: Headline of the findings.
        quiet: What is said where there is no finding.
        fates: What became of the annotations.
        fates_note: How they are counted.
        lost: Losses by reason: label, count, sentence, classes concerned.
        notes: Remarks on the whole.
        classes: The most frequent first.
        classes_note: What is not in the table.
        histograms: Sizes and the like.
        places: Before and after.
        strips: The gallery.
        gallery: How the pictures were chosen.
        settings: JSON of the run, to be shown as it is.
        labels: What "before" and "after" are called.
    """

    title: str
    lead: str
    facts: tuple[tuple[str, str], ...] = ()
    figures: tuple[Figure, ...] = ()
    findings: tuple[Finding, ...] = ()
    findings_title: str = "Findings"
    quiet: str = ""
    fates: tuple[Part, ...] = ()
    fates_note: str = "Each annotation once for each copy."
    lost: tuple[tuple[str, int, str, str], ...] = ()
    notes: tuple[str, ...] = ()
    classes: tuple[Class, ...] = ()
    classes_note: str = ""
    histograms: tuple[Histogram, ...] = ()
    places: tuple[Places, ...] = ()
    strips: tuple[Strip, ...] = ()
    gallery: str = ""
    settings: str = ""
    labels: tuple[str, str] = field(default=("source", "result"))
