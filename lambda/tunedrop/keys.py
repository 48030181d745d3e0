"""Where everything is in the bucket: the one source of every S3 key.

A run is a folder (docs/architecture.md shows the layout); functions return keys without the bucket.
"""

from __future__ import annotations

from hashlib import sha256

DATASETS = "datasets/"
ADMISSION = "admission/"
RUNS = "runs/"
INPUTS = "inputs/"
TRAINING = "training/"
MODELS = "models/"
PREDICT = "predict/"
PREDICTIONS = "predictions/"
CHECKS = "checks/"
CALLBACKS = "callbacks/"
INDEX = "index/"
REJECTIONS = "rejections/"
PRICES = "prices/"

# Active runs and waiting datasets; only Admit replaces it, by ETag.
ADMISSION_STATE = f"{ADMISSION}state.json"

TUNING_CONFIG = "tuning.yaml"


def versions(dataset: str) -> str:
    """Key of the versions and checksums of a dataset's newest listing."""
    return f"{ADMISSION}{dataset}/versions.json"


def skipped_start(dataset: str) -> str:
    """Key of the latest scheduled start that started no run of a dataset."""
    return f"{ADMISSION}{dataset}/skipped.json"


def rejection(name: str, occasion: str) -> str:
    """Key of the record that something about a dataset or a damaged object was announced."""
    shortened = sha256(name.encode("utf-8", errors="surrogatepass")).hexdigest()[:16]
    return f"{REJECTIONS}{shortened}/{occasion}.json"


def split_file(prefix: str, key: str) -> tuple[str, str]:
    """Split `<prefix><dataset>/<file>`; return two empty texts for a key that is none."""
    dataset, _, file = key.removeprefix(prefix).partition("/")
    is_file = key.startswith(prefix) and file and "/" not in file
    return (dataset, file) if is_file else ("", "")


def runs_of(dataset: str) -> str:
    """Prefix of all runs of a dataset."""
    return f"{RUNS}{dataset}/"


def run_folder(dataset: str, run_id: str) -> str:
    """Prefix of one run."""
    return f"{RUNS}{dataset}/{run_id}/"


def split_run(text: str) -> tuple[str, str]:
    """Split "<dataset>/<run id>" as a person writes it, perhaps as the folder's whole key."""
    dataset, _, run_id = text.strip().removeprefix(RUNS).strip("/").rpartition("/")
    return dataset, run_id


def run_file(dataset: str, run_id: str, name: str) -> str:
    """Key of a file of a run: run.json, plan.json, results.json, report.html, failure.json, ..."""
    return run_folder(dataset, run_id) + name


def run(dataset: str, run_id: str) -> str:
    """Key of a run's record."""
    return run_file(dataset, run_id, "run.json")


def plan(dataset: str, run_id: str) -> str:
    """Key of a run's plan."""
    return run_file(dataset, run_id, "plan.json")


def job_request(dataset: str, run_id: str, job: str) -> str:
    """Key of the exact request of a SageMaker job."""
    return f"{jobs_folder(dataset, run_id)}{job}.request.json"


def job_result(dataset: str, run_id: str, job: str) -> str:
    """Key of how a SageMaker job ended."""
    return f"{jobs_folder(dataset, run_id)}{job}.result.json"


def jobs_folder(dataset: str, run_id: str) -> str:
    """Prefix of a run's requests to SageMaker, and of their results."""
    return run_file(dataset, run_id, "jobs/")


def job_wait(dataset: str, run_id: str, job: str) -> str:
    """Key of since when a SageMaker job waits for a quota."""
    return f"{jobs_folder(dataset, run_id)}{job}.waiting.json"


def wait_announcement(dataset: str, run_id: str) -> str:
    """Key of the record that a run's wait for a quota was announced."""
    return f"{jobs_folder(dataset, run_id)}announced-wait.json"


def inputs_folder(dataset: str, digest: str) -> str:
    """Prefix of the copied object versions of a run."""
    return f"{INPUTS}{dataset}/{digest}/"


def training_folder(dataset: str, run_id: str) -> str:
    """Prefix of SageMaker's own output for a run."""
    return f"{TRAINING}{dataset}/{run_id}/"


def job_output(folder: str, job: str, name: str = "output.tar.gz") -> str:
    """Key of what a training job left in a folder of SageMaker's own output."""
    return f"{folder}{job}/output/{name}"


def model(dataset: str, run_id: str) -> str:
    """Key of the model that a run kept."""
    return f"{MODELS}{dataset}/{run_id}/model.tar.gz"


def champion(dataset: str) -> str:
    """Key of the object that says which model of a dataset is in use."""
    return f"{MODELS}{dataset}/champion.json"


def rows_to_predict(dataset: str, file: str) -> str:
    """Key of a file of rows that a user wants predictions for."""
    return f"{PREDICT}{dataset}/{file}"


def predicted_rows(dataset: str, file: str) -> str:
    """Key of the rows of a file with their predictions."""
    return f"{PREDICTIONS}{dataset}/{file}"


def prediction(dataset: str, file: str) -> str:
    """Key of the record of a file's predictions, which is written last."""
    return f"{PREDICTIONS}{dataset}/{file}.json"


def prediction_attempts(dataset: str, file: str) -> str:
    """Key of how often Predict has begun with a file."""
    return f"{PREDICTIONS}{dataset}/attempts/{file}.json"


def checks_of(dataset: str) -> str:
    """Prefix of the checks of a dataset's models in use."""
    return f"{CHECKS}{dataset}/"


def check(dataset: str, file: str, version_id: str) -> str:
    """Key of the check that a version of a file with outcomes made."""
    return f"{checks_of(dataset)}{file}-{version_id}.json"


def check_announcement(dataset: str, run_id: str, check_key: str) -> str:
    """Key of the record that a check of a run's model was announced."""
    digest = sha256(check_key.encode("utf-8", errors="surrogatepass")).hexdigest()[:16]
    return run_file(dataset, run_id, f"announced-checks/{digest}.json")


INDEX_CATALOGUE = f"{INDEX}index.json"
INDEX_PAGE = f"{INDEX}index.html"


def index_history(dataset: str) -> str:
    """Key of what the index remembers of a dataset's runs."""
    return f"{INDEX}{_index_name(dataset)}.json"


def index_page(dataset: str) -> str:
    """Key of the page with all runs of a dataset."""
    return f"{INDEX}{_index_name(dataset)}.html"


def _index_name(dataset: str) -> str:
    # No dataset's name starts with "~"; folders on people's machines may not tell I from i.
    return f"~{dataset}" if dataset.casefold() == "index" else dataset


def callback(job: str) -> str:
    """Key of the task token of the execution which waits for a job."""
    return f"{CALLBACKS}{job}.json"


def prices(region: str) -> str:
    """Key of AWS's prices in a region, as they were asked for last."""
    return f"{PRICES}{region}.json"
