"""Tests of the suite's knowledge about resizing; no cluster needed."""
