"""What every claim about speed rests on: each benchmark compares sides in fresh processes.

A benchmark is a module here, listed in `__main__`, whose docstring begins with what is measured.
Its `sides(folder, size)` writes the data and returns ours and its peers', `ratios(results)` the
ratios that have a goal, `summary(results)`, if there is one, other tables to show. It takes ROUNDS
and one to warm up; with no rounds, that one counts. What a side does is a program of its own (below
`programs/`, or the training container), so that its memory and its imports are its own.
`make benchmark` shows what docs/performance.md has.
"""
