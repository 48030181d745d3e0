"""What the workflow knows: from a dropped dataset to a report."""
