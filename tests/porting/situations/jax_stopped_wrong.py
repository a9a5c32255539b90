"""A stop_gradient that the port in Keras does not have: the first layer does not train."""

LOSS = "mean_squared_error"
INPUT = (6,)
TRUTH = "wrong"
PLACE = "hidden"
CAUSE = "stop_gradient"
CAUSES = ("detached",)


def jax_model():
    import jax
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.hidden = nnx.Linear(6, 5, rngs=rngs)
            self.out = nnx.Linear(5, 1, rngs=rngs)

        def __call__(self, x):
            return self.out(jax.lax.stop_gradient(nnx.relu(self.hidden(x))))

    return Net(nnx.Rngs(0))


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="hidden"),
            layers.Dense(1, name="out"),
        ]
    )
