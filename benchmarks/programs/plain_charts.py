"""Draw a synthetic run's training jobs as a notebook would: `plain_charts.py JOBS PAGE`."""

import sys

import altair as alt
import pandas as pd

from tests.support.report.synthetic_results import training_jobs

alt.data_transformers.disable_max_rows()
jobs = training_jobs(int(sys.argv[1]))
table = pd.DataFrame(
    [
        {
            **job.hyperparameters,
            "objective": job.objective,
            "started": job.started,
            "name": job.name,
        }
        for job in jobs
        if job.objective is not None
    ]
)
names = sorted({name for job in jobs for name in job.hyperparameters})
charts = [
    alt.Chart(table).mark_point().encode(x=x, y="objective:Q", tooltip=["name:N", "objective:Q"])
    for x in ["started:T", *(f"{name}:N" for name in names)]
]
alt.vconcat(*charts).save(sys.argv[2], inline=True)
