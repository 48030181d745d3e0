import warnings

import numpy as np
from sklearn.metrics import balanced_accuracy_score

from sklearn_trainer.job_warnings import JobWarnings


def test_warnings_of_the_library_are_counted_in_words() -> None:
    job_warnings = JobWarnings()
    for _ in range(2):
        with job_warnings.library_warnings():
            balanced_accuracy_score([1, 1], [0, 1])
    with job_warnings.library_warnings():
        np.float64(1e308) * np.float64(10)
    with job_warnings.library_warnings():
        warnings.warn("something else", stacklevel=1)
    assert job_warnings.sentences == [
        "Models predicted classes that the scored rows do not have (fits: 2).",
        "scikit-learn raised a RuntimeWarning (fits: 1): some numbers were too large or too small "
        "for exact computation.",
        "scikit-learn raised a UserWarning (fits: 1).",
    ]
