"""What tests of the training container share."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "training_container"
# As in the image: the container and what it shares with the Lambdas.
FOLDERS = [str(PACKAGE), str(ROOT / "common")]
PYTHONPATH = os.pathsep.join(FOLDERS)
