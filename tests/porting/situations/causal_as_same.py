"""a causal convolution became a centred one"""

TRUTH = "wrong"
PLACE = "c"
CAUSE = "causal padding"
CAUSES = ("causal_padding",)
INPUT = (10, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv1D(4, 3, padding="causal", activation="relu", name="c"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.out = nn.Conv1d(3, 4, 3, padding=1), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(F.relu(self.c(x.mT)).amax(2))

    return Net()
