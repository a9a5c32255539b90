"""padding counts in the mean"""

TRUTH = "wrong"
PLACE = ("e", "out", "between")
CAUSE = "mask"
CAUSES = ("mask",)
LOSS = "binary_crossentropy"
INPUT = (6,)
TOKENS = 9


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Embedding(TOKENS, 4, mask_zero=True, name="e"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.out = nn.Embedding(TOKENS, 4), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(self.e(x).mean(1))

    return Net()
