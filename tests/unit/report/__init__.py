"""Tests of the report, on made-up results."""
