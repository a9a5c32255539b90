"""a convolution for each frame: TimeDistributed against frames in the batch"""

TRUTH = "right"
INPUT = (3, 6, 6, 2)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.TimeDistributed(layers.Conv2D(3, 3, activation="relu", name="frame")),
            layers.TimeDistributed(layers.GlobalAveragePooling2D()),
            layers.LSTM(4, name="lstm"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.frame, self.lstm, self.out = (
                nn.Conv2d(2, 3, 3),
                nn.LSTM(3, 4, batch_first=True),
                nn.Linear(4, 1),
            )

        def forward(self, x):
            frames = x.reshape(-1, 6, 6, 2).permute(0, 3, 1, 2)
            y = F.relu(self.frame(frames)).mean((2, 3)).view(len(x), 3, 3)
            return self.out(self.lstm(y)[1][0][0])

    return Net()
