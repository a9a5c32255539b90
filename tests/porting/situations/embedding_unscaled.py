"""the embedding is scaled in Keras alone"""

TRUTH = "wrong"
PLACE = ("between", "h", "e")
CAUSE = "embedding scaled by the root of the width"
CAUSES = ("scale_missing",)
INPUT = (6,)
TOKENS = 11


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Embedding(TOKENS, 8, name="e")(i) * 8**0.5
    return keras.Model(i, layers.Dense(3, name="h")(x))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.h = nn.Embedding(TOKENS, 8), nn.Linear(8, 3)

        def forward(self, x):
            return self.h(self.e(x))

    return Net()
