"""Bounded looks at a dataset: its text, its columns, its target."""
