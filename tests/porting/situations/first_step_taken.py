"""the first output instead of the last"""

TRUTH = "wrong"
PLACE = "out"
CAUSE = "the wrong step of time"
CAUSES = ("wrong_step",)
INPUT = (6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [keras.Input(INPUT), layers.GRU(4, name="gru"), layers.Dense(1, name="out")]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru, self.out = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(self.gru(x)[0][:, 0])

    return Net()
