"""Predictions: from a file of rows to its answer, by the model in use."""
