"""The questions at the top of the report, each answered for a reader who knows no statistics."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.confirm_scores import Contender
from tunedrop.report.cost import cost_sentence
from tunedrop.report.recommendations import many_failures, recommendations
from tunedrop.report.results import Results
from tunedrop.report.sections.errors import errors_in_short
from tunedrop.report.sections.section_text import join_names
from tunedrop.report.tuning_summary import jobs_text
from tunedrop.wording import CHAMPION, DEFAULTS_PREFIX, PROMOTED, describe_verdict


def answers(results: Results) -> list[tuple[str, str]]:
    """Return the questions about a run with their answers; its values are display values."""
    pairs = (
        ("Did it work?", _did_it_work(results)),
        ("How good is the model, and can I trust that number?", _how_good(results)),
        ("Where does it err?", errors_in_short(results)),
        ("Is it better than before?", _is_it_better(results)),
        ("What should I do next?", _what_next(results)),
        ("What did it cost?", cost_sentence(results)),
    )
    return [(question, answer) for question, answer in pairs if answer]


def _did_it_work(results: Results) -> str:
    verdict = describe_verdict(results.verdict)
    answer = "Only in part" if many_failures(results) else "Yes"
    return f"{answer if verdict.is_good else 'No'}. {verdict.headline}. {jobs_text(results)}."


def _how_good(results: Results) -> str:
    selected = results.confirm.selected_contender
    if selected.mean is None:
        return "Not known: the model in use could not be scored on this data."
    metric = wording.metric_with_gloss(results.metric)
    score = f"{wording.score(selected.mean)}{_likely_range(selected)}"
    if selected.test_score is None:
        answer = (
            f"{metric} is {score}, cross-validated on new splits: each row is scored by a model "
            "that was not fitted on it. No held-out test set confirms it; expect it only for "
            f"similar data.{_optimism(selected)}"
        )
    else:
        rows = wording.count(results.confirm.rows.test, "row")
        answer = (
            f"{metric} is {wording.score(selected.test_score)} on the held-out test set ({rows} "
            "kept apart from training). Cross-validation on new splits of the training rows gives "
            f"{score}. {_agreement(results, selected)}"
        )
    return f"{answer}{_leakage(results)}"


def _likely_range(selected: Contender) -> str:
    ends = wording.interval(selected.interval)
    return f" (95% confidence interval, its likely range: {ends})" if ends else ""


def _optimism(selected: Contender) -> str:
    """Return a caveat where a search chose the model on the rows of its score."""
    if selected.name.startswith(DEFAULTS_PREFIX):
        return ""
    return (
        " It may be optimistic, because a search chose the model on these rows: in simulations, by "
        "up to a third of the interval's width."
    )


def _agreement(results: Results, selected: Contender) -> str:
    """Compare the score on test rows that are not in the training data with the interval."""
    duplicates = results.confirm.explanation.data_quality.duplicates
    repeated = duplicates.test_rows_in_training if duplicates else 0
    if not repeated:
        return f"The test score {_against_interval(selected.test_score, selected, results)}."
    rows = f"{wording.count(repeated, 'row')} with the features of training rows"
    without = duplicates.test_score_without if duplicates else None
    if without is None:
        return f"The test set includes {rows}; there is no score without them."
    verdict = _against_interval(without, selected, results)
    return (
        f"The test set includes {rows}; without them it is {wording.score(without)}, which "
        f"{verdict}."
    )


def _against_interval(score: float | None, selected: Contender, results: Results) -> str:
    low, high = selected.interval or (None, None)
    if score is None or low is None or high is None:
        return "has no range to be compared with"
    if low <= score <= high:
        return "lies within this range"
    if (score < low) == (results.sign > 0):
        return "is worse than this range; plan with it until the cause is known"
    return "is better than this range: these rows may be easier, so plan with the range"


def _leakage(results: Results) -> str:
    leaky_columns = results.confirm.explanation.data_quality.leaky_columns
    if not leaky_columns:
        return ""
    names = join_names([leaky_column.column for leaky_column in leaky_columns], 3)
    are = "are" if len(leaky_columns) > 1 else "is"
    return (
        f" Possible data leakage: these scores hold only if {names} {are} available at prediction "
        "time."
    )


def _is_it_better(results: Results) -> str:
    champion = results.confirm.contender(CHAMPION)
    if champion is None:
        start = "No model was in use before."
    elif champion.mean is None:
        start = "Not known."
    else:
        start = "Yes." if results.verdict == PROMOTED else "No."
    return f"{start} {results.sentence}"


def _what_next(results: Results) -> str:
    if results.model is None:
        return "Start a new run: the model of this run no longer exists."
    sentences = (*recommendations(results), *results.warnings)
    if not sentences:
        return "Use the model: the commands to load and to deploy it are below."
    more = wording.count(len(sentences) - 1, "more recommendation")
    return sentences[0] + (f" ({more} below.)" if len(sentences) > 1 else "")
