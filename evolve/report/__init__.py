"""The report room: pure figure data of a run, and one self-contained HTML page made from it."""

from evolve.report._lineage import Lineage, LineageStep, lineage
from evolve.report.html import write_report

__all__ = ["Lineage", "LineageStep", "lineage", "write_report"]
