"""The pipeline of a run: built, fitted, written."""
