"""How a tensor library must behave: every module below adds its functions to ``reference.tensor.METHODS``."""

from reference import creation as creation
