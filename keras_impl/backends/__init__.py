"""What Keras computes with, a file each, that has the names of `keras_impl.backend.Backend`.

`..._tuned.py` has what a tuned step does.
"""
