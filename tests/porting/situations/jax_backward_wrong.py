"""The last output of both directions: that of the backward one is its first step.

A Bidirectional of Keras without return_sequences gives the last state of each direction.
"""

LOSS = "binary_crossentropy"
INPUT = (6, 3)
TRUTH = "wrong"
PLACE = "out"
CAUSE = "the backward direction's first step"
CAUSES = ("wrong_step",)


def jax_model():
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.bi = nnx.Bidirectional(
                nnx.RNN(nnx.OptimizedLSTMCell(3, 4, rngs=rngs)),
                nnx.RNN(nnx.OptimizedLSTMCell(3, 4, rngs=rngs)),
            )
            self.out = nnx.Linear(8, 1, rngs=rngs)

        def __call__(self, x):
            return self.out(self.bi(x)[:, -1])

    return Net(nnx.Rngs(0))


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Bidirectional(layers.LSTM(4), name="bi"),
            layers.Dense(1, name="out"),
        ]
    )
