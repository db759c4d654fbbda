"""Isolation: what is tested runs in a process of its own, so that its end is a finding and not the end of the run.

The session sends jobs to a *supervisor*, a process that never calls torch. It forks a *worker*, which does one job
after another, and watches it: a worker that dies, hangs or takes all memory is replaced, and the job is done again
without the call that ended it. That call is investigated in further processes: found among the cases derived from it,
reduced, and recorded as a discrepancy of the property ``survives``.
"""
