"""What people read of a run: report.html, report.md, training_jobs.csv.

Every chart is two functions: one turns results into a small frozen record of what will be shown,
the other draws that record with Altair. `writer` calls everything and writes the run's files.
"""
