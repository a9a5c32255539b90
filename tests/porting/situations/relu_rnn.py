"""a relu inside the cell on one side"""

TRUTH = "wrong"
PLACE = "rnn"
CAUSE = "activation of the cell"
CAUSES = ("cell_activation",)
INPUT = (7, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.SimpleRNN(4, activation="relu", name="rnn"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.out = nn.RNN(3, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(self.rnn(x)[1][0])

    return Net()
