"""How a tensor library must behave: every module below adds its functions to ``reference.tensor.METHODS``."""

from reference import creation as creation
from reference import conversion as conversion
from reference import embedding as embedding
from reference import slicing as slicing
from reference import splitting as splitting
from reference import views as views
