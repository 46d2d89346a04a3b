"""``report.html``: one self-contained page, read without a network and without a script."""

from __future__ import annotations

from reports.html.page import report_html

__all__ = ["report_html"]
