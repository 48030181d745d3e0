"""amtviz, the SageMaker SDK's own charts of a tuning job, written to a page that works offline.

Without the instances' metrics, for which it asks CloudWatch four times for each training job.
"""

import json
import sys

from sagemaker.amtviz import visualize_tuning_job

tuning_job, page = sys.argv[1:]
charts, trials, _ = visualize_tuning_job(tuning_job, return_dfs=True, trials_only=True)
charts.save(page, inline=True)
print(json.dumps({"training_jobs": len(trials)}))
