"""The fitted model behind an endpoint, as Python to paste: the training image serves it, too."""

from __future__ import annotations

from tunedrop.report.results import Results


def deploy_code(results: Results) -> str:
    """Return a script that makes an endpoint of the model; "" when there is no model any more.

    The image is that of the Confirm job, so that the model is loaded by what wrote it. The endpoint
    has its own role: the training jobs' may not read models/.
    """
    if not results.model:
        return ""
    region = f", region_name={results.region!r}" if results.region else ""
    name = results.confirm_job.name
    return (
        "import boto3\n"
        "\n"
        f'sagemaker = boto3.client("sagemaker"{region})\n'
        f'name = "{name}"\n'
        'role = "arn:..."  # one that may read the model and pull the image\n'
        "job = sagemaker.describe_training_job(TrainingJobName=name)\n"
        "sagemaker.create_model(\n"
        "    ModelName=name,\n"
        "    ExecutionRoleArn=role,\n"
        "    PrimaryContainer={\n"
        '        "Image": job["AlgorithmSpecification"]["TrainingImage"],\n'
        f'        "ModelDataUrl": {results.model!r},\n'
        "    },\n"
        ")\n"
        "sagemaker.create_endpoint_config(\n"
        "    EndpointConfigName=name,\n"
        "    ProductionVariants=[\n"
        "        {\n"
        '            "VariantName": "all",\n'
        '            "ModelName": name,\n'
        '            "InstanceType": "ml.m5.large",\n'
        '            "InitialInstanceCount": 1,\n'
        "        }\n"
        "    ],\n"
        ")\n"
        "sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)\n"
        "# billed by the hour until sagemaker.delete_endpoint(EndpointName=name)\n"
    )
