"""The record of the model in use."""
