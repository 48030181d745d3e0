"""SageMaker jobs: named, requested, started, awaited, their results and the tuned models."""
