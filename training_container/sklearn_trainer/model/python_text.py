"""A pipeline as Python to paste: scikit-learn's own representation, and the imports it needs."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from sklearn.base import clone
from sklearn.utils._pprint import _EstimatorPrettyPrinter

from sklearn_trainer.model.pipeline import Pipeline

WIDTH = 100

_NUMPY_NAMES = ("inf", "nan")


def write_python(pipeline: Pipeline) -> str:
    """Return Python that makes an equal, unfitted pipeline called `model`.

    Example
    -------
    >>> print(write_python(Pipeline([("estimator", Ridge(alpha=0.5))])))
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import Pipeline
    <BLANKLINE>
    model = Pipeline(steps=[('estimator', Ridge(alpha=0.5))])
    """
    body = _EstimatorPrettyPrinter(width=WIDTH, compact=True).pformat(clone(pipeline))
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    names: defaultdict[str, set[str]] = defaultdict(set)
    for name, module in _modules(pipeline):
        names[module] |= {name} & used
    lines = [f"from {m} import {', '.join(sorted(names[m]))}" for m in sorted(names) if names[m]]
    return "\n".join([*lines, "", f"model = {body}", *_set_outputs(pipeline), ""])


def _set_outputs(pipeline: Pipeline) -> Iterator[str]:
    """Yield the calls of `set_output`, which the representation does not show."""
    for name, part in pipeline.get_params().items():
        container = getattr(part, "_sklearn_output_config", {}).get("transform")
        if container:
            yield f"model.get_params()[{name!r}].set_output(transform={container!r})"


def _modules(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    """Yield the names of the classes in the pipeline, and the public modules that have them."""
    yield from ((name, "numpy") for name in _NUMPY_NAMES)
    for part in (pipeline, *pipeline.get_params().values()):
        module, _, _ = type(part).__module__.partition("._")
        yield type(part).__name__, module
