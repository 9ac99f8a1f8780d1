"""The report: one HTML page that shows what a run did, or what a check found."""

from __future__ import annotations

from geoaug.coco.report.checked import check_report
from geoaug.coco.report.result import result_report

__all__ = ["check_report", "result_report"]
