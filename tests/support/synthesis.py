"""Synthesizes the stack as the CDK's CLI does, with no AWS variable in the environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
_NOT_AWS = ("AWS_", "CDK_", "TUNEDROP_")

Json = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """A synthesized template without the hashes of logical ids, with the questions of tests."""

    body: Json
    path: Path

    @classmethod
    def read(cls, path: Path) -> Template:
        """Read what a synthesis wrote."""
        return cls(json.loads(re.sub(r"\b([A-Z]\w*?)[0-9A-F]{8}\b", r"\1", path.read_text())), path)

    def of_type(self, kind: str) -> dict[str, Json]:
        """Return resources by logical id."""
        resources: dict[str, Json] = self.body["Resources"]
        return {name: r for name, r in resources.items() if r["Type"] == kind}

    def one(self, kind: str, **properties: Any) -> Json:
        """Return the properties of the only resource of a type that has these properties."""
        ((_, properties_of_resource),) = self.named(kind, **properties).items()
        return properties_of_resource

    def named(self, kind: str, **properties: Any) -> dict[str, Json]:
        """Return the properties of all resources of a type that have these properties."""
        return {
            name: resource["Properties"]
            for name, resource in self.of_type(kind).items()
            if properties.items() <= {**resource["Properties"]}.items()
        }

    @cached_property
    def lambdas(self) -> dict[str, Json]:
        """Return the properties of each Lambda, by its name in the flow: PlanRun."""
        return {
            properties["FunctionName"].removeprefix("Tunedrop-"): properties
            for properties in self.named("AWS::Lambda::Function").values()
        }

    def permissions_of(self, role: str) -> dict[str, set[str]]:
        """Return what a role may do, for a role whose logical id starts so."""
        return permissions(self.statements_of(role))

    def statements_of(self, role: str) -> list[Json]:
        """Return the raw statements of a role."""
        ((_, properties),) = (
            (name, r["Properties"])
            for name, r in self.of_type("AWS::IAM::Role").items()
            if name.startswith(role)
        )
        return [
            statement
            for policy in properties["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def variables_of(self, name: str) -> dict[str, str]:
        """Return the environment variables of a Lambda."""
        values: Json = self.lambdas[name]["Environment"]["Variables"]
        return {key: text(value) for key, value in values.items()}

    def state_machine(self, name: str) -> Json:
        """Return the definition of a state machine by its physical name."""
        properties = self.one("AWS::StepFunctions::StateMachine", StateMachineName=name)
        definition: Json = json.loads(text(properties["DefinitionString"]))
        return definition


def synthesize(
    outdir: Path,
    override: Mapping[str, Any] | None = None,
    context: Json | None = None,
) -> Template:
    """Run app.py in a process of its own and read what it wrote."""
    result = run_app(outdir, override, context)
    assert result.returncode == 0, result.stderr
    return Template.read(outdir / "Tunedrop.template.json")


def run_app(
    outdir: Path,
    override: Mapping[str, Any] | str | None = None,
    context: Json | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run app.py as the CLI does: context in a variable, nothing of AWS in the environment."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_AWS)}
    environment["CDK_OUTDIR"] = str(outdir)
    if override is not None:
        value = override if isinstance(override, str) else json.dumps(override)
        environment["CDK_CONTEXT_JSON"] = json.dumps({**(context or {}), "tunedrop": value})
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def permissions(statements: Iterable[Json]) -> dict[str, set[str]]:
    """Return what statements allow: action -> resources."""
    allowed: dict[str, set[str]] = {}
    for statement in statements:
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            allowed.setdefault(action, set()).update(map(text, listed(statement["Resource"])))
    return allowed


def text(value: Any) -> str:
    """Write a template's value as one string: `<Bucket.Arn>/runs/*`."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function in ("Ref", "Fn::ImportValue"):
        return f"<{argument}>"
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    if function == "Fn::Sub":
        return str(argument)
    assert function == "Fn::Join", value
    separator, parts = argument
    return str(separator).join(text(part) for part in parts)


def states_of(definition: Json) -> Iterator[tuple[str, Json]]:
    """Return all states of a definition, those inside of Maps included."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states_of(state["ItemProcessor"])


def listed(value: Any) -> list[Any]:
    """Return what a policy writes without a list when there is one."""
    return value if isinstance(value, list) else [value]
