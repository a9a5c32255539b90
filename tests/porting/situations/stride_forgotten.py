"""a stride of two was lost, and the mean over the places hides the shapes"""

TRUTH = "wrong"
PLACE = "conv"
CAUSE = "stride"
CAUSES = ("strides",)
INPUT = (9, 9, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, strides=2, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.out = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(torch.relu(self.conv(x)).mean((2, 3)))

    return Net()
