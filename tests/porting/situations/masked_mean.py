"""the mean over words that are no padding"""

TRUTH = "right"
LOSS = "binary_crossentropy"
INPUT = (6,)
TOKENS = 9


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Embedding(TOKENS, 4, mask_zero=True, name="e")(i)
    return keras.Model(i, layers.Dense(1, name="out")(layers.GlobalAveragePooling1D()(x)))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.out = nn.Embedding(TOKENS, 4), nn.Linear(4, 1)

        def forward(self, x):
            mask = (x != 0).unsqueeze(-1)
            return self.out((self.e(x) * mask).sum(1) / mask.sum(1))

    return Net()
