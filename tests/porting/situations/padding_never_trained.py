"""padding_idx keeps one row of the table from being trained"""

TRUTH = "wrong"
PLACE = "e"
CAUSE = "padding_idx"
CAUSES = ("padding_idx",)
INPUT = (6,)
TOKENS = 8


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Embedding(TOKENS, 4, name="e"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.out = nn.Embedding(TOKENS, 4, padding_idx=0), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(self.e(x).mean(1))

    return Net()
