"""Optimizers. https://docs.pytorch.org/docs/stable/optim.html"""

from reference.optim.sgd import SGD as SGD
