"""Lambda layers against plain operations"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Lambda(lambda x: x * 2 - 1),
            layers.Dense(5, name="h"),
            layers.Lambda(lambda x: x * keras.ops.sigmoid(1.702 * x)),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.out = nn.Linear(6, 5), nn.Linear(5, 2)

        def forward(self, x):
            x = self.h(2 * x - 1)
            return self.out(x * torch.sigmoid(1.702 * x))

    return Net()
