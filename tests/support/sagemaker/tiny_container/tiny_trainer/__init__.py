"""A training container of a few lines: what a job does is one of its hyperparameters."""
