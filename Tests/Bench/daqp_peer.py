"""Chain programmes solved by DAQP: answers, and how long its solver took.

  daqp_peer.py sequence FOLDER N STEPS KICK   those of FOLDER/qp_bench.py, one JSON object a line
  daqp_peer.py solve FILE                     those of FILE, in the same form

Each object: hessian (rows), gradient, lower, upper, leastChange, mostChange, previous; added are
answer, microseconds.
"""
import json
import sys
import time

import daqp
import numpy as np


def from_bench(folder, count, steps, kick):
    sys.path.insert(0, folder)
    import qp_bench
    for problem in qp_bench.sequence(count, steps, kick=kick):
        h, g, _, low, high = qp_bench.condensed(problem, count)
        yield dict(
            hessian=h.tolist(), gradient=g.tolist(), lower=[-qp_bench.UMAX] * count,
            upper=[qp_bench.UMAX] * count, leastChange=low.tolist(), mostChange=high.tolist(),
            previous=0.0)


def solved(problem):
    """The best of three times counts: the machine's other work is no part of the solver."""
    def vector(name):
        return np.array(problem[name], dtype=float)

    h, g = vector("hessian"), vector("gradient")
    n = len(g)
    changes = np.eye(n) - np.eye(n, k=-1)
    low, high = vector("leastChange"), vector("mostChange")
    low[0] += problem["previous"]
    high[0] += problem["previous"]
    upper = np.concatenate([vector("upper"), high])
    lower = np.concatenate([vector("lower"), low])
    took = []
    for _ in range(3):
        sense = np.zeros(2 * n, dtype=np.int32)
        start = time.perf_counter_ns()
        x, _, flag, _ = daqp.solve(h, g, changes, upper, lower, sense)
        took.append((time.perf_counter_ns() - start) / 1e3)
        if flag != 1:
            raise SystemExit(f"daqp ended with {flag}")
    return dict(problem, answer=list(x), microseconds=min(took))


if sys.argv[1] == "sequence":
    problems = from_bench(sys.argv[2], *map(int, sys.argv[3:6]))
else:
    problems = map(json.loads, open(sys.argv[2]))
for one in problems:
    print(json.dumps(solved(one)))
