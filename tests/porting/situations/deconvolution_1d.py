"""a transposed convolution over time"""

TRUTH = "right"
INPUT = (6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv1DTranspose(4, 4, strides=2, name="up"),
            layers.ReLU(),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.up, self.out = nn.ConvTranspose1d(3, 4, 4, stride=2), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(F.relu(self.up(x.mT)).amax(2))

    return Net()
