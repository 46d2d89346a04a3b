"""The pages of docs/ that are made from the catalogue and the suites: ``python -m reports.pages``."""
