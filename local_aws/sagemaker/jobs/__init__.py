"""Tuning and training jobs: their state, who runs next, and the code that they run."""
