"""The mean of the tuned models, and a champion that is one, through the jobs of the container."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sklearn_trainer.data.dataset import Dataset, load
from sklearn_trainer.data.folds import fresh_folds
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.scoring import make_scorers, score
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_ensemble
from sklearn_trainer.serving.model_folder import load_model
from tests.support.training import fruit
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, column, estimator, plan
from tests.support.training.models import FAST, Trained
from tunedrop.report.confirm_scores import ConfirmScores
from tunedrop_common.plan import ChampionMember

FEATURES = ("x", "z", "v", "w")
TREES = [
    estimator("tree", "sklearn.tree.DecisionTreeRegressor", fixed={"min_samples_leaf": "2"}),
    estimator("extra", "sklearn.tree.ExtraTreeRegressor"),
    estimator("near", "sklearn.neighbors.KNeighborsRegressor"),
]
CLASSIFIERS = [
    estimator("linear", "sklearn.linear_model.LogisticRegression"),
    estimator("machine", "sklearn.svm.LinearSVC"),
    estimator("tree", "sklearn.tree.ExtraTreeClassifier", fixed={"min_samples_leaf": "8"}),
]
CLASSES = ("none", "some", "very much")


def table(rows: int, classes: tuple[str, ...] = ()) -> str:
    """Return a CSV of four numbers, a weight, and a target that three of them say much of."""
    draw = np.random.default_rng(5)
    X = draw.normal(size=(rows, len(FEATURES)))
    y = np.sin(2 * X[:, :3]).sum(axis=1) + 0.3 * draw.normal(size=rows)
    targets: list[str] = [f"{target:.4f}" for target in y]
    if classes:
        targets = [classes[place] for place in np.digitize(y, [-0.5, 0.5])]
    lines = [
        ",".join((*(f"{value:.4f}" for value in values), str(1 + number % 4), targets[number]))
        for number, values in enumerate(X)
    ]
    return "\n".join([",".join((*FEATURES, "importance", "y")), *lines, ""])


def confirmed(
    base: Path,
    server: ForkServer,
    content: str,
    tuned: dict[str, dict[str, str]],
    **settings: Any,
) -> tuple[Job, Finished]:
    """Run Confirm; the first estimator is the search's best."""
    regression = settings.get("task") == "regression"
    columns = [
        *(column(name) for name in FEATURES),
        column("importance", "numeric", settings.pop("importance", "ignored")),
        column("y", "numeric" if regression else "categorical", "target"),
    ]
    settings = {"confirm": {"folds": 5, "repeats": 4, "ensemble": True}, **settings}
    files: dict[str, bytes | str] = {"train/train.csv": content}
    job = Job(base / "ml", plan(columns, **settings), {}, "confirm", files, tuned=tuned).write()
    finished = server.run(job)
    assert finished.code == 0, finished.log
    return job, finished


def contender(finished: Finished, name: str) -> dict[str, Any]:
    return next(
        dict(contender) for contender in finished.confirm["contenders"] if contender["name"] == name
    )


def voting(job: Job, tuned: dict[str, dict[str, str]]) -> tuple[Dataset, Any]:
    """Return the data, and scikit-learn's voting of these models, unfitted."""
    job_plan = job.read_plan()
    dataset = load(job_plan, job.folders, JobWarnings())
    members = [
        ChampionMember(estimator=job_plan.estimator(key), hyperparameters=values)
        for key, values in tuned.items()
    ]
    return dataset, build_ensemble(dataset.schema, members, task=job_plan.task, seed=job_plan.seed)


def check_scores(job: Job, finished: Finished, tuned: dict[str, dict[str, str]]) -> None:
    """Fit a voting of the members in fresh folds, and compare its scores with the ensemble's."""
    job_plan = job.read_plan()
    dataset, model = voting(job, tuned)
    scorers = make_scorers((job_plan.metric.objective,), dataset.train.y)
    folds = fresh_folds(dataset.train.splits(job_plan), job_plan.confirm, JobWarnings()).folds
    for place in (0, len(folds) - 1):
        train, validation = (dataset.train.take(rows) for rows in folds[place])
        (expected,) = score(fit(model, train, JobWarnings()), validation, scorers).values()
        ensemble_score = contender(finished, "ensemble")["scores"][place]
        assert ensemble_score == pytest.approx(expected, abs=1e-12)


def test_an_ensemble_that_is_significantly_better_than_each_single_model_is_selected(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    tuned: dict[str, dict[str, str]] = {"tree": {}, "extra": {"max_depth": "9"}, "near": {}}
    job, finished = confirmed(
        tmp_path,
        fork_server,
        table(400),
        tuned,
        task="regression",
        estimators=TREES,
        final_test={"kind": "fraction", "fraction": 0.2},
    )
    confirm = finished.confirm
    assert (confirm["selected"], confirm["verdict"]) == ("ensemble", "first model"), confirm
    assert confirm["sentence"].startswith("Selected: the ensemble, R² 0.")
    names = [contender["name"] for contender in confirm["contenders"]]
    assert names[-4:] == ["tuned:tree", "tuned:extra", "tuned:near", "ensemble"]
    assert contender(finished, "ensemble")["members"] == ["tree", "extra", "near"]
    assert contender(finished, "tuned:tree")["hyperparameters"] == {"min_samples_leaf": "2"}
    check_scores(job, finished, tuned)
    model = load_model(job.folders)
    assert type(model.pipeline[-1]).__name__ == "VotingRegressor"
    dataset, _ = voting(job, tuned)
    assert dataset.test is not None
    pasted: dict[str, Any] = {}
    exec(confirm["python"], pasted)  # noqa: S102 - as people do
    again = pasted["model"].fit(dataset.train.X, dataset.train.y)
    X = dataset.test.X
    assert again.predict(X) == pytest.approx(model.pipeline.predict(X), abs=1e-12)
    assert finished.metadata["test_score"] == pytest.approx(
        model.pipeline.score(dataset.test.X, dataset.test.y), abs=1e-12
    )
    assert [member["hyperparameters"] for member in finished.metadata["members"]] == [
        {"min_samples_leaf": "2"}, {"max_depth": "9"}, {},
    ]  # fmt: skip
    ConfirmScores.model_validate(confirm)


def test_members_have_probabilities_and_rows_and_classes_their_weights(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    tuned = {
        "linear": {"class_weight": str({"none": 2})},
        "tree": {"class_weight": str({"some": 3})},
    }
    job, finished = confirmed(
        tmp_path,
        fork_server,
        table(150, CLASSES),
        {**tuned, "machine": {"C": "0.1"}},
        estimators=CLASSIFIERS,
        additional=("neg_log_loss",),
        importance="weight",
    )
    assert contender(finished, "tuned:machine")["status"] == "scored"
    assert contender(finished, "ensemble")["members"] == ["linear", "tree"]
    assert contender(finished, "ensemble")["metrics"]["neg_log_loss"]["mean"] is not None
    check_scores(job, finished, tuned)


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"estimators": CLASSIFIERS[1:2]}, None),
        ({"estimators": CLASSIFIERS[:2], "confirm": {**FAST, "ensemble": False}}, None),
        ({"estimators": CLASSIFIERS[:2]}, "not scored"),
    ],
    ids=["of one estimator", "switched off", "of one with probabilities"],
)
def test_without_two_members_there_is_no_ensemble(
    settings: dict[str, Any], status: str | None, tmp_path: Path, fork_server: ForkServer
) -> None:
    tuned: dict[str, dict[str, str]] = {
        estimator["key"]: {} for estimator in settings["estimators"]
    }
    _, finished = confirmed(tmp_path, fork_server, table(60, CLASSES), tuned, **settings)
    contenders = {contender["name"]: contender for contender in finished.confirm["contenders"]}
    assert (contenders["ensemble"]["status"] if "ensemble" in contenders else None) == status
    if status:
        assert contenders["ensemble"]["reason"].startswith("Fewer than two tuned models")
    assert finished.confirm["selected"] != "ensemble"


LINEAR = estimator(
    "linear", "sklearn.linear_model.LogisticRegression", fixed={"class_weight": str({"plum": 3})}
)
FOREST = estimator("forest", "sklearn.ensemble.RandomForestClassifier", fixed={"max_depth": "4"})
CHAMPION: dict[str, Any] = {
    "run_id": "20261001T000000Z-00000000",
    "estimator": FOREST,
    "hyperparameters": {"n_estimators": "9"},
    "members": [
        {"estimator": FOREST, "hyperparameters": {"n_estimators": "9"}},
        {"estimator": LINEAR, "hyperparameters": {"C": "0.5"}},
    ],
}


def test_a_champion_that_is_an_ensemble_is_refitted_and_served(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    hopeless = estimator("hopeless", "sklearn.dummy.DummyClassifier")
    job = Job(
        tmp_path / "ml",
        plan(fruit.columns(), estimators=[hopeless], confirm={**FAST, "champion": CHAMPION}),
        job="confirm",
        files={"train/train.csv": fruit.as_csv(fruit.rows())},
    ).write()
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    assert finished.confirm["selected"] == "champion"
    assert finished.confirm["verdict"] == "kept champion"
    assert finished.metadata["estimator"] == "sklearn.ensemble.VotingClassifier"
    assert [member["hyperparameters"] for member in finished.metadata["members"]] == [
        {"max_depth": "4", "n_estimators": "9"}, {"class_weight": "{'plum': 3}", "C": "0.5"},
    ]  # fmt: skip
    trained = Trained(job)
    model = load_model(job.folders)
    assert model.gives_probabilities
    assert model.classes == ("apple", "pear", "plum")
    forest, linear = model.pipeline[-1].estimators_
    assert linear[-1].class_weight == {2: 3}
    X = trained.dataset.train.X
    expected = (forest.predict_proba(X) + linear.predict_proba(X)) / 2
    assert trained.probabilities == pytest.approx(expected, abs=1e-12)
