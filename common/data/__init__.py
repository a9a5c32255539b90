"""Where the arrays come from: `load` finds, checks and prepares the data of a problem.

dataset     what is handed out, and the one error that is raised
sources     the first of a folder, the cache, a download, what is embedded
files       the real files, pinned: names, digests, shapes
decode      bytes to arrays: the pinned file's words, anyone's plain numbers
download    bytes over HTTP, verified
cache       what was downloaded or prepared before, and a list of what twinbench wrote
prepare     Keras's split, and the preparation of the textbook
embedded    real data of a package; generated: stand-ins for the texts
words       a row back to words
"""

from common.data.dataset import Data, DataError
from common.data.prepare import standardise
from common.data.sources import load
from common.data.words import words

__all__ = ["Data", "DataError", "load", "standardise", "words"]
