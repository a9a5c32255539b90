"""Normalization and Rescaling inside Keras, arithmetic in PyTorch"""

TRUTH = "right"
INPUT = (6, 6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Rescaling(1 / 255),
            layers.Normalization(mean=[0.5, 0.4, 0.3], variance=[0.04, 0.09, 0.16]),
            layers.Conv2D(4, 3, activation="relu", name="c"),
            layers.GlobalAveragePooling2D(),
        ]
    )


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer(
                "mean", torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1), persistent=False
            )
            self.register_buffer(
                "std", torch.tensor([0.2, 0.3, 0.4]).view(3, 1, 1), persistent=False
            )
            self.c = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return F.relu(self.c((x / 255 - self.mean) / self.std)).mean((2, 3))

    return Net()
