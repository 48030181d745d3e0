"""Whether a failed run can be resumed: what it left must still be there."""

from __future__ import annotations

from tunedrop import keys
from tunedrop.admission.gate import Gate
from tunedrop.claims import find_run, is_run_id
from tunedrop.errors import PlanError, RunNotFoundError
from tunedrop.trigger import checked_name
from tunedrop_common.plan import Plan, read_plan

_DROP = "Drop the dataset again, or start a run of what is there with `tunedrop run`."


def check_resumption(gate: Gate, dataset: str, run_id: str) -> None:
    """Raise `RunNotFoundError` for a run that there is nothing to resume of."""
    where = keys.run_folder(checked_name(dataset), run_id)
    run = find_run(gate.bucket, dataset, run_id) if is_run_id(run_id) else None
    if run is None or not run.objects:
        raise RunNotFoundError(
            "There is no such run",
            where=where,
            found=repr(run_id[:100]),
            expected='"<dataset>/<run id>", such as "iris/20261123T225242Z-1a2b3c4d"',
            to_do="Look for it with `tunedrop runs`.",
        )
    if gate.bucket.exists(keys.run_file(dataset, run_id, "report.html")):
        raise RunNotFoundError("The run has a report: there is nothing to resume", where=where)
    if not gate.bucket.exists(keys.run_file(dataset, run_id, "failure.json")):
        raise RunNotFoundError(
            "The run has not failed", where=where, to_do="Watch it with `tunedrop watch`."
        )
    plan = _plan_of(gate, dataset, run_id)
    if plan is None:
        raise RunNotFoundError(
            "The run failed before it had a plan: nothing of it can be taken over",
            where=where,
            to_do=_DROP,
        )
    folders = [keys.training_folder(dataset, run_id)]
    if plan.data.train.copied:
        folders.append(keys.inputs_folder(dataset, run.digest))
    for folder in folders:
        if next(gate.bucket.list_keys(folder), None) is None:
            raise RunNotFoundError(
                "What the run left is gone, or was never there: it cannot be resumed",
                where=folder,
                expected="the files that the retention settings keep for some days",
                to_do=_DROP,
            )


def _plan_of(gate: Gate, dataset: str, run_id: str) -> Plan | None:
    content = gate.bucket.find_json(keys.plan(dataset, run_id))
    try:
        return None if content is None else read_plan(content)
    except PlanError:
        return None
