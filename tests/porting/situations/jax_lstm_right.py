"""An LSTM with one matrix a gate, against Keras's with all gates side by side."""

LOSS = "binary_crossentropy"
INPUT = (6, 3)
TRUTH = "right"


def jax_model():
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.rnn = nnx.RNN(nnx.LSTMCell(3, 4, rngs=rngs))
            self.out = nnx.Linear(4, 1, rngs=rngs)

        def __call__(self, x):
            return self.out(self.rnn(x)[:, -1])

    return Net(nnx.Rngs(0))


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [keras.Input(INPUT), layers.LSTM(4, name="rnn"), layers.Dense(1, name="out")]
    )
