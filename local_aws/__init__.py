"""An AWS on this machine: MiniStack with its behaviour corrected, and a real SageMaker tuning API.

It answers AWS's APIs and knows nothing of tuning policy. `python -m local_aws --help` starts it.
"""
