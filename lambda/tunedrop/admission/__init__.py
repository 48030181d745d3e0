"""From a message to a claimed run: whether a dataset is at rest, and which ones are due."""
