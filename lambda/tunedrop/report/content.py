"""What a report says of a run: the page and the Markdown show the same."""

from __future__ import annotations

from typing import Any

from tunedrop.report.answers import answers
from tunedrop.report.charts.contenders import contenders_table
from tunedrop.report.cost import cost_facts
from tunedrop.report.model_code import load_code
from tunedrop.report.recommendations import recommendations
from tunedrop.report.results import Results
from tunedrop.report.sections.data_quality import data_quality_section
from tunedrop.report.sections.errors import error_section
from tunedrop.report.sections.importance import importance_section
from tunedrop.report.sections.section_text import not_available
from tunedrop.report.summary import hyperparameter_table, model_sentence, run_facts
from tunedrop.report.tuning_summary import estimator_table, failures, job_sentences
from tunedrop.wording import describe_verdict


def content(results: Results) -> dict[str, Any]:
    """Return what both templates show, of results as people read them, in the report's order."""
    return {
        "r": results,
        "verdict": describe_verdict(results.verdict),
        "answers": answers(results),
        "contenders": contenders_table(results),
        "errors": error_section(results),
        "importance": importance_section(results),
        "data_quality": data_quality_section(results),
        "not_available": not_available(results.confirm.explanation),
        "recommendations": recommendations(results),
        "cost": cost_facts(results),
        "model_sentence": model_sentence(results),
        "hyperparameters": hyperparameter_table(results),
        "code": results.confirm.python,
        "load_code": load_code(results),
        "job_sentences": job_sentences(results),
        "estimators": estimator_table(results),
        "failures": failures(results),
        "run": run_facts(results),
    }
