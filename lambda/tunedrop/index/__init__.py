"""The index pages: all runs of a dataset over time, and all datasets."""
