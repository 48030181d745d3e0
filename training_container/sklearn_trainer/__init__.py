"""What runs inside a SageMaker training job: scores scikit-learn pipelines, fits the run's model.

It knows SageMaker's container contract and plan.json, and nothing else of Tunedrop.
"""
