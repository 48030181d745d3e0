"""What every claim about speed rests on: each benchmark compares sides in fresh processes.

A benchmark is a module here (see `harness.Benchmark`), listed in `__main__`: it names its sides,
ours and its peers', and the ratios between them that have a goal. What a side does is a program of
its own (below `programs/`, or the training container), so that its memory and its imports are its
own. `make benchmark` runs them and writes docs/performance.md.
"""
