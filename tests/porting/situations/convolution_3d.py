"""a volume: convolution and pooling in three dimensions"""

TRUTH = "right"
INPUT = (5, 6, 6, 1)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv3D(3, (2, 3, 3), activation="relu", name="c"),
            layers.MaxPooling3D((1, 2, 2)),
            layers.Flatten(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.out = nn.Conv3d(1, 3, (2, 3, 3)), nn.Linear(48, 2)

        def forward(self, x):
            x = F.max_pool3d(F.relu(self.c(x)), (1, 2, 2))
            return self.out(x.permute(0, 2, 3, 4, 1).flatten(1))

    return Net()
