"""Where the arrays come from: `load` finds, checks and prepares the data of a problem."""

from common.data.dataset import Data, DataError
from common.data.prepare import standardise
from common.data.sources import load
from common.data.words import words

__all__ = ["Data", "DataError", "load", "standardise", "words"]
