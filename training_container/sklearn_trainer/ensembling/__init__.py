"""The best of the search, combined: which training jobs, with which weights, in one model."""
