""".data in the forward: the values are right, the gradients stop"""

TRUTH = "wrong"
PLACE = ("a", "gradient")
CAUSE = "detached"
CAUSES = ("detached",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="a"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.out = nn.Linear(6, 5), nn.Linear(5, 2)

        def forward(self, x):
            return self.out(F.relu(self.a(x).data))

    return Net()
