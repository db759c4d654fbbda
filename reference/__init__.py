"""How a tensor library must behave: every module below adds its functions to ``reference.tensor.METHODS``."""

from reference import advanced as advanced
from reference import arithmetic as arithmetic
from reference import comparison as comparison
from reference import construction as construction
from reference import conversion as conversion
from reference import creation as creation
from reference import embedding as embedding
from reference import extrema as extrema
from reference import indexing as indexing
from reference import inplace as inplace
from reference import linalg as linalg
from reference import moments as moments
from reference import numpy_sharing as numpy_sharing
from reference import powers as powers
from reference import random as random
from reference import ranges as ranges
from reference import reduction as reduction
from reference import selection as selection
from reference import signs as signs
from reference import slicing as slicing
from reference import softmax as softmax
from reference import splitting as splitting
from reference import transcendental as transcendental
from reference import view_changes as view_changes
from reference import views as views
from reference.nn import functional as functional
