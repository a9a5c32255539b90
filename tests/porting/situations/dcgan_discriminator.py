"""DCGAN's discriminator: kernels of 4 with a stride of 2, dropout, one logit"""

TRUTH = "right"
LOSS = "binary_crossentropy"
INPUT = (8, 8, 1)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(3, 4, strides=2, padding="same", name="c1"),
            layers.LeakyReLU(0.2),
            layers.Dropout(0.3),
            layers.Conv2D(5, 4, strides=2, padding="same", name="c2"),
            layers.LeakyReLU(0.2),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1, name="logit"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c1, self.c2 = nn.Conv2d(1, 3, 4, 2, 1), nn.Conv2d(3, 5, 4, 2, 1)
            self.drop, self.act, self.logit = nn.Dropout(0.3), nn.LeakyReLU(0.2), nn.Linear(20, 1)

        def forward(self, x):
            x = self.drop(self.act(self.c1(x)))
            x = self.drop(self.act(self.c2(x)))
            return self.logit(torch.einsum("nchw->nhwc", x).reshape(len(x), -1))

    return Net()
