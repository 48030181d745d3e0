"""tuning.yaml: the model, and the way from bytes to it."""
