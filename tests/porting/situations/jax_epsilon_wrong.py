"""The layer normalisation of Flax has an epsilon of 1e-6, that of Keras 1e-3."""

LOSS = "mean_squared_error"
INPUT = (7,)
TRUTH = "wrong"
PLACE = "norm"
CAUSE = "epsilon"
CAUSES = ("epsilon",)


def jax_model():
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.norm = nnx.LayerNorm(7, rngs=rngs)
            self.out = nnx.Linear(7, 1, rngs=rngs)

        def __call__(self, x):
            return self.out(self.norm(x))

    return Net(nnx.Rngs(0))


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [keras.Input(INPUT), layers.LayerNormalization(name="norm"), layers.Dense(1, name="out")]
    )
