"""What the workflow knows: from a dropped dataset to a report."""

# The one place that names the release; pyproject.toml reads it.
__version__ = "0.1.0"
