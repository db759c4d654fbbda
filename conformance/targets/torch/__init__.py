"""PyTorch as a target: the only place, beside a few suites, that imports torch."""
