"""The front door: requests checked, answered and listed as SageMaker does."""
