"""the slope stands as a word in Keras and is the default of a function in PyTorch"""

TRUTH = "wrong"
PLACE = ("h", "leaky")
CAUSE = "slope of the activation"
CAUSES = ("slope",)
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(6, activation="leaky_relu", name="h"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.out = nn.Linear(8, 6), nn.Linear(6, 2)

        def forward(self, x):
            return self.out(F.leaky_relu(self.h(x)))

    return Net()
