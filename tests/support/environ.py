"""Environment variables as a deployment sets them."""

from __future__ import annotations

import json

LIMITS = {
    "max_training_jobs": 200,
    "max_parallel_training_jobs": 10,
    "max_runtime_seconds": 86400,
    "max_training_job_seconds": 3600,
    "instance_types": ["ml.m5.large", "ml.m5.xlarge"],
    "max_cost_usd": None,
    "prices_usd_per_hour": {"ml.m5.large": 0.115},
    "max_dataset_bytes": 10**10,
}
ADMISSION_SETTINGS = {
    "quiet_period_seconds": 60,
    "max_concurrent_runs": 10,
    "max_runs_per_dataset_per_day": 6,
    "max_runs_per_day": 100,
    "marker_file": None,
}
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tunedrop/training:1a2b"
ENVIRON = {
    "TUNEDROP_BUCKET": "bucket",
    "TUNEDROP_JOB_PREFIX": "0a1b2c3d",
    "TUNEDROP_LIMITS": json.dumps(LIMITS),
    "TUNEDROP_STATE_MACHINE": "arn:aws:states:eu-west-1:123456789012:stateMachine:Tunedrop-run",
    "TUNEDROP_ARRIVALS": "https://sqs.eu-west-1.amazonaws.com/123456789012/Tunedrop-Arrivals",
    "TUNEDROP_TOPIC": "arn:aws:sns:eu-west-1:123456789012:Tunedrop",
    "TUNEDROP_STACK": "arn:aws:cloudformation:eu-west-1:123456789012:stack/Tunedrop/1",
    "TUNEDROP_ADMISSION": json.dumps(ADMISSION_SETTINGS),
    "TUNEDROP_SPOT": "false",
    "TUNEDROP_TRAINING_IMAGE": IMAGE,
    "TUNEDROP_REPORT": '{"explanation_time_ratio": 0.5, "show_worst_rows": true}',
    "TUNEDROP_TRAINING_ROLE_ARN": "arn:aws:iam::123456789012:role/training",
    "TUNEDROP_NETWORK": json.dumps(
        {"subnets": [], "security_groups": [], "isolation": True, "encrypt_traffic": False}
    ),
    "TUNEDROP_KMS_KEY_ARN": "",
    "TUNEDROP_TAGS": '{"team": "data"}',
    "TUNEDROP_QUOTA_WAIT_SECONDS": "86400",
    "TUNEDROP_EVENT_BUS": "default",
    "TUNEDROP_PROMOTION": '"automatic"',
    "TUNEDROP_PREDICT_QUEUE": "https://sqs.eu-west-1.amazonaws.com/123456789012/Tunedrop-Predict",
    "TUNEDROP_MAX_PREDICTION_BYTES": "500000000",
}
