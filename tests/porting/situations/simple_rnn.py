"""Elman's cell has one bias in Keras and two in PyTorch"""

TRUTH = "right"
INPUT = (7, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [keras.Input(INPUT), layers.SimpleRNN(5, name="rnn"), layers.Dense(1, name="out")]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.out = nn.RNN(3, 5, batch_first=True), nn.Linear(5, 1)

        def forward(self, x):
            return self.out(self.rnn(x)[1][0])

    return Net()
