"""two bidirectional GRUs in one of PyTorch, all steps of the upper one"""

TRUTH = "right"
INPUT = (6, 3)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True), name="lower")(i)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True), name="upper")(x)
    return keras.Model(i, layers.Dense(2, name="tag")(x))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru = nn.GRU(3, 4, num_layers=2, batch_first=True, bidirectional=True)
            self.tag = nn.Linear(8, 2)

        def forward(self, x):
            return self.tag(self.gru(x)[0])

    return Net()
