"""What a process does beforehand that forks training jobs: it imports them and fills caches.

preload.txt names this module. SageMaker starts a training job afresh, and never imports it.
"""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_array

import sklearn_trainer.confirm
import sklearn_trainer.process.failure
import sklearn_trainer.process.privileges
import sklearn_trainer.process.supervisor
import sklearn_trainer.tune  # noqa: F401

# Looks through all installed packages for plugins of narwhals, once in a process.
check_array(np.zeros((1, 1)))
