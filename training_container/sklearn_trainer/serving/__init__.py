"""Serves a run's model under SageMaker's hosting contract: GET /ping, POST /invocations."""
