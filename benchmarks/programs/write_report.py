"""Calls WriteReport's handler once, as the first event of a cold Lambda does."""

import json
import sys

from tunedrop.handlers.write_report import handler

report = sys.argv[1]
answer = handler({"report": report}, None)
print(json.dumps({"subject_length": len(answer["notification"]["subject"])}))
