"""The shipped model as Python to paste: its pipeline, how to load it and how to deploy it."""

from __future__ import annotations

# What the stack calls the state machine of runs after its own name, and its output with the role.
from tunedrop.report.results import Results

RUNS_SUFFIX = "-run"
ROLE_OUTPUT = "ServingRole"


def pipeline_code(results: Results) -> str:
    """Return Confirm's own Python for the pipeline, unfitted; "" when it wrote none.

    It is text out of the container: shown, and never run here.
    """
    return results.confirm.python or ""


def load_code(results: Results) -> str:
    """Return the commands that fetch and load the fitted model; "" when there is none any more."""
    if not results.model:
        return ""
    return (
        f"# aws s3 cp '{results.model}' .\n"
        "# tar xzf model.tar.gz\n"
        "# pip install the versions that metadata.json lists\n"
        "import json\n"
        "import skops.io\n"
        "\n"
        'metadata = json.load(open("metadata.json"))\n'
        'model = skops.io.load("model.skops", trusted=metadata["trusted_types"])\n'
        "# README.md says how to prepare rows for model.predict(rows)\n"
    )


def deploy_code(results: Results) -> str:
    """Return a script that makes an endpoint of the model; "" when there is no model any more.

    The image is that of the Confirm job, so that the model is loaded by what wrote it. The endpoint
    has a role of its own, an output of the stack: the training jobs' may not read models/.
    """
    if not results.model:
        return ""
    region = f"region_name={results.region!r}" if results.region else ""
    name = results.confirm_job.name
    return (
        "import boto3\n"
        "\n"
        f"session = boto3.Session({region})\n"
        'cloudformation = session.client("cloudformation")\n'
        f'stack = cloudformation.describe_stacks(StackName={_stack(results)!r})["Stacks"][0]\n'
        'outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}\n'
        'sagemaker = session.client("sagemaker")\n'
        f"name = {name!r}\n"
        "job = sagemaker.describe_training_job(TrainingJobName=name)\n"
        "sagemaker.create_model(\n"
        "    ModelName=name,\n"
        f'    ExecutionRoleArn=outputs["{ROLE_OUTPUT}"],\n'
        "    PrimaryContainer={\n"
        '        "Image": job["AlgorithmSpecification"]["TrainingImage"],\n'
        f'        "ModelDataUrl": {results.model!r},\n'
        "    },\n"
        "    EnableNetworkIsolation=True,\n"
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
        "# billed by the hour until sagemaker.delete_endpoint(EndpointName=name)\n"
        "sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)\n"
        'sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name)  # some minutes\n'
        "\n"
        "# rows as in the training file, the target left out or not:\n"
        '# runtime = session.client("sagemaker-runtime")\n'
        '# rows = open("new.csv", "rb").read()\n'
        '# answer = runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=rows)\n'
        '# print(answer["Body"].read().decode())\n'
    )


def _stack(results: Results) -> str:
    """Return the name of the stack, from the ARN of the run's execution."""
    parts = results.run.execution.split(":")
    machine = parts[6] if len(parts) > 6 else ""
    return machine.removesuffix(RUNS_SUFFIX) or "Tunedrop"
