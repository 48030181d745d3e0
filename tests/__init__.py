"""Tests; a package, so that helpers are imported by their full names."""
