"""the pad of a maximum is minus infinity"""

TRUTH = "right"
INPUT = (8, 8, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, padding="same", name="c"),
            layers.MaxPooling2D(3, strides=2, padding="same"),
            layers.Conv2D(3, 3, name="d"),
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
            self.c, self.d = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 3, 3)

        def forward(self, x):
            x = F.pad(self.c(x), (0, 1, 0, 1), value=-torch.inf)
            return self.d(F.max_pool2d(x, 3, 2)).mean((2, 3))

    return Net()
