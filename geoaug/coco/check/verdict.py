"""What a check comes to: findings, for which a data set should be corrected, and remarks, with which it can be used as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from geoaug.coco.problems import Problem

# Nothing is lost and no reader is misled, or a convention differs: sound data sets in use have them.
REMARKS = frozenset(
    {
        "annotation-id-zero",
        "area-is-box",
        "category-differs",
        "category-repeated",
        "crowd-area",
        "image-extra",
        "image-twice",
        "key-repeated",
        "keypoint-unlabelled",
        "keypoints-counted-otherwise",
    }
)


@frozen
class Verdict:
    """All that a check has to say.

    Args:
        findings: What should be corrected, in the order of the file.
        remarks: What is worth knowing and harms nobody.
        notes: What was looked at and what was not.
    """

    findings: list[Problem] = field(factory=list)
    remarks: list[Problem] = field(factory=list)
    notes: list[str] = field(factory=list)

    @classmethod
    def of(cls, problems: Iterable[Problem], notes: Iterable[str] = ()) -> Verdict:
        """Sort problems into findings and remarks."""
        every = list(problems)
        findings = [problem for problem in every if problem.code not in REMARKS]
        return cls(findings, [problem for problem in every if problem.code in REMARKS], list(notes))

    @property
    def exit_code(self) -> int:
        """1 where there is a finding, else 0."""
        return 1 if self.findings else 0

    @property
    def problems(self) -> list[Problem]:
        """Findings, then remarks."""
        return [*self.findings, *self.remarks]

    def counts(self) -> dict[str, dict[str, int]]:
        """Returns: How many findings and remarks of each code, for programs."""
        return {
            "problems": dict(sorted(Counter(problem.code for problem in self.findings).items())),
            "remarks": dict(sorted(Counter(problem.code for problem in self.remarks).items())),
        }

    def record(self) -> dict[str, Any]:
        """Returns: All of it as a JSON object."""
        listed = [{"severity": "problem", **one.record()} for one in self.findings]
        listed += [{"severity": "remark", **one.record()} for one in self.remarks]
        return {"exit_code": self.exit_code, **self.counts(), "findings": listed, "notes": self.notes}
