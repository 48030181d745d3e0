"""Tests of the report, on synthetic results."""
