"""nn.MultiheadAttention attends to the other rows of the batch"""

TRUTH = "wrong"
PLACE = ("mha", "attention")
CAUSE = "batch_first"
CAUSES = ("batch_first",)
INPUT = (6, 8)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.MultiHeadAttention(2, 4, name="mha")(i, i)
    return keras.Model(i, layers.Dense(2, name="out")(x))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.mha, self.out = nn.MultiheadAttention(8, 2), nn.Linear(8, 2)

        def forward(self, x):
            return self.out(self.mha(x, x, x, need_weights=False)[0])

    return Net()
