"""Unit tests mirror the source; fakes.py stands in for AWS."""
