"""How the site is built: `make docs`.

Each page with code in it runs while it is built. A page whose code fails, a link into nothing and
any other warning fail the build, at its end, so that one build tells of all of them. Neither the
build nor a reader needs the network.
"""

import logging
import os
import sys
from pathlib import Path

from jupyter_cache import get_cache

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_ext")]

from benchmarks.lessons import pages  # noqa: E402
from benchmarks.records import machine  # noqa: E402

os.environ.update(pages.environment())
logging.getLogger("traitlets").setLevel(logging.WARNING)  # not a line a notebook

project = "twinbench"
author = "the authors of twinbench"
release = machine.versions()["twinbench"] or ""
extensions = [
    "myst_nb",
    "sphinx_design",
    "sphinx.ext.autodoc",
    # of docs/_ext
    "tabs",
    "answers",
    "notebooks",
    "docstrings",
    "commands",
    "mathml",
    "translations",
]
exclude_patterns = ["_ext", "_static", "examples", "zh/README.md"]  # the repository's README

myst_enable_extensions = ["colon_fence", "deflist"]  # no math between $: they are money here
myst_heading_anchors = 3

# by the code of a page: a translation has that of its original, and is not run again. `make docs`
# begins without a cache, which would not know what has changed in the packages.
nb_execution_mode = "cache"
nb_execution_cache_path = str(ROOT / "build" / "site" / "cache")
get_cache(nb_execution_cache_path).db  # noqa: B018  made here: two workers at once would both make it
nb_execution_timeout = 600  # seconds a cell; a shared machine can be slow
nb_execution_show_tb = True
nb_merge_streams = True
nb_render_error_lexer = "pytb"  # the default one stumbles over a bullet in Keras's errors
nb_render_markdown_format = "myst"

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
default_role = "literal"  # docstrings write `code`

html_theme = "furo"
html_title = "twinbench"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_search_summary = False  # it fetches each page found, which no browser does from a file
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
