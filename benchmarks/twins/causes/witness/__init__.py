"""A third witness in NumPy, float64: what a layer gives by its formula, whatever a framework says.

Tensors have rows first and channels last; weights are canonical, see `common.twins.layers.AXES`.
"""
