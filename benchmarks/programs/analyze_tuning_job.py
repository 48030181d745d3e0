"""The steps of AWS's notebook HPO_Analyze_TuningJob_Results, written to a page instead of shown.

The table of training jobs by the SDK's analytics, the objective over time, and the objective
against each hyperparameter, both with everything about a training job on hover.
"""

import json
import sys

import sagemaker
from bokeh.layouts import column
from bokeh.models import HoverTool
from bokeh.plotting import figure, output_file, save
from bokeh.resources import INLINE

tuning_job, page = sys.argv[1:]
session = sagemaker.Session(default_bucket="none")
description = session.sagemaker_client.describe_hyper_parameter_tuning_job(
    HyperParameterTuningJobName=tuning_job
)
analytics = sagemaker.HyperparameterTuningJobAnalytics(tuning_job, sagemaker_session=session)
jobs = analytics.dataframe()
finished = jobs[jobs["FinalObjectiveValue"] > -float("inf")]
finished = finished.sort_values("FinalObjectiveValue", ascending=False)
tuned = list(analytics.tuning_ranges)
shown = ["FinalObjectiveValue", "TrainingJobName", *tuned]
hover = [(name, "@{" + name + "}") for name in shown]

over_time = figure(width=900, height=400, x_axis_type="datetime", tools=["pan", "box_zoom"])
over_time.add_tools(HoverTool(tooltips=hover))
over_time.scatter(x="TrainingStartTime", y="FinalObjectiveValue", source=finished)
figures = [over_time]
for name in tuned:
    against = figure(
        width=500, height=500, title=name, x_axis_label=name, y_axis_label="FinalObjectiveValue"
    )
    against.add_tools(HoverTool(tooltips=hover))
    against.scatter(x=name, y="FinalObjectiveValue", source=finished)
    figures.append(against)
output_file(page)
save(column(*figures), resources=INLINE, title=tuning_job)
print(json.dumps({"training_jobs": len(jobs)}))
