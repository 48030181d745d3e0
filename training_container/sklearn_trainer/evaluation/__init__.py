"""Folds, scores and the verdict."""
