"""A pipeline as Python to paste: scikit-learn's own representation, and the imports it needs."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sklearn.base import BaseEstimator, clone
from sklearn.utils._pprint import _EstimatorPrettyPrinter, _safe_repr

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
    body = _Printer(width=WIDTH, compact=True).pformat(_with_outputs(clone(pipeline)))
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    names: defaultdict[str, set[str]] = defaultdict(set)
    for name, module in _modules(pipeline):
        names[module] |= {name} & used
    lines = [f"from {m} import {', '.join(sorted(names[m]))}" for m in sorted(names) if names[m]]
    return "\n".join([*lines, "", f"model = {body}", ""])


class _WithOutput:
    """An estimator whose `set_output` was called, which `repr` does not show."""

    def __init__(self, estimator: BaseEstimator, container: str) -> None:
        self.estimator = estimator
        self.call = f".set_output(transform={container!r})"

    def __repr__(self) -> str:
        return f"{_safe_repr(self.estimator, {}, None, 0, changed_only=True)[0]}{self.call}"


class _Printer(_EstimatorPrettyPrinter):  # type: ignore[misc]
    """Shows the calls of set_output, and all elements of a sequence: `repr` leaves out some."""

    def _pprint_with_output(self, shown: _WithOutput, stream: Any, *where: Any) -> None:
        self._pprint_estimator(shown.estimator, stream, *where)
        stream.write(shown.call)

    _dispatch = {  # noqa: RUF012 - as in pprint
        **_EstimatorPrettyPrinter._dispatch,
        _WithOutput.__repr__: _pprint_with_output,
    }


def _with_outputs(pipeline: Pipeline) -> Pipeline:
    """Replace the outermost estimators whose `set_output` was called; it holds for those inside."""
    replaced: tuple[str, ...] = ()
    for name, part in pipeline.get_params().items():
        container = getattr(part, "_sklearn_output_config", {}).get("transform")
        if container and not name.startswith(replaced or "\0"):
            pipeline.set_params(**{name: _WithOutput(part, container)})
            replaced = (*replaced, f"{name}__")
    return pipeline


def _modules(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    """Yield the names of the classes in the pipeline, and the public modules that have them."""
    yield from ((name, "numpy") for name in _NUMPY_NAMES)
    for part in (pipeline, *pipeline.get_params().values()):
        module, _, _ = type(part).__module__.partition("._")
        yield type(part).__name__, module
