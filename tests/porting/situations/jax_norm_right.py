"""Flax's momentum is the share that is kept and its epsilon 1e-5, both written out in Keras."""

LOSS = "mean_squared_error"
INPUT = (7,)
TRUTH = "right"


def jax_model():
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.wide = nnx.Linear(7, 5, rngs=rngs)
            self.norm = nnx.BatchNorm(5, momentum=0.99, epsilon=1e-5, rngs=rngs)
            self.out = nnx.Linear(5, 1, rngs=rngs)

        def __call__(self, x):
            return self.out(nnx.tanh(self.norm(self.wide(x))))

    return Net(nnx.Rngs(0))


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, name="wide"),
            layers.BatchNormalization(momentum=0.99, epsilon=1e-5, name="norm"),
            layers.Activation("tanh"),
            layers.Dense(1, name="out"),
        ]
    )
